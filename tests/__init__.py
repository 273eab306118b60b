"""The tests of the package; what they share is imported from here."""
