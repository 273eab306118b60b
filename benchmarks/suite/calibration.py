"""How many epochs make a round, for each implementation on each workload."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.clock.launches import Launches
from benchmarks.clock.pace import Paces
from benchmarks.clock.turns import Entry, Failure, Timing
from benchmarks.contract import Implementation
from benchmarks.workloads import Workload

SECONDS_PER_ROUND = 0.003
"""Long beside the clock's resolution, short beside what disturbs a machine."""

FEWEST_EPOCHS = 10
MOST_EPOCHS = 100_000
"""Of a round: more would be a training that is not done, and the reference must follow it to its end."""

ROUNDS = 5
EPOCHS = {"one call per epoch": 100, "whole loop": 10_000}
"""By granularity: enough of them that the call is not what is measured."""


@dataclass(frozen=True)
class Calibration:
    """The entries of all launches to come, what went wrong on the way to them, and what a launch of them costs.

    `seconds` are those of an epoch, by implementation and workload; `starting` is what the workers needed to be ready.
    """

    entries: Sequence[Entry]
    failures: Sequence[Failure]
    seconds: Paces
    starting: float


def by_granularity(implementation: Implementation, _workload: Workload) -> int:
    """How many epochs to begin with where nothing is known."""
    return EPOCHS[implementation.granularity]


def calibrate(
    passed: Mapping[Implementation, Sequence[Workload]],
    baseline: str,
    cpus: Sequence[int],
    shuffler: random.Random,
    guess: Callable[[Implementation, Workload], int] = by_granularity,
) -> Calibration:
    """Time all that may be timed in one launch of their own; how many epochs a round has comes of it, and the control.

    `passed` holds by implementation the workloads that it may be timed on, `guess` says with how many epochs to begin.
    A workload on which the baseline is not timed has nothing to compare with, and is not timed at all.
    """
    names = [w.name for i, workloads in passed.items() if i.name == baseline for w in workloads]
    if not names:
        return Calibration([], [], {}, 0.0)
    first = [Entry(i, {w.name: guess(i, w) for w in workloads}) for i, workloads in passed.items() if workloads]
    with Launches(first, names, cpus, shuffler) as launches:
        launch, about = launches.run(ROUNDS, last=True)
    entries = [
        Entry(entry.implementation, epochs)
        for entry in first
        if (epochs := epochs_per_round(launch.timings, entry.implementation.name))
    ]
    control = [replace(entry, copy=True) for entry in entries if entry.implementation.name == baseline]
    failures = [replace(failure, launch=-1) for failure in launch.failures]
    seconds = seconds_per_epoch(launch.timings)
    return Calibration([*entries, *control] if control else [], failures, seconds, about.seconds_starting)


def seconds_per_epoch(timings: Sequence[Timing]) -> Paces:
    """By implementation and workload, from the shortest round."""
    return {(t.implementation, t.workload): min(t.round_nanoseconds) / t.epochs_per_round / 1e9 for t in timings}


def epochs_per_round(timings: Sequence[Timing], implementation: str) -> dict[str, int]:
    """By workload the epochs of a round, as `of_a_round` has them."""
    found = seconds_per_epoch(timings)
    return {workload: of_a_round(seconds) for (name, workload), seconds in found.items() if name == implementation}


def of_a_round(seconds: float) -> int:
    """The epochs that take about 3 ms where one takes so many seconds: 1, 2 or 5 times a power of ten, to MOST_EPOCHS.

    Of slow ones about FEWEST_EPOCHS, as far as ten times 3 ms reach: what a call costs beside them is in a round too.
    """
    steps: list[int] = [mantissa * 10**power for power in range(6) for mantissa in (1, 2, 5)]
    ladder = [epochs for epochs in steps if epochs <= MOST_EPOCHS]
    wanted = max(SECONDS_PER_ROUND / seconds, min(FEWEST_EPOCHS, 10 * SECONDS_PER_ROUND / seconds))
    return min(ladder, key=lambda epochs: max(epochs / wanted, wanted / epochs))
