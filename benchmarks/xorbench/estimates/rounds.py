"""Timed rounds as arrays: the logarithm of the time per epoch, by launch and row."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorbench.contract import REFERENCE
from xorbench.estimates.timed import Timed, once
from xorbench.measures import Measure
from xorbench.record.round_time import is_by_cpu, nanoseconds, not_waiting
from xorbench.record.timing import Timing

Logarithms = NDArray[np.float64]
Places = NDArray[np.int64]

LONG, SHORT = "long", "short"
"""The two lengths of rounds: long rounds are compared, and short rounds have half as many epochs."""


@dataclass(frozen=True)
class RowId:
    """The identity of a row: an implementation, or the second copy of the baseline, and what is measured."""

    implementation: str
    copy: bool = False
    measure: Measure = "epoch"


BASELINE = RowId(REFERENCE)
CONTROL = RowId(REFERENCE, copy=True)
COPIES = frozenset({BASELINE, CONTROL})


@dataclass(frozen=True)
class Launched:
    """The rounds of one length and one workload in one launch, by row; an index is the same round in every array."""

    number: int
    times: dict[RowId, Logarithms]
    positions: dict[RowId, Places]
    epochs: dict[RowId, int]


@once
def by_cpu(timed: Timed) -> bool:
    """Return whether all rounds are timed by CPU time; otherwise all of them are timed by wall time."""
    return all(is_by_cpu(t.cpu_nanoseconds, t.waited_nanoseconds, timed.threads) for t in timed.timings)


def knows_cpu_time(timed: Timed) -> bool:
    """Return whether the CPU time of rounds was recorded; it was not in records of schema 4."""
    return all(timing.cpu_nanoseconds[0] is not None for timing in timed.timings)


def times_of(timing: Timing, of_cpu: bool) -> NDArray[np.float64]:
    """Return the nanoseconds of each round of `timing`: CPU time if `of_cpu`, wall time otherwise."""
    if not of_cpu:
        return np.asarray(timing.round_nanoseconds, np.float64)
    return nanoseconds(timing.round_nanoseconds, timing.cpu_nanoseconds, timing.waited_nanoseconds, 1)


def refusal(timed: Timed, workload: str, row_id: RowId) -> str | None:
    """Return the first violation in the ledgers of a row and the number of launches with one; None if there is none."""
    found = _timings(timed, workload).get(row_id, {}).values()
    broken = [t.violations[0] for t in found if t.violations]
    return f"{broken[0]} (in {len(broken)} of {len(found)} launches)" if broken else None


@once
def timings(timed: Timed, workload: str, row_id: RowId) -> dict[int, Timing]:
    """Return the timings of a row by launch; empty if any of its ledgers has a violation."""
    found = _timings(timed, workload).get(row_id, {})
    return {} if any(t.violations for t in found.values()) else found


@once
def row_ids(timed: Timed, workload: str) -> list[RowId]:
    """Return all rows of `workload` that were timed and have no violation."""
    return [one for one in _timings(timed, workload) if timings(timed, workload, one)]


def launched(timed: Timed, workload: str, length: str) -> list[Launched]:
    """Return the rounds of one length in the order of the launches, without rows that have a violation."""
    return [by_length[length] for by_length in _launched(timed, workload)]


def epochs_of_a_round(timed: Timed, workload: str, row_id: RowId) -> int:
    """Return the number of epochs of a row's long rounds; 0 if it was not timed."""
    return max((max(timing.epochs) for timing in timings(timed, workload, row_id).values()), default=0)


def idle_share(timed: Timed, workload: str, row_id: RowId) -> float | None:
    """Return the time that a row neither ran nor waited for a CPU, over its CPU time; None if that is unknown."""
    found = list(timings(timed, workload, row_id).values())
    if not found or not by_cpu(timed):
        return None
    idle = cpu = 0.0
    for timing in found:
        of_cpu = np.asarray(timing.cpu_nanoseconds, np.float64)
        rest = not_waiting(timing.round_nanoseconds, timing.waited_nanoseconds) - of_cpu
        idle += float(np.maximum(rest, 0).sum())
        cpu += float(of_cpu.sum())
    return idle / cpu if cpu else None


@once
def _timings(timed: Timed, workload: str) -> dict[RowId, dict[int, Timing]]:
    found: dict[RowId, dict[int, Timing]] = {}
    for timing in timed.timings:
        if timing.workload == workload:
            one = RowId(timing.implementation, timing.copy, timing.measure)
            found.setdefault(one, {})[timing.launch] = timing
    return found


@once
def _launched(timed: Timed, workload: str) -> list[dict[str, Launched]]:
    """Return the rounds of each launch by their length."""
    by_row = {one: timings(timed, workload, one) for one in row_ids(timed, workload)}
    of_cpu = by_cpu(timed)
    launches = []
    for number in sorted({launch for found in by_row.values() for launch in found}):
        by_length = {length: Launched(number, {}, {}, {}) for length in (LONG, SHORT)}
        for one, found in by_row.items():
            if number in found:
                _add(by_length, one, found[number], of_cpu)
        launches.append(by_length)
    return launches


def _add(by_length: Mapping[str, Launched], one: RowId, timing: Timing, of_cpu: bool) -> None:
    """Add the rounds of a row to those of its launch: the log nanoseconds per epoch, the positions and the epochs."""
    epochs, positions, times = np.asarray(timing.epochs), np.asarray(timing.positions), times_of(timing, of_cpu)
    longest = epochs.max()
    for length, chosen in ((LONG, epochs == longest), (SHORT, epochs < longest)):
        launch = by_length[length]
        launch.times[one] = np.log(times[chosen] / epochs[chosen])
        launch.positions[one] = positions[chosen]
        launch.epochs[one] = int(epochs[chosen][0]) if chosen.any() else 0
