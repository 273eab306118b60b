"""Comparisons over several hosts: plans whose parts are measured anywhere, and the merging of the parts by host."""
