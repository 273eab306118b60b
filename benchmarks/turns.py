"""The driver's side of the clock: starts the workers, hands out turns in random order, survives the worst of them.

A launch is one fresh process for each entry. All are alive together and take turns, milliseconds apart, so that what
the machine does meanwhile it does to all of them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import environment
from benchmarks.contract import Implementation
from benchmarks.worker import Lost, Worker


@dataclass(frozen=True)
class Entry:
    """What one worker of a launch times. `copy` marks the second copy of the baseline, the A/A control."""

    implementation: Implementation
    epochs_per_round: int
    copy: bool = False


@dataclass(frozen=True)
class Timing:
    """One entry's raw timings in one launch.

    `first_call_seconds` is the first epoch of a fresh process, compilation included. `round_nanoseconds` has one timing
    for each round, of `epochs_per_round` epochs; `positions` says which turn of its round each was, 0 for the first.
    `observed` is what the worker saw of its own threads and CPUs afterwards.
    """

    launch: int
    workload: str
    implementation: str
    copy: bool
    epochs_per_round: int
    first_call_seconds: float
    round_nanoseconds: list[int]
    positions: list[int]
    observed: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """A worker that did not reach the end of its launch: nothing that it timed in it is used."""

    launch: int
    workload: str
    implementation: str
    copy: bool
    reason: str


class Launch:
    """One launch of one workload; `timings` and `failures` hold what came of it."""

    def __init__(
        self, number: int, workload: str, entries: Sequence[Entry], rounds: int, shuffler: random.Random
    ) -> None:
        self.number = number
        self.workload = workload
        self.entries = entries
        self.rounds = rounds
        self.shuffler = shuffler
        self.timings: list[Timing] = []
        self.failures: list[Failure] = []
        self._workers: dict[int, Worker] = {}

    def run(self, cpu: int) -> None:
        """Start a worker for each entry, time the first calls and then the rounds, all on `cpu`; end the workers."""
        cpus = environment.allowed_cpus()
        try:
            for place, entry in enumerate(self.entries):
                # Started side by side on all CPUs, each on one alone, so that libraries that count CPUs count one.
                self._workers[place] = Worker(
                    entry.implementation, self.workload, entry.epochs_per_round, self.rounds, cpus[place % len(cpus)]
                )
            first = self._take_turns(cpu)
            steady = self._take_turns(cpu)
        finally:
            for worker in self._workers.values():
                worker.stop()
        for place, (handed_in, positions) in sorted(steady.items()):
            entry = self.entries[place]
            self.timings.append(
                Timing(
                    launch=self.number,
                    workload=self.workload,
                    implementation=entry.implementation.name,
                    copy=entry.copy,
                    epochs_per_round=entry.epochs_per_round,
                    first_call_seconds=first[place][0]["seconds"][0],
                    round_nanoseconds=[round(seconds * 1e9) for seconds in handed_in["seconds"]],
                    positions=positions,
                    observed=handed_in["observed"],
                )
            )

    def _take_turns(self, cpu: int) -> dict[int, tuple[dict[str, Any], list[int]]]:
        """One benchmark of all workers that are left: what each hands in, and the position of each of its turns."""
        playing = [place for place in list(self._workers) if self._hear(place) == "ready"]
        for place in playing:
            self._workers[place].move_to(cpu)
        positions: dict[int, list[int]] = {place: [] for place in playing}
        results = {}
        while playing:
            self.shuffler.shuffle(playing)
            for position, place in enumerate(list(playing)):
                positions[place].append(position)
                said = self._hear(place, go=True)
                if said != "ready":
                    playing.remove(place)
                if isinstance(said, dict):
                    results[place] = (said, positions[place])
        for place in results:
            self._workers[place].go()
        return results

    def _hear(self, place: int, go: bool = False) -> Any:
        """What a worker says next, after its turn where it is told to go. None: it is lost, and its launch with it."""
        worker = self._workers[place]
        try:
            if go:
                worker.go()
            return worker.hear()
        except Lost as lost:
            worker.stop()
            del self._workers[place]
            entry = self.entries[place]
            self.failures.append(
                Failure(self.number, self.workload, entry.implementation.name, entry.copy, reason=str(lost))
            )
            return None
