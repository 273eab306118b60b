"""The implementations: one file for each framework and way of computing gradients, found by listing this folder."""
