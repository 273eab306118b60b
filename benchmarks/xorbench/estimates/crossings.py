"""Crossings: the sizes at which the times of two implementations are equal along a sweep, with intervals.

Between two points the logarithm of the ratio of the times is interpolated linearly in the logarithm of the size.
Nothing was measured between them, and the time of some implementations jumps there; so the interval of a crossing
reaches at least from the measured size below it to the measured size above it. If it reaches further, it covers the
sizes at which Student's t over launches does not separate the ratio from 1.
Source: E. C. Fieller, "Some problems in interval estimation", Journal of the Royal Statistical Society B 16 (1954).
"""

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorbench.estimates.intervals import Interval, interval, quantile
from xorbench.estimates.ratios import RowId, log_ratios_by_launch
from xorbench.estimates.sweep_axes import Axis, axes
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import SEPARATED, confidence
from xorbench.record.settings import CONFIDENCE

CROSSES, NOT_IN_THE_SWEEP, NOT_SEPARATED = "crosses", "not in the sweep", "not separated"

Point = tuple[float, dict[int, float]]
"""A size, and the log-ratio at that size by launch."""


@dataclass(frozen=True)
class Crossing:
    """A crossing of two implementations along an axis, or the verdict that there is none.

    `first` is the implementation that is faster below the crossing, or everywhere if there is no crossing; None if
    neither was shown to be faster. `size` is the crossing; its interval covers the two measured sizes around it.
    """

    axis: Axis
    one: str
    other: str
    verdict: str
    first: str | None = None
    size: Interval | None = None


@once
def crossings(recorded: Recorded) -> list[Crossing]:
    """Return the crossings of every pair of timed implementations along every axis; intervals hold for each axis."""
    names = [i.name for i in recorded.record.implementations]
    return [
        found
        for axis in axes(recorded)
        for one, other in itertools.combinations(names, 2)
        for found in along(recorded, axis, one, other)
    ]


def along(recorded: Recorded, axis: Axis, one: str, other: str) -> list[Crossing]:
    """Return all crossings of `one` and `other`, or one verdict if there is none; empty with fewer than two points."""
    pair = RowId(one), RowId(other)
    found = (log_ratios_by_launch(recorded, workload, *pair) for workload in axis.workloads)
    points = list(zip(map(float, axis.sizes), found, strict=True))
    measured: list[Point] = [(size, logarithms) for size, logarithms in points if logarithms]
    if len(measured) < 2:
        return []
    of = confidence(recorded, len(measured))
    signs = [_sign([*logarithms.values()], of) for _, logarithms in measured]
    decided = [place for place, sign in enumerate(signs) if sign]
    turns = [(a, b) for a, b in itertools.pairwise(decided) if signs[a] != signs[b]]
    if turns:
        return [
            Crossing(axis, one, other, CROSSES, one if signs[a] < 0 else other, _crossing(measured[a : b + 1]))
            for a, b in turns
        ]
    first = (one if signs[decided[0]] < 0 else other) if decided else None
    verdict = NOT_IN_THE_SWEEP if len(decided) == len(signs) else NOT_SEPARATED
    return [Crossing(axis, one, other, verdict, first)]


def _sign(logarithms: Sequence[float], of: float) -> int:
    """Return the sign of the mean log-ratio; 0 if it is not separated from 0. A single launch is taken as exact."""
    found = interval(logarithms, of)
    if found.verdict == "one launch":
        return int(np.sign(math.log(found.value)))
    return 0 if found.verdict not in SEPARATED else 1 if found.verdict == "slower" else -1


def _crossing(between: Sequence[Point]) -> Interval:
    """Return the first size at which the mean log-ratio is 0.

    The interval reaches from the first to the last size at which the mean may be 0, and covers at least the two
    measured sizes around the first zero.
    """
    zeros, undecided = [], []
    for (left, before), (right, after) in itertools.pairwise(between):
        mean = statistics.fmean(before.values())
        slope = statistics.fmean(after.values()) - mean
        zeros += [(_size(left, right, share), left, right) for share in _within(np.roots([slope, mean]))]
        undecided += [_size(left, right, share) for share in _undecided(before, after)]
    value, below, above = zeros[0]
    if min(len(logarithms) for _, logarithms in between) < 2:
        return Interval(value, None, None)
    return Interval(value, min([below, *undecided]), max([above, *undecided]))


def _size(left: float, right: float, share: float) -> float:
    """Return the size at `share` of the way from `left` to `right` on a logarithmic axis, clipped to the two sizes."""
    return min(right, max(left, left * math.pow(right / left, share)))


def _undecided(before: Mapping[int, float], after: Mapping[int, float]) -> list[float]:
    """Return the shares of the way between two points, from 0 to 1, at which an end of the t interval is 0.

    The mean is t standard errors from 0 there, and the squares of both are quadratic in the share. Only launches with
    a log-ratio at both points are used, because those of one launch were timed in the same processes; with fewer than
    two of them the whole way is undecided.
    """
    both_timed = before.keys() & after.keys()
    launches = len(both_timed)
    if launches < 2:
        return [0.0, 1.0]
    ends = np.array([[point[launch] for launch in both_timed] for point in (before, after)])
    (mean, other), ((start, both), (_, end)) = ends.mean(axis=1), np.cov(ends)
    slope, factor = other - mean, quantile(launches, CONFIDENCE) ** 2 / launches
    squared = np.array([slope**2, 2 * mean * slope, mean**2])
    variance = np.array([start - 2 * both + end, 2 * (both - start), start])
    return _within(np.roots(squared - factor * variance))


def _within(roots: NDArray[np.inexact]) -> list[float]:
    """Return the real roots from 0 to 1."""
    return [float(root.real) for root in roots if abs(root.imag) < 1e-12 and 0 <= root.real <= 1]
