"""Measurements on several hosts: plans and their parts, and their distribution over the workers of a scheduler."""
