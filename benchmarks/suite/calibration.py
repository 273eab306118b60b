"""How many epochs make a round, for each implementation on each workload."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.clock.launches import Launches
from benchmarks.clock.turns import Entry, Failure, Timing
from benchmarks.contract import Implementation
from benchmarks.workloads import Workload

SECONDS_PER_ROUND = 0.003
"""Long beside the clock's resolution, short beside what disturbs a machine."""

ROUNDS = 5
EPOCHS = {"one call per epoch": 100, "whole loop": 10_000}
"""By granularity: enough of them that the call is not what is measured."""


@dataclass(frozen=True)
class Calibration:
    """The entries of all launches to come, and what went wrong on the way to them."""

    entries: Sequence[Entry]
    failures: Sequence[Failure]


def calibrate(
    passed: dict[Implementation, list[Workload]], baseline: str, cpu: int, shuffler: random.Random
) -> Calibration:
    """Time all that passed the judge in one launch of their own; rounds of about 3 ms come of it, and the control.

    `passed` holds by implementation the workloads that it may be timed on. A workload on which the baseline is not
    timed has nothing to compare with, and is not timed at all.
    """
    names = [w.name for i, workloads in passed.items() if i.name == baseline for w in workloads]
    if not names:
        return Calibration([], [])
    first = [
        Entry(i, dict.fromkeys((w.name for w in workloads), EPOCHS[i.granularity]))
        for i, workloads in passed.items()
        if workloads
    ]
    with Launches(first, names, cpu, shuffler) as launches:
        launch, _ = launches.run(ROUNDS, last=True)
    entries = [
        Entry(entry.implementation, epochs)
        for entry in first
        if (epochs := epochs_per_round(launch.timings, entry.implementation.name))
    ]
    control = [replace(entry, copy=True) for entry in entries if entry.implementation.name == baseline]
    failures = [replace(failure, launch=-1) for failure in launch.failures]
    return Calibration([*entries, *control] if control else [], failures)


def epochs_per_round(calibration: Sequence[Timing], implementation: str) -> dict[str, int]:
    """By workload the epochs that take about 3 ms: 1, 2 or 5 times a power of ten."""
    ladder = [mantissa * 10**power for power in range(7) for mantissa in (1, 2, 5)]
    found = {}
    for timing in calibration:
        if timing.implementation == implementation:
            wanted = SECONDS_PER_ROUND * 1e9 * timing.epochs_per_round / min(timing.round_nanoseconds)
            found[timing.workload] = min(ladder, key=lambda epochs: max(epochs / wanted, wanted / epochs))
    return found
