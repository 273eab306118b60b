"""Launches in sequence: the next one starts while the current one takes turns, on CPUs of other cores."""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from time import perf_counter
from types import TracebackType

import psutil

from xorbench import affinity, orphans
from xorbench.clock import host
from xorbench.clock.late import Question
from xorbench.clock.system_counters import conditions
from xorbench.clock.turns import Entry, Launch
from xorbench.record.timing import LaunchRecord


class Launches:
    """A sequence of launches of the same entries, numbered from `first`, with the same `questions` after the rounds.

    Timed on one CPU, the workers of the next launch start while the current one takes turns, on CPUs that share no core
    with the timing CPU, if there are any, and if as much memory is available as the workers of the current launch use.
    While no worker takes turns, workers start on all allowed CPUs: those of the first launch, and those that were not
    ready when the launch before them ended. Timed on several CPUs, each worker has as many threads and starts on the
    CPUs on which it is timed, and no launch starts beside another.

    It is a context manager: all workers are stopped at the end. Inside, the lock of the host is held if it is free, and
    this process adopts what a worker leaves running.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        workloads: Sequence[str],
        cpus: Sequence[int],
        shuffler: random.Random,
        first: int = 0,
        questions: Mapping[str, Question] | None = None,
    ) -> None:
        self._entries = entries
        self._workloads = workloads
        self._cpus = cpus
        self._apart = affinity.cpus_on_other_cores(cpus[0]) if len(cpus) == 1 else []
        self._shuffler = shuffler
        self._upcoming: Launch | None = None
        self._number = first
        self._questions = questions or {}
        self._inside = ExitStack()

    def __enter__(self) -> "Launches":
        self._inside.enter_context(host.held())
        self._inside.enter_context(orphans.adopting())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._inside:
            if self._upcoming:
                self._upcoming.stop()

    def run(
        self, rounds: int, last: bool = False, done: Callable[[Launch, str], None] | None = None
    ) -> tuple[Launch, LaunchRecord]:
        """Run the next launch and return it with what a record says of it.

        Unless it is the `last` one, the launch after it starts meanwhile. `done` is called with the launch and the
        workload's name after each workload.
        """
        began, before = perf_counter(), conditions(self._cpus)
        overlapped, others_timing = self._upcoming is not None, not host.is_ours()
        launch = self._upcoming or self._started(affinity.allowed_cpus())
        self._upcoming = None
        try:
            launch.wait(self._places(affinity.allowed_cpus()))
            if self._apart and not last and launch.resident_bytes() < psutil.virtual_memory().available:
                self._upcoming = self._started(self._apart)
            launch.run(self._cpus, rounds, done)
        finally:
            launch.stop()
        after, seconds = conditions(self._cpus), perf_counter() - began
        return launch, LaunchRecord(
            number=launch.number,
            rounds=rounds,
            overlapped=overlapped,
            seconds=seconds,
            seconds_starting=launch.seconds_starting,
            seconds_in_turns=launch.seconds_in_turns,
            load_1_minute=after.load_1_minute,
            steal_seconds=before.stolen(after, seconds * len(self._cpus)),
            megahertz=after.megahertz,
            others_timing=others_timing,
            left=launch.left,
        )

    def _started(self, places: Sequence[int]) -> Launch:
        workloads = self._shuffler.sample(self._workloads, len(self._workloads))
        launch = Launch(self._number, workloads, self._entries, self._shuffler, self._questions)
        self._number += 1
        try:
            launch.start(self._places(places))
        except BaseException:
            launch.stop()
            raise
        return launch

    def _places(self, cpus: Sequence[int]) -> list[Sequence[int]]:
        """Return the CPUs for successive workers: one of `cpus` each, or all that are timed on if these are several."""
        return [[cpu] for cpu in cpus] if len(self._cpus) == 1 else [self._cpus]
