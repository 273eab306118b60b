"""What tables are made of: a title, cells of text, notes; and numbers as text, with as many digits as they deserve.

Cells are text, so that every format prints the same digits. Units stand in the heads.
"""

import math
from dataclasses import dataclass

import pandas as pd

from benchmarks.estimates.intervals import Interval

NONE = "–"


@dataclass(frozen=True)
class Table:
    """What the table is called, its cells, and the sentences under it."""

    title: str
    frame: pd.DataFrame
    notes: list[str]


def decimals(width: float) -> int:
    """So that half of an interval's width shows two digits."""
    return min(4, max(0, 1 - math.floor(math.log10(width / 2)))) if width > 0 else 4


def three_digits(value: float | None) -> str:
    """Three significant digits, with thousands apart; a power of ten where that is shorter."""
    if value is None:
        return NONE
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    decimals = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, decimals)}f}"


def with_ends(measured: Interval | None) -> tuple[str, str]:
    """A ratio and its interval, with as many digits as that allows."""
    if measured is None:
        return NONE, NONE
    if measured.low is None or measured.high is None:
        return f"{measured.value:.2f}", NONE
    digits = decimals(measured.high - measured.low)
    return f"{measured.value:.{digits}f}", f"{measured.low:.{digits}f} to {measured.high:.{digits}f}"


def scientific(value: float | None) -> str:
    """Two significant digits and a power of ten."""
    return NONE if value is None else f"{value:.1e}"
