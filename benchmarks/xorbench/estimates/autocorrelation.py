"""The lag-1 autocorrelation of launches: whether the launches of a run depend on the launches before them.

An interval over launches is valid for independent launches. If a state of the machine lasts longer than a launch,
neighbouring launches are similar; intervals are then too narrow, and rows are ranked that do not differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorbench.estimates.ratios import log_ratios
from xorbench.estimates.rounds import BASELINE, row_ids
from xorbench.estimates.timed import Timed, once

Numbers = NDArray[np.float64]

FEWEST_LAUNCHES = 4
SIGNIFICANCE = 0.01

ROUNDING = 1e-9
"""The largest difference at which the autocorrelations of two orders of the same launches count as equal."""


@dataclass(frozen=True)
class Autocorrelation:
    """The lag-1 autocorrelation of launches, pooled over the rows of a table, and its one-sided p-value.

    `p` is the probability that launches in random order have a value at least as large as `value`.
    """

    value: float
    p: float

    @property
    def positive(self) -> bool:
        """Whether neighbouring launches are similar: the value is above 0, with a p-value of at most 1 %."""
        return self.value > 0 and self.p <= SIGNIFICANCE


@once
def of_launches(timed: Timed) -> Autocorrelation | None:
    """Return the lag-1 autocorrelation of launches over all rows; None if no row has 4 launches and varies."""
    every = [
        log_ratios(timed, workload, one)
        for workload in timed.workloads
        for one in row_ids(timed, workload)
        if one != BASELINE
    ]
    return lag_one([found for found in every if found])


def lag_one(series: Sequence[Sequence[float]], seed: int = 0, permutations: int = 2_000) -> Autocorrelation | None:
    """Return the lag-1 autocorrelation of launches, pooled over all rows, with a one-sided permutation p-value.

    Each item of `series` has the log-ratios of one row, in the order of the launches. Every row is scaled to unit
    variance, so that all rows have the same weight. Rows share launches and are therefore correlated, so the same
    permutation of the launches is applied to all rows; a shorter row takes the order of its own launches within it.
    Rows that do not vary or have fewer than 4 launches are left out; the result is None if no row is left. With fewer
    than 6 launches there are too few permutations for a p-value of 1 %.
    """
    by_length: dict[int, list[Sequence[float]]] = {}
    for row in series:
        if len(row) >= FEWEST_LAUNCHES and _varies(row):
            by_length.setdefault(len(row), []).append(row)
    if not by_length:
        return None
    keys = np.random.default_rng(seed).random((permutations, max(by_length)))
    observed, permuted = 0.0, np.zeros(permutations)
    for length, rows in by_length.items():
        products = _products(rows)
        orders = np.argsort(keys[:, :length], axis=1)
        observed += float(np.trace(products, offset=1))
        permuted += products[orders[:, :-1], orders[:, 1:]].sum(axis=1)
    squares = sum(length * len(rows) for length, rows in by_length.items())
    reached = int(np.sum(permuted >= observed - ROUNDING * squares))
    return Autocorrelation(observed / squares, (reached + 1) / (permutations + 1))


def _varies(row: Sequence[float]) -> bool:
    """Return whether `row` can be scaled by its standard deviation."""
    return bool(np.ptp(row) > 0 and np.std(row) > 0)


def _products(rows: Sequence[Sequence[float]]) -> Numbers:
    """Return, for each pair of launches, the sum over `rows` of the product of their standardised deviations."""
    values = np.array(rows, dtype=np.float64)
    scaled = (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)
    return np.asarray(scaled.T @ scaled)
