"""How the cost of an epoch grows over a sweep: a fixed part, and a part for each multiply-add of its products.

An interval over launches says how well a coefficient repeats. Where the cost does not grow in this way, coefficients
repeat just as well and describe nothing: a fit from which a point is further than its intervals reach has none.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xorbench.estimates.intervals import Interval, mean
from xorbench.estimates.ratios import Contender, log_seconds_per_epoch
from xorbench.estimates.timed import Recorded, once
from xorbench.workloads import multiply_adds

FEWEST_POINTS = 3
"""Two would fit any two costs."""


@dataclass(frozen=True)
class Growth:
    """Of one implementation: what its epochs cost, over so many points and launches.

    `of_peak` is the time that a multiply-add takes in this machine's fastest product of matrices over that which it
    takes here, with all else that grows; `off` is how far a point is from the fit at most, as a share of its time.
    Neither coefficient has an interval where `off` is more than the wider one reaches above its value, as a share of
    that.
    """

    implementation: str
    points: int
    launches: int
    fixed_microseconds: Interval
    nanoseconds_per_multiply_add: Interval
    of_peak: float | None
    off: float


@once
def growth(recorded: Recorded) -> list[Growth]:
    """In the order of the record; without those that were timed at fewer than three points."""
    if not recorded.record.is_sweep:
        return []
    sizes = {w.name: multiply_adds(w.layer_sizes, w.samples) for w in recorded.record.workloads}
    found = [_growth(recorded, i.name, sizes) for i in recorded.record.implementations]
    return [one for one in found if one is not None]


def peak(recorded: Recorded) -> float | None:
    """Multiply-adds a nanosecond of the fastest framework's products, by their medians; None where none was timed."""
    rates = [p.side**3 / statistics.median(p.nanoseconds) for p in recorded.record.products]
    return max(rates, default=None)


def fitted(counts: Sequence[int], nanoseconds: Sequence[float]) -> tuple[float, float]:
    """Nanoseconds that are fixed, and those for each multiply-add, from points with so many of them and their times.

    Neither is below 0, and the sum of the squares of relative errors is the least: a point of microseconds counts as
    much as one of milliseconds.
    """
    from scipy.optimize import nnls  # half a second, and only a sweep needs it

    times = np.array(nanoseconds)
    (fixed, each), _ = nnls(np.column_stack([1 / times, counts / times]), np.ones(len(times)))
    return float(fixed), float(each)


def _growth(recorded: Recorded, name: str, sizes: Mapping[str, int]) -> Growth | None:
    by_point: dict[str, list[float]] = {}
    for workload in sizes:
        if found := log_seconds_per_epoch(recorded, workload, Contender(name)):
            by_point[workload] = [math.exp(logarithm) * 1e9 for logarithm in found]
    if len(by_point) < FEWEST_POINTS:
        return None
    counts = [sizes[workload] for workload in by_point]
    launches = list(zip(*by_point.values(), strict=False))  # the first of each point, the second of each, ...
    fixed, each = (
        _not_negative(mean(column)) for column in zip(*(fitted(counts, times) for times in launches), strict=True)
    )
    typical = [statistics.geometric_mean(times) for times in by_point.values()]
    off = max(abs((fixed.value + each.value * n) / time - 1) for n, time in zip(counts, typical, strict=True))
    if off > max(_reach(fixed), _reach(each)):
        fixed, each = (Interval(coefficient.value, None, None) for coefficient in (fixed, each))
    best = peak(recorded)
    return Growth(
        implementation=name,
        points=len(by_point),
        launches=len(launches),
        fixed_microseconds=fixed.times(1e-3),
        nanoseconds_per_multiply_add=each,
        of_peak=1 / best / each.value if best and each.value else None,
        off=off,
    )


def _reach(found: Interval) -> float:
    """How far an interval reaches above its value, as a share of it; infinite where one launch cannot tell."""
    if found.high is None:
        return math.inf
    return (found.high - found.value) / found.value if found.value else 0.0  # 0 in every launch


def _not_negative(found: Interval) -> Interval:
    return found if found.low is None else replace(found, low=max(0.0, found.low))
