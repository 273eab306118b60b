"""One run: judge the gradients, calibrate the rounds, time in launches, and put down all of it as a record."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks import environment, progress, records
from benchmarks.contract import REFERENCE, Implementation
from benchmarks.gradients.judge import judge
from benchmarks.gradients.verdicts import Report
from benchmarks.turns import Entry, Failure, Launch, Timing
from benchmarks.workloads import Workload

SECONDS_PER_ROUND = 0.003
"""Long beside the clock's resolution, short beside what disturbs a machine."""

PILOT_ROUNDS = 5
PILOT_EPOCHS = 100


@dataclass(frozen=True)
class Settings:
    """How much is measured, on which CPU, and the seed of all that is random."""

    launches: int
    rounds: int
    points: int
    cpu: int
    seed: int
    quick: bool


class Suite:
    """One run over some implementations and workloads; what is finished of it can be recorded at any time."""

    def __init__(
        self, implementations: Sequence[Implementation], workloads: Sequence[Workload], settings: Settings
    ) -> None:
        self.implementations = implementations
        self.workloads = workloads
        self.settings = settings
        self.created = records.timestamp()
        self.load_before = environment.disturbance()
        self.report: Report | None = None
        self.timings: list[Timing] = []
        self.failures: list[Failure] = []
        self.finished = False
        self._shuffler = random.Random(settings.seed)

    def run(self) -> None:
        """The gate, then the clock. After a KeyboardInterrupt the launches that were finished are still here."""
        self.report = judge(
            self.implementations, self.workloads, self.settings.points, self.settings.seed, stage=progress.stage
        )
        entries = self._calibrate(self.report)
        launches = [workload for _ in range(self.settings.launches) for workload in entries]
        with progress.stage("launches", len(launches)) as advance:
            for number, workload in enumerate(launches):
                self._launch(number, workload, entries[workload], self.settings.rounds)
                advance()
        self.finished = True

    def _calibrate(self, report: Report) -> Mapping[str, list[Entry]]:
        """What each launch of a workload times: all that passed the judge, with rounds of about 3 ms, and the control.

        Without the baseline there is nothing to compare with, and the workload is not timed.
        """
        entries = {}
        with progress.stage("calibration", len(self.workloads)) as advance:
            for workload in self.workloads:
                passed = [i for i in self.implementations if report.refusal(i.name, workload.name) is None]
                pilot = self._launch(-1, workload.name, [Entry(i, PILOT_EPOCHS) for i in passed], PILOT_ROUNDS)
                epochs = {t.implementation: _epochs_per_round(t) for t in pilot.timings}
                calibrated = [Entry(i, epochs[i.name]) for i in passed if i.name in epochs]
                control = [Entry(e.implementation, e.epochs_per_round, copy=True) for e in calibrated if _baseline(e)]
                if control:
                    entries[workload.name] = [*calibrated, *control]
                advance()
        return entries

    def _launch(self, number: int, workload: str, entries: Sequence[Entry], rounds: int) -> Launch:
        launch = Launch(number, workload, entries, rounds, self._shuffler)
        launch.run(self.settings.cpu)
        self.failures += launch.failures
        if number >= 0:
            self.timings += launch.timings
        return launch

    def record(self, command: str) -> records.Record:
        """The run so far; `partial` where it was interrupted. Raises ValueError where nothing was judged yet."""
        if self.report is None:
            raise ValueError("a run that has judged nothing has nothing to record")
        return {
            "schema": 2,
            "created": self.created,
            "command": command,
            "commit": environment.commit(),
            "partial": not self.finished,
            "settings": asdict(self.settings),
            "machine": environment.machine(),
            "environment": {
                "versions": environment.versions(),
                "blas": environment.blas(),
                "variables": environment.ONE_THREAD,
                "garbage_collection_in_rounds": False,
                "before": self.load_before,
                "after": environment.disturbance(),
            },
            "workloads": [workload.description() for workload in self.workloads],
            "implementations": [implementation.description() for implementation in self.implementations],
            "gradients": asdict(self.report),
            "timings": [asdict(timing) for timing in self.timings],
            "failures": [asdict(failure) for failure in self.failures],
        }


def _baseline(entry: Entry) -> bool:
    return entry.implementation.name == REFERENCE


def _epochs_per_round(pilot: Timing) -> int:
    """The epochs that take about 3 ms: 1, 2 or 5 times a power of ten."""
    wanted = SECONDS_PER_ROUND * 1e9 * pilot.epochs_per_round / min(pilot.round_nanoseconds)
    ladder: list[int] = [mantissa * 10**power for power in range(7) for mantissa in (1, 2, 5)]
    return min(ladder, key=lambda epochs: max(epochs / wanted, wanted / epochs))
