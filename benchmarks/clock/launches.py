"""Launch after launch, the next one starting while this one takes its turns, where that disturbs no turn."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from types import TracebackType

from benchmarks import environment
from benchmarks.clock.evidence import conditions
from benchmarks.clock.turns import Entry, Launch


@dataclass(frozen=True)
class LaunchRecord:
    """How one launch went: its length from the end of the one before, and what the machine did meanwhile.

    `seconds_starting` is what its workers needed to be ready, in part beside the launch before where `overlapped`.
    """

    number: int
    rounds: int
    overlapped: bool
    seconds: float
    seconds_starting: float
    seconds_in_turns: float
    load_1_minute: float | None
    steal_seconds: float | None
    megahertz: float | None


class Launches:
    """Launches of the same entries on one CPU; workers start on CPUs that share no core with it, if there are any.

    A context: at its end no worker is left.
    """

    def __init__(self, entries: Sequence[Entry], workloads: Sequence[str], cpu: int, shuffler: random.Random) -> None:
        self._entries = entries
        self._workloads = workloads
        self._cpu = cpu
        self._apart = environment.apart_from(cpu)
        self._shuffler = shuffler
        self._upcoming: Launch | None = None
        self._number = 0

    def __enter__(self) -> "Launches":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._upcoming:
            self._upcoming.stop()

    def run(self, rounds: int, last: bool = False) -> tuple[Launch, LaunchRecord]:
        """The next launch; unless it is the last one, that after it is being started meanwhile."""
        began, before = perf_counter(), conditions(self._cpu)
        overlapped = self._upcoming is not None
        launch = self._upcoming or self._started()
        self._upcoming = None
        try:
            launch.wait()
            if self._apart and not last:
                self._upcoming = self._started()
            launch.run(self._cpu, rounds)
        finally:
            launch.stop()
        after = conditions(self._cpu)
        stolen = [after.steal_seconds, before.steal_seconds]
        return launch, LaunchRecord(
            number=launch.number,
            rounds=rounds,
            overlapped=overlapped,
            seconds=perf_counter() - began,
            seconds_starting=launch.seconds_starting,
            seconds_in_turns=launch.seconds_in_turns,
            **asdict(after) | {"steal_seconds": None if None in stolen else stolen[0] - stolen[1]},  # type: ignore[operator]
        )

    def _started(self) -> Launch:
        workloads = self._shuffler.sample(self._workloads, len(self._workloads))
        launch = Launch(self._number, workloads, self._entries, self._shuffler)
        self._number += 1
        try:
            launch.start(self._apart or environment.allowed_cpus())
        except BaseException:
            launch.stop()
            raise
        return launch
