"""Growth of the cost of an epoch over a sweep: a fixed part, and a part per multiply-add of its matrix products.

An interval over launches says how well a coefficient repeats. If the cost does not grow linearly, the coefficients
repeat just as well without describing it. A fit therefore has no intervals if a point is further from it than they
reach.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xorbench.estimates.intervals import Interval, mean
from xorbench.estimates.ratios import RowId, seconds_per_epoch
from xorbench.estimates.timed import Recorded, once
from xorbench.workloads import multiply_adds

FEWEST_POINTS = 3
"""The fewest points of a fit: a line through two points always fits."""


@dataclass(frozen=True)
class Growth:
    """The cost of an epoch of one implementation, fitted over `points` in each of the `launches` that have them all.

    Without such a launch the fit is over the mean time of each point, and has no intervals.

    `of_peak` is the time of a multiply-add in this machine's fastest matrix product over
    `nanoseconds_per_multiply_add`, which includes everything else that grows. `off` is the largest distance of a point
    from the fit, as a share of its time. The coefficients have no intervals if `off` is larger than the relative reach
    of the wider interval above its value.
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
    """Return the growth of each implementation that was timed at three points or more, in the order of the record."""
    if not recorded.record.is_sweep:
        return []
    sizes = {w.name: multiply_adds(w.layer_sizes, w.samples) for w in recorded.record.workloads}
    found = [_growth(recorded, i.name, sizes) for i in recorded.record.implementations]
    return [one for one in found if one is not None]


def peak(recorded: Recorded) -> float | None:
    """Return the multiply-adds per nanosecond of the fastest framework's products (medians); None if none was timed."""
    rates = [p.side**3 / statistics.median(p.nanoseconds) for p in recorded.record.products]
    return max(rates, default=None)


def fitted(counts: Sequence[int], nanoseconds: Sequence[float]) -> tuple[float, float]:
    """Return the fixed nanoseconds and the nanoseconds per multiply-add, fitted to `counts` and `nanoseconds`.

    Neither is below 0. The fit minimises the sum of squared relative errors, so that a point of microseconds has the
    same weight as a point of milliseconds.
    """
    from scipy.optimize import nnls  # the import takes half a second, and only sweeps need it

    times = np.array(nanoseconds)
    (fixed, each), _ = nnls(np.column_stack([1 / times, counts / times]), np.ones(len(times)))
    return float(fixed), float(each)


def _growth(recorded: Recorded, name: str, sizes: Mapping[str, int]) -> Growth | None:
    by_point: dict[str, dict[int, float]] = {}
    for workload in sizes:
        if found := seconds_per_epoch(recorded, workload, RowId(name)):
            by_point[workload] = {launch: seconds * 1e9 for launch, seconds in found.items()}
    if len(by_point) < FEWEST_POINTS:
        return None
    counts = [sizes[workload] for workload in by_point]
    typical = [statistics.geometric_mean(times.values()) for times in by_point.values()]
    launches = sorted(set.intersection(*map(set, by_point.values())))  # those with a time of every point
    of_launches = [[times[launch] for times in by_point.values()] for launch in launches]
    fits = [fitted(counts, times) for times in of_launches or [typical]]
    fixed, each = (_not_negative(mean(column)) for column in zip(*fits, strict=True))
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
    """Return how far `found` reaches above its value, as a share of the value; infinite without an interval."""
    if found.high is None:
        return math.inf
    return (found.high - found.value) / found.value if found.value else 0.0  # 0 in every launch


def _not_negative(found: Interval) -> Interval:
    return found if found.low is None else replace(found, low=max(0.0, found.low))
