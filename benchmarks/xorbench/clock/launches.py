"""Launch after launch, the next one starting while this one takes its turns, where that disturbs no turn."""

import random
from collections.abc import Callable, Sequence
from time import perf_counter
from types import TracebackType

from xorbench import environment
from xorbench.clock.system_counters import conditions
from xorbench.clock.turns import Entry, Launch
from xorbench.record.timing import LaunchRecord


class Launches:
    """Launches of the same entries on one CPU; workers start on CPUs that share no core with it, if there are any.

    While no worker takes turns, they start on all CPUs: those of the first launch, and those that were not ready when
    the launch before them ended.
    On several CPUs each worker has as many threads, and starts where it is timed: then nothing starts beside it.
    A context: at its end no worker is left.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        workloads: Sequence[str],
        cpus: Sequence[int],
        shuffler: random.Random,
        first: int = 0,
    ) -> None:
        self._entries = entries
        self._workloads = workloads
        self._cpus = cpus
        self._apart = environment.apart_from(cpus[0]) if len(cpus) == 1 else []
        self._shuffler = shuffler
        self._upcoming: Launch | None = None
        self._number = first

    def __enter__(self) -> "Launches":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._upcoming:
            self._upcoming.stop()

    def run(
        self, rounds: int, last: bool = False, done: Callable[[Launch, str], None] | None = None
    ) -> tuple[Launch, LaunchRecord]:
        """The next launch; unless it is the last one, that after it is being started meanwhile.

        `done` is called after each workload of it.
        """
        began, before = perf_counter(), conditions(self._cpus)
        overlapped = self._upcoming is not None
        launch = self._upcoming or self._started(environment.allowed_cpus())
        self._upcoming = None
        try:
            launch.wait(self._places(environment.allowed_cpus()))
            if self._apart and not last:
                self._upcoming = self._started(self._apart)
            launch.run(self._cpus, rounds, done)
        finally:
            launch.stop()
        after = conditions(self._cpus)
        stolen = None
        if after.steal_seconds is not None and before.steal_seconds is not None:
            stolen = after.steal_seconds - before.steal_seconds
        return launch, LaunchRecord(
            number=launch.number,
            rounds=rounds,
            overlapped=overlapped,
            seconds=perf_counter() - began,
            seconds_starting=launch.seconds_starting,
            seconds_in_turns=launch.seconds_in_turns,
            load_1_minute=after.load_1_minute,
            steal_seconds=stolen,
            megahertz=after.megahertz,
        )

    def _started(self, places: Sequence[int]) -> Launch:
        workloads = self._shuffler.sample(self._workloads, len(self._workloads))
        launch = Launch(self._number, workloads, self._entries, self._shuffler)
        self._number += 1
        try:
            launch.start(self._places(places))
        except BaseException:
            launch.stop()
            raise
        return launch

    def _places(self, cpus: Sequence[int]) -> list[Sequence[int]]:
        """Where workers start, one after the other: each on one of these CPUs, or all where they will be timed."""
        return [[cpu] for cpu in cpus] if len(self._cpus) == 1 else [self._cpus]
