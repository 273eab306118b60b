"""What the tables of the studies of whole runs share."""

from xorbench.contract import REFERENCE
from xorbench.record.studies import Data


def rows(data: Data) -> list[str]:
    """Return the names of the implementations that have a ratio, which are all but the reference."""
    return [name for name in data["implementations"] if name != REFERENCE]


def not_timed(data: Data) -> list[str]:
    """Return a note for each implementation that is missing, with the reason."""
    return [f"{name} was not timed: {why}." for name, why in data["missing"].items()]
