"""A history: a run of the same files in several releases of one framework, each in its own environment."""

from xorbench.suite.suite import Suite


class History(Suite):
    """A run beside the baseline of the same files in the environments of several releases of a framework."""

    KIND = "history"
