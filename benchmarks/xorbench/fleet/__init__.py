"""Comparisons over several hosts: plans, the measuring of parts with or without Dask, and merging by host."""
