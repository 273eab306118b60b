"""The data, rows and notes that all studies of whole runs share."""

from collections.abc import Mapping
from dataclasses import dataclass

from xorbench.contract import REFERENCE


@dataclass(frozen=True)
class OfRuns:
    """The data of every study of whole runs: the length of a run, and the implementations, with those that are missing.

    `missing` has the reason why an implementation was not timed, by its name.
    """

    workload: str
    implementations: list[str]
    missing: dict[str, str]
    launches: int
    rounds: int

    @property
    def rows(self) -> list[str]:
        """The names of the implementations that have a ratio, which are all but the reference."""
        return [name for name in self.implementations if name != REFERENCE]

    @property
    def not_timed(self) -> list[str]:
        """A note for each implementation that is missing, with the reason."""
        return not_timed(self.missing)


def not_timed(missing: Mapping[str, str]) -> list[str]:
    """Return a note for each implementation that is `missing`, with the reason why it is."""
    return [f"{name} was not timed: {why}." for name, why in missing.items()]
