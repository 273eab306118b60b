"""The driver's side of the clock: starts the workers, hands out turns in balanced order, survives the worst of them.

A launch is one fresh process for each entry. All are alive together and take turns, milliseconds apart, so that what
the machine does meanwhile it does to all of them.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from benchmarks.clock import order
from benchmarks.clock.ledger import Ledger
from benchmarks.clock.worker import Lost, Worker
from benchmarks.contract import Implementation


@dataclass(frozen=True)
class Entry:
    """What one worker of a launch times: epochs per round by workload.

    `copy` marks the second copy of the baseline, the A/A control.
    """

    implementation: Implementation
    epochs_per_round: Mapping[str, int]
    copy: bool = False


@dataclass(frozen=True)
class Timing:
    """One entry's raw timings of one workload in one launch, and what its worker observed.

    Of each round: its time, of `epochs_per_round` epochs; its place among the turns of the round, 0 for the first; how
    often the process was made to give up its CPU meanwhile, and how long it waited for one (None: not known).
    """

    launch: int
    workload: str
    implementation: str
    copy: bool
    epochs_per_round: int
    round_nanoseconds: list[int]
    positions: list[int]
    involuntary_switches: list[int | None]
    waited_nanoseconds: list[int | None]
    ledger: Ledger


@dataclass(frozen=True)
class Failure:
    """A worker that did not reach the end of its launch: what it had handed in before counts, the rest is lost."""

    launch: int
    workload: str
    implementation: str
    copy: bool
    reason: str


@dataclass
class Launch:
    """One launch of all workloads, one after the other; `timings` and `failures` hold what came of it.

    `seconds_starting` is what the workers needed until all were ready, `seconds_in_turns` the sum of all turns.
    """

    number: int
    workloads: Sequence[str]
    entries: Sequence[Entry]
    shuffler: random.Random
    timings: list[Timing] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    seconds_starting: float = 0.0
    seconds_in_turns: float = 0.0
    _workers: dict[int, Worker] = field(default_factory=dict)

    def start(self, places: Sequence[Sequence[int]]) -> None:
        """Start a worker for each entry, side by side, each at a place: on the CPUs that libraries are to count."""
        self._started = perf_counter()
        for place, entry in enumerate(self.entries):
            workloads = [name for name in self.workloads if name in entry.epochs_per_round]
            self._workers[place] = Worker(entry.implementation, workloads, places[place % len(places)])

    def wait(self) -> None:
        """Until everybody is ready."""
        for place in list(self._workers):
            self._hear(place, self.workloads[0])
        self.seconds_starting = perf_counter() - self._started

    def run(self, cpus: Sequence[int], rounds: int, done: Callable[["Launch", str], None] | None = None) -> None:
        """The rounds of one workload after the other, on these CPUs; `done` is called after each of them."""
        for worker in self._workers.values():
            worker.move_to(cpus)
        for workload in self.workloads:
            self._take_turns(workload, rounds)
            if done:
                done(self, workload)

    def stop(self) -> None:
        """End all workers, wherever they are."""
        for worker in self._workers.values():
            worker.stop()

    def _take_turns(self, workload: str, rounds: int) -> None:
        playing = [place for place in self._workers if workload in self.entries[place].epochs_per_round]
        for place in playing:
            epochs = self.entries[place].epochs_per_round[workload]
            self._hear(place, workload, {"rounds": rounds, "epochs_per_round": epochs})
        positions: dict[int, list[int]] = {place: [] for place in playing}
        turns = order.rounds(playing, self.shuffler)
        while playing := [place for place in playing if place in self._workers]:
            for position, place in enumerate(place for place in next(turns) if place in playing):
                positions[place].append(position)
                started = perf_counter()
                said = self._hear(place, workload, "go")
                self.seconds_in_turns += perf_counter() - started
                if isinstance(said, dict):
                    playing.remove(place)
                    self._note(place, workload, said, positions[place])

    def _note(self, place: int, workload: str, handed_in: dict[str, Any], positions: list[int]) -> None:
        entry = self.entries[place]
        self.timings.append(
            Timing(
                launch=self.number,
                workload=workload,
                implementation=entry.implementation.name,
                copy=entry.copy,
                epochs_per_round=entry.epochs_per_round[workload],
                round_nanoseconds=[round(seconds * 1e9) for seconds in handed_in["seconds"]],
                positions=positions,
                involuntary_switches=[reading["involuntary_switches"] for reading in handed_in["readings"]],
                waited_nanoseconds=[reading["waited_nanoseconds"] for reading in handed_in["readings"]],
                ledger=handed_in["ledger"],
            )
        )

    def _hear(self, place: int, workload: str, message: Any = None) -> Any:
        """What a worker says next, in answer to the message if there is one. None: it is lost for this launch."""
        worker = self._workers[place]
        try:
            if message is not None:
                worker.tell(message)
            return worker.hear()
        except Lost as lost:
            worker.stop()
            del self._workers[place]
            entry = self.entries[place]
            reason = str(lost)
            self.failures.append(Failure(self.number, workload, entry.implementation.name, entry.copy, reason))
            return None
