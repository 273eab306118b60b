"""Calibration: the number of epochs or calls in a round, for each implementation on each workload."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from xorbench.clock.launches import Launches
from xorbench.clock.pace import Paces
from xorbench.clock.turns import Entry, warm_up_of
from xorbench.contract import Implementation
from xorbench.measures import Measure
from xorbench.record.round_time import nanoseconds
from xorbench.record.settings import Settings
from xorbench.record.timing import Failure, Timing
from xorbench.suite.launch_cost import OF_ANSWERS, LaunchCost, beside, cold_start
from xorbench.workloads import Workload, named

SECONDS_PER_ROUND = 0.003
"""The time of a long round: long compared with the clock's resolution, short compared with disturbances."""

ROUNDS = 10
"""Rounds of the calibration: five long ones and five short ones, of which the shortest of each length is used."""

EPOCHS = {"one call per epoch": 20, "whole loop": 2_000}
"""Epochs of a round in the calibration, by granularity: they take about the time of a round, or less, in most cases."""


CALLS = 20
"""Calls of a round in the calibration, where a function is measured."""

Row = tuple[str, str, Measure]
"""The names of an implementation and of a workload, and what is measured."""


@dataclass(frozen=True)
class Calibration:
    """The entries of the launches to come, the failures of the calibration, and the costs of a launch.

    `seconds` are the seconds per epoch by implementation and workload, `starting` those until all workers were ready,
    and `turn` those of a turn in addition to its training.
    """

    entries: Sequence[Entry]
    failures: Sequence[Failure]
    seconds: Paces
    starting: float
    turn: float = 0.0

    def cost(self, settings: Settings, questions: Collection[str]) -> LaunchCost:
        """Return the cost of a launch; `questions` are the workloads on which workers answer after their rounds."""
        of_a_round = answers = 0.0
        for entry in self.entries:
            for workload, epochs in entry.epochs.items():  # the mean round has 3/4 of them, the warm-up 1/4
                of_a_round += entry.seconds_per_epoch[workload] * epochs + self.turn
                answers += OF_ANSWERS if workload in questions and entry.measure == "epoch" else 0.0
        each = cold_start(self.starting, len(self.entries))
        return LaunchCost(self.starting, of_a_round, answers, beside(settings), each)


def by_granularity(implementation: Implementation, workload: Workload) -> int:
    """Return the number of epochs with which to calibrate where no estimate is known."""
    return min(EPOCHS[implementation.granularity], workload.most_epochs)


def calibrate(
    passed: Mapping[Implementation, Sequence[Workload]],
    baseline: str,
    cpus: Sequence[int],
    shuffler: random.Random,
    guess: Callable[[Implementation, Workload], int] = by_granularity,
    advance: Callable[[], None] = lambda: None,
    measures: Sequence[Measure] = ("epoch",),
) -> Calibration:
    """Time one launch, and return the entries of later launches, with the epochs of their rounds and the A/A control.

    `passed` holds the workloads on which each implementation may be timed, and `guess` returns the number of epochs to
    begin with. A workload on which the baseline may not be timed, or is lost here, is left out, because no ratio could
    be formed. `advance` is called after each workload. There is an entry for each implementation and each of the
    `measures`.
    """
    names = [w.name for i, workloads in passed.items() if i.name == baseline for w in workloads]
    if not names:
        return Calibration([], [], {}, 0.0)
    first = [
        Entry(i, {w.name: guess(i, w) if measure == "epoch" else CALLS for w in workloads}, measure=measure)
        for i, workloads in passed.items()
        for measure in measures
        if workloads
    ]
    with Launches(first, names, cpus, shuffler) as launches:
        launch, about = launches.run(ROUNDS, last=True, done=lambda _launch, _workload: advance())
    paces = {row_of(t): pace(t, len(cpus)) for t in launch.timings}
    beside = {workload for name, workload, measure in paces if (name, measure) == (baseline, "epoch")}
    entries = []
    for entry in first:
        rows: dict[str, Row] = {w: (entry.implementation.name, w, entry.measure) for w in entry.epochs}
        known = {workload: paces[row] for workload, row in rows.items() if workload in beside and row in paces}
        if known:
            epochs = {workload: of_a_round(*pace, named(workload).most_epochs) for workload, pace in known.items()}
            seconds = {workload: each for workload, (each, _) in known.items()}
            entries.append(replace(entry, epochs=epochs, seconds_per_epoch=seconds))
    trained = [entry for entry in entries if entry.implementation.name == baseline and entry.measure == "epoch"]
    control = [replace(entry, copy=True) for entry in trained]
    failures = [replace(failure, launch=-1) for failure in launch.failures]
    turn = beyond_training(about.seconds_in_turns, launch.timings, {row: each for row, (each, _) in paces.items()})
    entries = [*entries, *control] if control else []
    of_epochs = {(name, workload): each for (name, workload, measure), (each, _) in paces.items() if measure == "epoch"}
    return Calibration(entries, failures, of_epochs, about.seconds_starting, turn)


def row_of(timing: Timing) -> Row:
    """Return the names of the implementation and the workload of a timing, and what it measured."""
    return timing.implementation, timing.workload, timing.measure


def beyond_training(seconds: float, timings: Sequence[Timing], seconds_per_epoch: Mapping[Row, float]) -> float:
    """Return the seconds of a turn in addition to its training and its warm-up, where all turns took `seconds`."""
    turns, training = 0, 0.0
    for timing in timings:
        turns += len(timing.epochs)
        warm_up = len(timing.epochs) * warm_up_of(max(timing.epochs))
        training += sum(timing.round_nanoseconds) / 1e9
        training += warm_up * seconds_per_epoch[row_of(timing)]
    return max(0.0, seconds - training) / turns if turns else 0.0


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
