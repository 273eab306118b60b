"""A history: a run of the same files in several releases of one framework, each in its own environment."""

from dataclasses import replace

from xorbench.record.run import Record
from xorbench.suite.suite import Suite


class History(Suite):
    """A run beside the baseline of the same files in the environments of several releases of a framework."""

    def record(self, command: str) -> Record:
        """Return the record of the history so far, as `Suite.record` does."""
        return replace(super().record(command), kind="history")
