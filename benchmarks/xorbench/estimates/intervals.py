"""Means and differences of means with confidence intervals; for ratios and other positive values, of logarithms.

Student's t over launches was chosen for its measured coverage among the three methods that `studies/methods.py`
compares.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from xorbench.record.settings import CONFIDENCE

FURTHEST = 300.0
"""The largest absolute logarithm of an end of an interval: the ends for two distant launches may overflow a float."""


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its interval; the ends are None with a single launch."""

    value: float
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """The verdict on a ratio of two times: "slower", "faster", "not separated" or "one launch"."""
        if self.low is None or self.high is None:
            return "one launch"
        return "slower" if self.low > 1 else "faster" if self.high < 1 else "not separated"

    @property
    def half_width(self) -> float:
        """The relative half-width of the interval; infinite with a single launch."""
        if self.low is None or self.high is None:
            return math.inf
        return math.sqrt(self.high / self.low) - 1

    @property
    def inverse(self) -> "Interval":
        """The ratio in the other direction, with its ends inverted and swapped."""
        low, high = (None if end is None else 1 / end for end in (self.high, self.low))
        return Interval(1 / self.value, low, high)

    def times(self, unit: float) -> "Interval":
        """Return the interval multiplied by `unit`, which must be above 0."""
        low, high = (None if end is None else end * unit for end in (self.low, self.high))
        return Interval(self.value * unit, low, high)

    def plus(self, other: "Interval") -> "Interval":
        """Return the sum of the values with the sums of the ends, None if an end is."""
        value = self.value + other.value
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return Interval(value, None, None)
        return Interval(value, self.low + other.low, self.high + other.high)

    def minus(self, other: "Interval") -> "Interval":
        """Return the difference of the values with the most extreme differences of the ends, None if an end is."""
        low, high = (None if end is None else -end for end in (other.high, other.low))
        return self.plus(Interval(-other.value, low, high))


def interval(logarithms: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the exponential of the mean of `logarithms`, with Student's t interval."""
    found = mean(logarithms, confidence)
    low, high = (
        None if end is None else math.exp(max(-FURTHEST, min(FURTHEST, end))) for end in (found.low, found.high)
    )
    return Interval(math.exp(found.value), low, high)


def mean(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the arithmetic mean of `values`, which may be negative, with Student's t interval."""
    middle, launches = statistics.fmean(values), len(values)
    if launches < 2:
        return Interval(middle, None, None)
    half = quantile(launches, confidence) * float(np.std(values, ddof=1)) / math.sqrt(launches)
    return Interval(middle, middle - half, middle + half)


def median(values: Sequence[float] | NDArray[np.float64]) -> float:
    """Return the median of finite values."""
    return float(medians_of_columns(np.asarray(values)))


def medians_of_columns(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the medians of finite values along the first axis.

    The result is that of `np.median`, which takes ten times as long for arrays as small as the rounds of a launch.
    """
    ordered, middle = np.sort(values, axis=0), len(values) // 2
    found: NDArray[np.float64] = ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return found


def quantile(launches: int, confidence: float) -> float:
    """Return the two-sided critical value of Student's t for the mean of `launches` values, in standard errors."""
    return float(stdtrit(launches - 1, (1 + confidence) / 2))


def difference(
    before: Sequence[float], after: Sequence[float], confidence: float = CONFIDENCE, between_runs: float = 0.0
) -> Interval:
    """Return the exponential of the mean of `after` less the mean of `before`, with an interval.

    The squared half-width is the sum of the squared half-widths of two intervals: Welch's t interval, and the interval
    of the difference of two runs whose ratios have the known standard deviation `between_runs`. The ends are None if
    one of the samples has fewer than two values.
    """
    change = statistics.fmean(after) - statistics.fmean(before)
    if len(before) < 2 or len(after) < 2:
        return Interval(math.exp(change), None, None)
    half = math.hypot(_welch(before, after, confidence), float(ndtri((1 + confidence) / 2)) * SQRT_2 * between_runs)
    return Interval(math.exp(change), math.exp(change - half), math.exp(change + half))


SQRT_2 = math.sqrt(2)


def _welch(before: Sequence[float], after: Sequence[float], confidence: float) -> float:
    """Return the half-width of Welch's t interval of the difference of two means."""
    one, other = (float(np.var(values, ddof=1)) / len(values) for values in (before, after))
    if not one + other:
        return 0.0
    share = one / (one + other)
    degrees = 1 / (share**2 / (len(before) - 1) + (1 - share) ** 2 / (len(after) - 1))
    return float(stdtrit(degrees, (1 + confidence) / 2)) * math.sqrt(one + other)
