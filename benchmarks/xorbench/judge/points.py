"""Where gradients are judged: the same points for all implementations."""

from dataclasses import dataclass

import numpy as np

from xorbench.judge.truths import Numbers
from xorbench.workloads import Array, Workload, flat
from xorbench.workloads.workload import Dtype

SCALES = (0.01, 25.0)

LOGITS = np.arange(-40.0, 41.0)
"""Of the last layer, from saturated at 0 to saturated at 1."""

POINTS_PER_LOGIT = 2

FULL_MULTIPLICATIONS = 1_000
"""Larger networks are judged at fewer points, in proportion, so that no workload takes much longer than another."""


@dataclass(frozen=True, eq=False)
class Points:
    """Parameters of a workload at a dtype, each point a flat row: `rows` is (points, entries).

    First the initial parameters; then random ones, whose `scales` say how large; then those that are made to have a
    certain mean logit in the last layer, which `logits` says. NaN where a point is not of that kind.
    """

    rows: Array
    scales: Numbers
    logits: Numbers

    def label(self, number: int) -> str:
        """What to call a point in a report."""
        if not np.isnan(self.scales[number]):
            return f"random point {number} (scale {self.scales[number]:.2g})"
        if not np.isnan(self.logits[number]):
            return f"saturation point {number} (mean logit {self.logits[number]:g})"
        return "the initial parameters"


def affordable(workload: Workload, number: int, least: int = 3) -> int:
    """How many of so many points, or epochs, are worth their time in hundreds of bits."""
    return min(number, max(least, number * FULL_MULTIPLICATIONS // workload.multiplications))


def shared_points(workload: Workload, dtype: Dtype, count: int, seed: int, saturation: bool = True) -> Points:
    """The initial parameters, `count` random points, and two for each of `LOGITS` where `saturation` is asked for.

    As many as are `affordable`. A random point is uniform in [-s, s], with s log-uniform in `SCALES`. A saturation
    point is uniform in [-1, 1] but for the bias of the last layer, which shifts the mean logit to where it is wanted.
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
