"""Where the lines of two implementations cross along a sweep, and how sure that is.

Between two points the logarithm of the ratio of their times is taken as straight along the logarithm of the size, which
places a crossing. Nothing was measured there, and the time of some implementations jumps between two points; so the
interval of a crossing reaches at least from the measured size below it to the measured size above it. Where it reaches
further, it holds the sizes at which Student's t over launches can't tell that ratio from 1.
Source: E. C. Fieller, "Some problems in interval estimation", Journal of the Royal Statistical Society B 16 (1954).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xorbench.estimates.intervals import Interval, interval, quantile
from xorbench.estimates.ratios import Contender, log_ratios
from xorbench.estimates.sweep_axes import Axis, axes
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import SEPARATED, confidence
from xorbench.record.settings import CONFIDENCE

CROSSES, NOT_IN_THE_SWEEP, NOT_SEPARATED = "crosses", "not in the sweep", "not separated"

Point = tuple[float, list[float]]
"""A size, and the log-ratio of each launch there."""


@dataclass(frozen=True)
class Crossing:
    """What becomes of two implementations along an axis.

    `first` is the faster one below the crossing, or, if they cross nowhere, at all; None where neither
    was shown to be. `size` is where they cross; its interval holds the two measured sizes around that.
    """

    axis: Axis
    one: str
    other: str
    verdict: str
    first: str | None = None
    size: Interval | None = None


@once
def crossings(recorded: Recorded) -> list[Crossing]:
    """Of every two that were timed, along every axis; the points of a line are looked at together."""
    names = [i.name for i in recorded.record.implementations]
    return [
        found
        for axis in axes(recorded)
        for one, other in itertools.combinations(names, 2)
        for found in along(recorded, axis, one, other)
    ]


def along(recorded: Recorded, axis: Axis, one: str, other: str) -> list[Crossing]:
    """All crossings of two, or in one line why there is none; nothing where fewer than two points have both times."""
    pair = Contender(one), Contender(other)
    points = [(float(s), log_ratios(recorded, w, *pair)) for s, w in zip(axis.sizes, axis.workloads, strict=True)]
    measured: list[Point] = [(size, logarithms) for size, logarithms in points if logarithms]
    if len(measured) < 2:
        return []
    of = confidence(recorded, len(measured))
    signs = [_sign(logarithms, of) for _, logarithms in measured]
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
    """Of the ratio's logarithm; 0 where it is not told from 0. One launch is believed."""
    found = interval(logarithms, of)
    if found.verdict == "one launch":
        return int(np.sign(math.log(found.value)))
    return 0 if found.verdict not in SEPARATED else 1 if found.verdict == "slower" else -1


def _crossing(between: Sequence[Point]) -> Interval:
    """The first size at which the mean is 0.

    Its interval reaches from the first size at which the mean may be 0 to the last one, and holds at least the two
    measured sizes between which the mean is 0 first.
    """
    zeros, undecided = [], []
    for (left, before), (right, after) in itertools.pairwise(between):
        mean, slope = np.mean(before), np.mean(after) - np.mean(before)
        zeros += [(_size(left, right, share), left, right) for share in _within(np.roots([slope, mean]))]
        undecided += [_size(left, right, share) for share in _undecided(before, after)]
    value, below, above = zeros[0]
    if min(len(logarithms) for _, logarithms in between) < 2:
        return Interval(value, None, None)
    return Interval(value, min([below, *undecided]), max([above, *undecided]))


def _size(left: float, right: float, share: float) -> float:
    """That share of the way from one size to a larger one on a logarithmic axis, and never outside of them."""
    return min(right, max(left, left * math.pow(right / left, share)))


def _undecided(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """How far from one point to the next, 0 to 1, the t-interval of what is between begins or ends to hold 0.

    The mean is t standard errors from 0 there, and the squares of both are quadratic in that share. The launches of the
    two points are taken in pairs, in their order: they had the same processes, where nothing interrupted them.
    """
    ends = np.array(list(zip(before, after, strict=False))).T
    launches = ends.shape[1]
    if launches < 2:
        return []
    (mean, other), ((start, both), (_, end)) = ends.mean(axis=1), np.cov(ends)
    slope, factor = other - mean, quantile(launches, CONFIDENCE) ** 2 / launches
    squared = np.array([slope**2, 2 * mean * slope, mean**2])
    variance = np.array([start - 2 * both + end, 2 * (both - start), start])
    return _within(np.roots(squared - factor * variance))


def _within(roots: Any) -> list[float]:
    """The real ones from 0 to 1."""
    return [float(root.real) for root in roots if abs(root.imag) < 1e-12 and 0 <= root.real <= 1]
