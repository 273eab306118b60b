"""The points at which gradients are judged, which are the same for all implementations."""

from dataclasses import dataclass

import numpy as np

from xorbench.judging.truths import Numbers
from xorbench.workloads import Array, Workload, flat
from xorbench.workloads.workload import Dtype

SCALES = (0.01, 25.0)

LOGITS = np.arange(-40.0, 41.0)
"""Mean logits of the last layer at the saturation points, from saturated at 0 to saturated at 1."""

POINTS_PER_LOGIT = 2

FULL_MULTIPLICATIONS = 1_000
"""The largest number of multiplications of a network that is judged at all points. Larger networks are judged at fewer
points, in proportion, so that no workload takes much longer than another."""


@dataclass(frozen=True, eq=False)
class Points:
    """Points in the parameter space of a workload at a dtype, each a flat row: `rows` is (points, entries).

    The initial parameters come first; then random points, with the range of their parameters in `scales`; then
    saturation points, with the mean logit of their last layer in `logits`. Both are NaN at points of another kind.
    """

    rows: Array
    scales: Numbers
    logits: Numbers

    def label(self, number: int) -> str:
        """Return the name of the point `number` in a report, with its scale or mean logit."""
        if not np.isnan(self.scales[number]):
            return f"random point {number} (parameter scale {self.scales[number]:.2g})"
        if not np.isnan(self.logits[number]):
            return f"saturation point {number} (mean output logit {self.logits[number]:g})"
        return "the initial parameters"


def affordable(workload: Workload, number: int, least: int = 3) -> int:
    """Return how many of `number` points, or epochs, to compute in hundreds of bits; fewer for large networks.

    The result is at least `least`, or `number` where that is less.
    """
    return min(number, max(least, number * FULL_MULTIPLICATIONS // workload.multiplications))


def shared_points(workload: Workload, dtype: Dtype, count: int, seed: int, saturation: bool = True) -> Points:
    """Return the initial parameters, `count` random points and, with `saturation`, two points for each of `LOGITS`.

    There are fewer where a network is large, see `affordable`. A random point is uniform in [-s, s], with s
    log-uniform in `SCALES`. A saturation point is uniform in [-1, 1], except that the bias of the last layer is
    shifted so that the mean logit has the wanted value.
    """
    random = np.random.RandomState(seed)
    entries, count = len(workload.entries), affordable(workload, count)
    smallest, largest = np.log(SCALES)
    scales = np.exp(random.uniform(float(smallest), float(largest), count))
    spread = scales[:, np.newaxis] * random.uniform(-1, 1, (count, entries))
    every = np.repeat(LOGITS, POINTS_PER_LOGIT)
    chosen = np.linspace(0, len(every) - 1, affordable(workload, len(every)) if saturation else 0)
    logits = every[chosen.round().astype(int)]
    saturated = random.uniform(-1, 1, (len(logits), entries))
    for row, logit in zip(saturated, logits, strict=True):
        *hidden, bias = workload.shaped(row)  # views of the row
        bias += logit - workload.logits([*hidden, bias]).mean(axis=0)
    rows = np.concatenate([[flat(workload.initial_parameters)], spread, saturated]).astype(dtype)
    kinds = np.full((2, len(rows)), np.nan)
    kinds[0, 1 : count + 1] = scales
    kinds[1, count + 1 :] = logits
    return Points(rows, *kinds)
