"""Means with their intervals: of logarithms, for ratios and anything else that is positive; and of differences.

Student's t over launches was chosen by measured coverage among the three that `studies/methods.py`
compares.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from xorbench.record.settings import CONFIDENCE

FURTHEST = 300.0
"""Logarithms beyond which an end is not told: two launches far apart may ask for more than a float holds."""


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its interval; None where one launch cannot tell."""

    value: float
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """What the interval says of the ratio of two times."""
        if self.low is None or self.high is None:
            return "one launch"
        return "slower" if self.low > 1 else "faster" if self.high < 1 else "not separated"

    @property
    def half_width(self) -> float:
        """How far the ends are from the value, as a share of it; infinite where one launch cannot tell."""
        if self.low is None or self.high is None:
            return math.inf
        return math.sqrt(self.high / self.low) - 1

    def times(self, unit: float) -> "Interval":
        """So many of a unit, which is above 0."""
        low, high = (None if end is None else end * unit for end in (self.low, self.high))
        return Interval(self.value * unit, low, high)


def interval(logarithms: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Exp of their mean, with Student's t-interval."""
    found = mean(logarithms, confidence)
    low, high = (
        None if end is None else math.exp(max(-FURTHEST, min(FURTHEST, end))) for end in (found.low, found.high)
    )
    return Interval(math.exp(found.value), low, high)


def mean(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Their mean itself, with Student's t-interval: of what may be below 0."""
    middle, launches = statistics.fmean(values), len(values)
    if launches < 2:
        return Interval(middle, None, None)
    half = quantile(launches, confidence) * float(np.std(values, ddof=1)) / math.sqrt(launches)
    return Interval(middle, middle - half, middle + half)


def quantile(launches: int, confidence: float) -> float:
    """Student's t: so many standard errors is a mean of so many launches off, at the most, with this confidence."""
    return float(stdtrit(launches - 1, (1 + confidence) / 2))


def difference(
    before: Sequence[float], after: Sequence[float], confidence: float = CONFIDENCE, between_runs: float = 0.0
) -> Interval:
    """Exp of the difference of two independent means, with an interval. None for its ends: too few values.

    Its half-width is the root of the sum of two squares: that of Welch's t-interval, and that of the difference of two
    runs whose ratios have a known standard deviation, `between_runs`, from run to run.
    """
    change = statistics.fmean(after) - statistics.fmean(before)
    if len(before) < 2 or len(after) < 2:
        return Interval(math.exp(change), None, None)
    half = math.hypot(_welch(before, after, confidence), float(ndtri((1 + confidence) / 2)) * SQRT_2 * between_runs)
    return Interval(math.exp(change), math.exp(change - half), math.exp(change + half))


SQRT_2 = math.sqrt(2)


def _welch(before: Sequence[float], after: Sequence[float], confidence: float) -> float:
    """Half of the width of Welch's t-interval of the difference of two means."""
    one, other = (float(np.var(values, ddof=1)) / len(values) for values in (before, after))
    if not one + other:
        return 0.0
    share = one / (one + other)
    degrees = 1 / (share**2 / (len(before) - 1) + (1 - share) ** 2 / (len(after) - 1))
    return float(stdtrit(degrees, (1 + confidence) / 2)) * math.sqrt(one + other)
