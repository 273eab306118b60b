"""Timed rounds as arrays: the logarithm of the time per epoch, by launch and row."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorbench.contract import REFERENCE
from xorbench.estimates.timed import Timed, once
from xorbench.record.round_time import is_by_cpu, nanoseconds, not_waiting
from xorbench.record.timing import Timing

Logarithms = NDArray[np.float64]
Places = NDArray[np.int64]

LONG, SHORT = "long", "short"
"""The two lengths of rounds: long rounds are compared, and short rounds have half as many epochs."""


@dataclass(frozen=True)
class Contender:
    """The identity of a row: an implementation, or the second copy of the baseline."""

    implementation: str
    copy: bool = False


BASELINE = Contender(REFERENCE)
CONTROL = Contender(REFERENCE, copy=True)
COPIES = frozenset({BASELINE, CONTROL})


@dataclass(frozen=True)
class Launched:
    """The rounds of one length and one workload in one launch, by row; an index is the same round in every array."""

    number: int
    times: Mapping[Contender, Logarithms]
    positions: Mapping[Contender, Places]
    epochs: Mapping[Contender, int]


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


def refusal(timed: Timed, workload: str, contender: Contender) -> str | None:
    """Return the first violation in the ledgers of a row and the number of launches with one; None if there is none."""
    found = _timings(timed, workload).get(contender, {}).values()
    broken = [t.violations[0] for t in found if t.violations]
    return f"{broken[0]} (in {len(broken)} of {len(found)} launches)" if broken else None


def timings(timed: Timed, workload: str, contender: Contender) -> dict[int, Timing]:
    """Return the timings of a row by launch; empty if any of its ledgers has a violation."""
    found = _timings(timed, workload).get(contender, {})
    return {} if any(t.violations for t in found.values()) else found


def contenders(timed: Timed, workload: str) -> list[Contender]:
    """Return all rows of `workload` that were timed and have no violation."""
    return [one for one in _timings(timed, workload) if timings(timed, workload, one)]


@once
def launched(timed: Timed, workload: str, length: str) -> list[Launched]:
    """Return the rounds of one length in the order of the launches, without rows that have a violation."""
    by_row = {one: timings(timed, workload, one) for one in contenders(timed, workload)}
    numbers = sorted({launch for found in by_row.values() for launch in found})
    of_cpu = by_cpu(timed)
    return [
        _of_launch(number, {one: found[number] for one, found in by_row.items() if number in found}, length, of_cpu)
        for number in numbers
    ]


def epochs_of_a_round(timed: Timed, workload: str, contender: Contender) -> int:
    """Return the number of epochs of a row's long rounds; 0 if it was not timed."""
    return max((max(timing.epochs) for timing in timings(timed, workload, contender).values()), default=0)


def idle_share(timed: Timed, workload: str, contender: Contender) -> float | None:
    """Return the time that a row neither ran nor waited for a CPU, over its CPU time; None if that is unknown."""
    found = list(timings(timed, workload, contender).values())
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
def _timings(timed: Timed, workload: str) -> dict[Contender, dict[int, Timing]]:
    found: dict[Contender, dict[int, Timing]] = {}
    for timing in timed.timings:
        if timing.workload == workload:
            one = Contender(timing.implementation, timing.copy)
            found.setdefault(one, {})[timing.launch] = timing
    return found


def _of_launch(number: int, found: Mapping[Contender, Timing], length: str, of_cpu: bool) -> Launched:
    whole = {one: _of_length(timing, length, of_cpu) for one, timing in found.items()}
    return Launched(
        number,
        {one: times for one, (times, _, _) in whole.items()},
        {one: places for one, (_, places, _) in whole.items()},
        {one: epochs for one, (_, _, epochs) in whole.items()},
    )


def _of_length(timing: Timing, length: str, of_cpu: bool) -> tuple[Logarithms, Places, int]:
    """Return the log nanoseconds per epoch, the positions and the epochs of a row's rounds of one length."""
    epochs = np.asarray(timing.epochs)
    longest = epochs.max()
    chosen = epochs == longest if length == LONG else epochs < longest
    logarithms = np.log(times_of(timing, of_cpu)[chosen] / epochs[chosen])
    return logarithms, np.asarray(timing.positions)[chosen], int(epochs[chosen][0]) if chosen.any() else 0
