"""The Pythons that implementations run in: ours, and those of other virtual environments."""
