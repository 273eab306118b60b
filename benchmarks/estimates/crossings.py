"""Where the lines of two implementations cross along a sweep, and how sure that is.

Between two points the logarithm of the ratio of their times is taken as straight along the logarithm of the size. The
interval of a crossing is made of the sizes at which Student's t over launches can't tell that ratio from 1.
Source: E. C. Fieller, "Some problems in interval estimation", Journal of the Royal Statistical Society B 16 (1954).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.estimates.axes import Axis, axes
from benchmarks.estimates.intervals import CONFIDENCE, Interval, interval, quantile
from benchmarks.estimates.ratios import Contender, Record, medians, paired
from benchmarks.estimates.rows import SEPARATED, confidence

CROSSES, NOT_IN_THE_SWEEP, NOT_SEPARATED = "crosses", "not in the sweep", "not separated"

Launches = dict[int, float]
"""A log-ratio by launch."""


@dataclass(frozen=True)
class Crossing:
    """What becomes of two implementations along an axis.

    `first` is the faster one below the crossing, or, if they cross nowhere, at all; None where neither
    was shown to be. `size` is where they cross.
    """

    axis: Axis
    one: str
    other: str
    verdict: str
    first: str | None = None
    size: Interval | None = None


def crossings(record: Record) -> list[Crossing]:
    """Of every two that were timed, along every axis; the points of a line are looked at together."""
    names = [i["name"] for i in record["implementations"]]
    return [
        found
        for axis in axes(record)
        for one, other in itertools.combinations(names, 2)
        for found in along(record, axis, one, other)
    ]


def along(record: Record, axis: Axis, one: str, other: str) -> list[Crossing]:
    """All crossings of two, or in one line why there is none; nothing where fewer than two points have both times."""
    measured: list[tuple[float, Launches]] = []
    for size, workload in zip(axis.sizes, axis.workloads, strict=True):
        rounds = paired(record, workload, Contender(one), Contender(other))
        if rounds:
            measured.append((math.log(size), dict(zip(rounds, medians(rounds), strict=True))))
    if len(measured) < 2:
        return []
    of = confidence(record, len(measured))
    signs = [_sign(list(launches.values()), of) for _, launches in measured]
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


def _crossing(between: Sequence[tuple[float, Launches]]) -> Interval:
    """Where the mean is 0 first, and the sizes from the first at which it may be to the last."""
    zeros, undecided = [], []
    for (left, before), (right, after) in itertools.pairwise(between):
        both = sorted(before.keys() & after.keys())
        ends = np.array([[before[n] for n in both], [after[n] for n in both]])
        zeros += [left + share * (right - left) for share in _shares(ends, 0.0)]
        if len(both) > 1:
            t = quantile(len(both), CONFIDENCE)
            undecided += [left + share * (right - left) for share in _shares(ends, t / math.sqrt(len(both)))]
    value = math.exp(zeros[0])
    if not undecided:
        return Interval(value, None, None)
    return Interval(value, math.exp(min(undecided)), math.exp(max(undecided)))


def _shares(ends: np.ndarray, errors: float) -> list[float]:
    """How far from one end to the other, 0 to 1, the mean of what is between is so many standard deviations from 0.

    `ends` is (2, launches); mean^2 = errors^2 variance is a quadratic in the share.
    """
    mean, slope = float(ends[0].mean()), float(ends[1].mean() - ends[0].mean())
    if errors == 0:
        return [-mean / slope] if slope and 0 <= -mean / slope <= 1 else []
    ((start, both), (_, end)) = np.cov(ends) * errors**2
    roots = np.roots([slope**2 - (start - 2 * both + end), 2 * mean * slope - 2 * (both - start), mean**2 - start])
    return [float(root.real) for root in roots if abs(root.imag) < 1e-12 and 0 <= root.real <= 1]
