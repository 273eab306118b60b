"""The state of the machine in each round, quiet or slow, estimated from the rows that are not compared.

The level of a round is the median, over all rows except the compared ones, of the log time less that row's 20 %
quantile in the run. A round is slow if its level is above SLOW. Ratios depend on the state.
"""

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from xorbench.estimates.intervals import medians_of_columns
from xorbench.estimates.rounds import COPIES, LONG, Logarithms, RowId, launched, row_ids
from xorbench.estimates.timed import Timed, once

Mask = NDArray[np.bool_]

SLOW = 0.25
"""The level above which a round is slow; exp(0.25) is 28 % above the quiet times of the machine."""

QUIET_QUANTILE = 0.2

FEWEST_ROWS = 3
"""The fewest other rows from which the state of a round is estimated."""

FEWEST_QUIET = 0.5
"""The share of rounds that must be quiet; with fewer, all rounds are used."""


def without(one: RowId, other: RowId) -> frozenset[RowId]:
    """Return the rows to leave out when `one` and `other` are compared; both copies if one is the baseline."""
    return frozenset({one, other}) | (COPIES if {one, other} & COPIES else frozenset())


def known(timed: Timed, workload: str, compared: Collection[RowId]) -> bool:
    """Return whether enough rows other than `compared` were timed to estimate the state of a round."""
    return len({*row_ids(timed, workload)} - {*compared}) >= FEWEST_ROWS


@once
def slow(timed: Timed, workload: str, compared: frozenset[RowId], length: str) -> dict[int, Mask]:
    """Return by launch whether each round is slow; launches without any other row are left out."""
    return {launch: level > SLOW for launch, level in levels(timed, workload, compared, length).items()}


def quiet_share(masks: Iterable[Mask]) -> float:
    """Return the share of rounds that are not slow; 1 if there are no rounds."""
    every = [*masks]
    rounds = sum(len(mask) for mask in every)
    return 1 - sum(int(mask.sum()) for mask in every) / rounds if rounds else 1.0


@once
def run_quiet_share(timed: Timed) -> float:
    """Return the share of all rounds of a run that are not slow, by the level over all of its rows."""
    return quiet_share(mask for name in timed.workloads for mask in slow(timed, name, frozenset(), LONG).values())


@once
def relative(timed: Timed, workload: str, length: str) -> dict[int, dict[RowId, Logarithms]]:
    """Return by launch and row the log time of each round less that row's 20 % quantile in the run."""
    every = launched(timed, workload, length)
    quiet = {}
    for one in row_ids(timed, workload):
        times = np.concatenate([launch.times[one] for launch in every if one in launch.times])
        if len(times):
            quiet[one] = float(np.quantile(times, QUIET_QUANTILE))
    return {
        launch.number: {one: times - quiet[one] for one, times in launch.times.items() if one in quiet}
        for launch in every
    }


@once
def levels(timed: Timed, workload: str, compared: frozenset[RowId], length: str) -> dict[int, Logarithms]:
    """Return by launch the level of each round; launches without any row other than `compared` are left out.

    Launches with the same rows are computed together, because calls of NumPy take longer than their arithmetic here.
    """
    found: dict[int, Logarithms] = {}
    for rows, ends, times in _joined(timed, workload, length):
        others = [place for place, one in enumerate(rows) if one not in compared]
        if others:
            parts = np.split(medians_of_columns(times[others]), [*ends.values()][:-1])
            found.update(zip(ends, parts, strict=True))
    return {launch: found[launch] for launch in relative(timed, workload, length) if launch in found}


@once
def _joined(
    timed: Timed, workload: str, length: str
) -> list[tuple[tuple[RowId, ...], dict[int, int], NDArray[np.float64]]]:
    """Return all launches with the same rows as one: the rows, where each launch ends, and the times, (rows, rounds).

    Times are those of `relative`.
    """
    every = relative(timed, workload, length)
    alike: dict[tuple[RowId, ...], list[int]] = {}
    for launch, of_launch in every.items():
        alike.setdefault(tuple(of_launch), []).append(launch)
    found: list[tuple[tuple[RowId, ...], dict[int, int], NDArray[np.float64]]] = []
    for rows, launches in alike.items():
        if rows:
            times = [np.stack([*every[launch].values()]) for launch in launches]
            ends = np.cumsum([part.shape[1] for part in times]).tolist()
            found.append((rows, dict(zip(launches, ends, strict=True)), np.concatenate(times, axis=1)))
    return found
