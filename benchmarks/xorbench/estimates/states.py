"""The state of the machine in each round, from the rows that are not compared: ratios depend on it.

The level of a round is the median, over all rows but those that are compared, of the logarithm of the time less that
row's 20 % quantile in the run. A round is slow when its level is above SLOW.
"""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from xorbench.estimates.rounds import COPIES, LONG, Contender, Logarithms, contenders, launched, workload_names
from xorbench.records import Record, computed

Mask = NDArray[np.bool_]

SLOW = 0.25
"""The level above which a round is slow: 28 % above the quiet times of the machine."""

QUIET_QUANTILE = 0.2

FEWEST_ROWS = 3
"""Other rows from which the state of a round is told."""

FEWEST_QUIET = 0.5
"""The share of rounds that must be quiet, or else all are used."""


def without(one: Contender, other: Contender) -> frozenset[Contender]:
    """The rows that are compared when these two are: of the baseline both copies."""
    return frozenset({one, other}) | (COPIES if {one, other} & COPIES else frozenset())


def known(record: Record, workload: str, compared: Collection[Contender]) -> bool:
    """Whether enough rows were timed beside the compared ones to tell the state of a round."""
    return len({*contenders(record, workload)} - {*compared}) >= FEWEST_ROWS


def slow(record: Record, workload: str, compared: frozenset[Contender], length: str = LONG) -> dict[int, Mask]:
    """By launch, of each round whether it is slow; none where there is no row to tell it from."""
    found: dict[int, Mask] = computed(
        record, ("slow", workload, compared, length), lambda: _slow(record, workload, compared, length)
    )
    return found


def quiet_share(masks: Iterable[Mask]) -> float:
    """The share of rounds that are not slow; 1 of none."""
    every = [*masks]
    rounds = sum(len(mask) for mask in every)
    return 1 - sum(int(mask.sum()) for mask in every) / rounds if rounds else 1.0


def run_quiet_share(record: Record) -> float:
    """The share of all rounds of a run that are not slow, by the level of all of its rows."""
    return quiet_share(mask for name in workload_names(record) for mask in slow(record, name, frozenset()).values())


def relative(record: Record, workload: str, length: str = LONG) -> dict[int, dict[Contender, Logarithms]]:
    """By launch and row the logarithm of the time of each round less that row's 20 % quantile in the run."""

    def compute() -> dict[int, dict[Contender, Logarithms]]:
        every = launched(record, workload, length)
        quiet = {}
        for one in contenders(record, workload):
            times = np.concatenate([launch.times[one] for launch in every if one in launch.times])
            if len(times):
                quiet[one] = float(np.quantile(times, QUIET_QUANTILE))
        return {
            launch.number: {one: times - quiet[one] for one, times in launch.times.items() if one in quiet}
            for launch in every
        }

    found: dict[int, dict[Contender, Logarithms]] = computed(record, ("relative", workload, length), compute)
    return found


def level(rows: Mapping[Contender, Logarithms], compared: Collection[Contender]) -> Logarithms | None:
    """The level of each round of a launch; None where no other row was timed in it."""
    others = [times for one, times in rows.items() if one not in compared]
    return np.median(np.stack(others), axis=0) if others else None


def _slow(record: Record, workload: str, compared: frozenset[Contender], length: str) -> dict[int, Mask]:
    found = {}
    for launch, rows in relative(record, workload, length).items():
        levels = level(rows, compared)
        if levels is not None:
            found[launch] = levels > SLOW
    return found
