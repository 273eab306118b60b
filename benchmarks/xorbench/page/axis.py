"""The logarithmic axis of ratios, which is centred on 1: the places of marks on it, in percent of its length."""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xorbench.estimates.intervals import Interval

NARROWEST = math.log(2)
"""The distance of the ends of the axis from 1, as a logarithm, if all ratios are closer to 1 than that."""

MARGIN = 1.06
"""The length of the axis over the length that the largest ratio needs."""

MOST_TICKS = 2
"""The most ticks on each side of 1; on a phone there is room for the outermost only."""


@dataclass(frozen=True)
class Mark:
    """The places of a ratio and of the lower end of its interval in percent, and the width of that interval."""

    value: float
    low: float
    width: float

    @property
    def style(self) -> str:
        """The places as custom properties of CSS."""
        return f"--v:{self.value:.2f}%;--l:{self.low:.2f}%;--w:{self.width:.2f}%"


@dataclass(frozen=True)
class Axis:
    """An axis that reaches from exp(-reach) to exp(reach)."""

    reach: float

    def place(self, ratio: float) -> float:
        """Return the place of a ratio, which must be above 0; beyond the ends of the axis it is that of the end."""
        return min(100.0, max(0.0, 50 + 50 * math.log(ratio) / self.reach))

    def mark(self, ratio: Interval) -> Mark:
        """Return the places of a ratio and its interval."""
        value = self.place(ratio.value)
        if ratio.low is None or ratio.high is None:
            return Mark(value, value, 0.0)
        low, high = self.place(ratio.low), self.place(ratio.high)
        return Mark(value, low, high - low)

    @property
    def ticks(self) -> list[tuple[float, str, bool]]:
        """The places of round factors on both sides of 1, with their texts, and whether they are 1 or the outermost."""
        base = next(base for base in _bases() if self.reach / math.log(base) < MOST_TICKS + 1)
        steps = int(self.reach / math.log(base))
        return [
            (
                50 + 50 * step * math.log(base) / self.reach,
                "1" if step == 0 else f"{base ** abs(step):,}x",
                abs(step) in (0, steps),
            )
            for step in range(-steps, steps + 1)
        ]


def axis(ratios: Iterable[float]) -> Axis:
    """Return the axis on which all `ratios` have a place."""
    return Axis(MARGIN * max([NARROWEST, *(abs(math.log(ratio)) for ratio in ratios)]))


def _bases() -> Iterator[int]:
    """Yield the ratios of neighbouring ticks, from small to large."""
    yield from (2, 4)
    yield from (10**power for power in itertools.count(1))
