"""Calibration: the number of epochs in a round, for each implementation on each workload."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from xorbench.clock.launches import Launches
from xorbench.clock.pace import Paces
from xorbench.clock.turns import Entry
from xorbench.contract import Implementation
from xorbench.record.round_time import nanoseconds
from xorbench.record.timing import Failure, Timing
from xorbench.workloads import Workload, named

SECONDS_PER_ROUND = 0.003
"""The time of a long round: long compared with the clock's resolution, short compared with disturbances."""

ROUNDS = 10
"""Rounds of the calibration: five long ones and five short ones, of which the shortest of each length is used."""

EPOCHS = {"one call per epoch": 20, "whole loop": 2_000}
"""Epochs of a round in the calibration, by granularity: they take about the time of a round, or less, in most cases."""


@dataclass(frozen=True)
class Calibration:
    """The entries of the launches to come, the failures of the calibration, and the costs of a launch.

    `seconds` are the seconds per epoch by implementation and workload; `starting` is the time in seconds until all
    workers were ready.
    """

    entries: Sequence[Entry]
    failures: Sequence[Failure]
    seconds: Paces
    starting: float


def by_granularity(implementation: Implementation, workload: Workload) -> int:
    """Return the number of epochs with which to calibrate where no estimate is known."""
    return min(EPOCHS[implementation.granularity], workload.most_epochs)


def calibrate(
    passed: Mapping[Implementation, Sequence[Workload]],
    baseline: str,
    cpus: Sequence[int],
    shuffler: random.Random,
    guess: Callable[[Implementation, Workload], int] = by_granularity,
) -> Calibration:
    """Time one launch, and return the entries of later launches, with the epochs of their rounds and the A/A control.

    `passed` holds the workloads on which each implementation may be timed, and `guess` returns the number of epochs to
    begin with. A workload on which the baseline may not be timed is left out, because no ratio could be formed.
    """
    names = [w.name for i, workloads in passed.items() if i.name == baseline for w in workloads]
    if not names:
        return Calibration([], [], {}, 0.0)
    first = [Entry(i, {w.name: guess(i, w) for w in workloads}) for i, workloads in passed.items() if workloads]
    with Launches(first, names, cpus, shuffler) as launches:
        launch, about = launches.run(ROUNDS, last=True)
    paces = {(t.implementation, t.workload): pace(t, len(cpus)) for t in launch.timings}
    entries = []
    for entry in first:
        name = entry.implementation.name
        known = {workload: paces[name, workload] for workload in entry.epochs if (name, workload) in paces}
        if known:
            epochs = {workload: of_a_round(*pace, named(workload).most_epochs) for workload, pace in known.items()}
            seconds = {workload: each for workload, (each, _) in known.items()}
            entries.append(Entry(entry.implementation, epochs, seconds_per_epoch=seconds))
    control = [replace(entry, copy=True) for entry in entries if entry.implementation.name == baseline]
    failures = [replace(failure, launch=-1) for failure in launch.failures]
    seconds_per_epoch = {key: each for key, (each, _) in paces.items()}
    return Calibration([*entries, *control] if control else [], failures, seconds_per_epoch, about.seconds_starting)


def pace(timing: Timing, threads: int) -> tuple[float, float]:
    """Return the seconds per epoch and the seconds to start a training, from the shortest round of each length."""
    times = nanoseconds(timing.round_nanoseconds, timing.cpu_nanoseconds, timing.waited_nanoseconds, threads) / 1e9
    long = max(timing.epochs)
    rounds = [*zip(timing.epochs, times.tolist(), strict=True)]
    of_long = min(taken for epochs, taken in rounds if epochs == long)
    shorter = [(epochs, taken) for epochs, taken in rounds if epochs < long]
    if shorter:
        short, of_short = min(shorter)
        each = (of_long - of_short) / (long - short)
        if 0 < each * long <= of_long:
            return each, of_long - each * long
    return of_long / long, 0.0


def of_a_round(seconds: float, start: float, most: int) -> int:
    """Return the even number of epochs, from 2 to `most`, whose round takes about SECONDS_PER_ROUND.

    An epoch takes `seconds`, and a training `start` seconds more; the epochs get at least half of the round.
    """
    wanted = max(SECONDS_PER_ROUND - start, SECONDS_PER_ROUND / 2) / seconds
    return max(2, min(2 * round(wanted / 2), most))
