"""Validation studies: measurements of what the clock promises, run by hand in a checkout. A wheel has none."""
