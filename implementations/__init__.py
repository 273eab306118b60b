"""A framework, and a way to get gradients of it: one file for each, found by looking into this folder."""
