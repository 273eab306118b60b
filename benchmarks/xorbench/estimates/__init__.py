"""Estimates from the timings of a record: ratios with intervals, ranks, costs, order effects and changes."""
