"""Small bars for a terminal that show ratios with their intervals."""

import math
from collections.abc import Sequence

from xorbench.estimates.intervals import Interval

WIDTH = 24

STYLES = ((1.0, "green"), (2.0, "yellow"), (10.0, "dark_orange3"), (math.inf, "red"))
"""Pairs of an upper limit of a ratio and the colour of ratios up to it."""


def bars(measured: Sequence[Interval | None]) -> list[str]:
    """Return one bar for each item of `measured`, all on the same logarithmic axis; "" for None.

    ━ is the interval, ● the ratio, and │ marks 1.
    """
    shown = [m for m in measured if m is not None]
    ends = [1.0, *(end for m in shown for end in (m.low or m.value, m.high or m.value))]
    low, high = math.log(min(ends)), math.log(max(ends))

    def place(ratio: float) -> int:
        return round((math.log(ratio) - low) / (high - low) * (WIDTH - 1)) if high > low else 0

    def bar(m: Interval) -> str:
        return _bar(place(1), place(m.low or m.value), place(m.value), place(m.high or m.value))

    return ["" if m is None else bar(m) for m in measured]


def style(measured: Interval | None) -> str:
    """Return the colour of a ratio; "" where its interval contains 1, or `measured` is None."""
    if measured is None or measured.verdict not in ("slower", "faster"):
        return ""
    return next(colour for limit, colour in STYLES if measured.value <= limit)


def _bar(one: int, low: int, value: int, high: int) -> str:
    cells = ["━" if low <= place <= high else " " for place in range(WIDTH)]
    cells[one] = "│"
    cells[value] = "●"
    return "".join(cells)
