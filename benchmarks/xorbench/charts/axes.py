"""Axes of panels: the domain, the ticks with their texts, and the place of a value in pixels."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from xorbench.charts.style import width_of

Kind = Literal["linear", "log", "symlog"]

SYMLOG_CONSTANT = 0.01
"""The value around which an axis of the kind "symlog" changes from linear to logarithmic."""

MOST_TICKS = 9

NARROW = 1.0001
"""The ratio of the ends of an axis below which it is widened, because ticks would need too many digits."""

Tick = tuple[float, str]
"""A value and the text beside it."""


@dataclass(frozen=True)
class Axis:
    """An axis: its title, the ends of its domain, its ticks, its kind of scale, and whether it has a grid."""

    title: str
    low: float
    high: float
    ticks: Sequence[Tick]
    kind: Kind = "linear"
    grid: bool = True

    def share(self, value: float) -> float:
        """Return the place of a value, from 0 at the low end to 1 at the high end.

        On a logarithmic axis 0 and everything below it is at the low end.
        """
        return self.over(1.0)(value)

    def over(self, pixels: float) -> Callable[[float], float]:
        """Return the function from a value to its distance from the low end, where the axis is so many pixels long."""
        low = self._even(self.low)
        whole = self._even(self.high) - low
        return lambda value: (self._even(value) - low) / whole * pixels

    def _even(self, value: float) -> float:
        if self.kind == "log":
            return math.log(value if value > 0 else self.low)
        if self.kind == "symlog":
            return math.copysign(math.log1p(abs(value) / SYMLOG_CONSTANT), value)
        return value


def number(value: float) -> str:
    """Return a number of a tick as text: "0.05", "2,000", "50k", "1M"; with an exponent only below 0.0001 and from 1e9.

    Only ticks of logarithmic axes can be that small or that large.
    """
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e9:
        return f"{value:.0e}".replace("e+", "e")
    if abs(value) >= 1e6:
        return f"{value / 1e6:g}M"
    if abs(value) >= 1e4:
        return f"{value / 1e3:g}k"
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def linear(title: str, low: float, high: float, most: int = 5) -> Axis:
    """Return a linear axis from `low` to `high`, with at most about `most` ticks, at round numbers."""
    if high - low <= (NARROW - 1) * max(abs(low), abs(high)):
        low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(power * m for m in (1, 2, 5, 10) if power * m * most >= (high - low) * (1 - 1e-9))
    places = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return Axis(title, low, high, [(place * step, f"{place * step:,.{decimals}f}") for place in places])


def log(title: str, low: float, high: float, pixels: float, across: bool, margin: float = 1.0) -> Axis:
    """Return a logarithmic axis from `low / margin` to `high * margin` over a length of `pixels`.

    The ticks are 1, 2 and 5 times powers of ten if there is room for the texts, otherwise powers. `across` says whether
    the axis is horizontal, so that the texts stand beside each other.
    """
    low, high = low / margin, high * margin
    if high < low * NARROW:
        low, high = low / 1.5, high * 1.5
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    axis = Axis(title, low, high, [], "log")
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        values = [float(f"{mantissa}e{power}") for power in powers for mantissa in mantissas]
        axis = Axis(title, low, high, [(value, number(value)) for value in values if low <= value <= high], "log")
        if len(axis.ticks) < 2:  # less than a power of ten
            even = linear(title, low, high).ticks
            axis = Axis(title, low, high, [tick for tick in even if low <= tick[0] <= high], "log")
        if len(axis.ticks) <= MOST_TICKS and _fits(axis, pixels, across):
            return axis
    return thinned(axis, pixels, across)


def thinned(axis: Axis, pixels: float, across: bool) -> Axis:
    """Return the axis with every second tick, every third and so on, so that the texts fit."""
    for stride in range(1, len(axis.ticks) + 1):
        found = replace(axis, ticks=axis.ticks[::stride])
        if _fits(found, pixels, across):
            return found
    return axis


def _fits(axis: Axis, pixels: float, across: bool) -> bool:
    room = [(axis.share(value) * pixels, width_of(text) + 8 if across else 18.0) for value, text in axis.ticks]
    return all(b - a >= (one + other) / 2 for (a, one), (b, other) in itertools.pairwise(room))
