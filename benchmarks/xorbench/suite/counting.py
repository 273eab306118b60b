"""Counting instructions: the judge, one process for each implementation and workload, and the record of both."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from xorbench import progress
from xorbench.clock.counting import LONG, SHORT, Callgrind
from xorbench.contract import Implementation
from xorbench.judging.judge import judge
from xorbench.judging.scope import BRIEF
from xorbench.progress import Progress
from xorbench.record import store
from xorbench.record.counts import Counts, InstructionCount
from xorbench.record.report import Report
from xorbench.record.run import SCHEMA_VERSION, Record, Seconds, WorkloadRecord
from xorbench.record.settings import Plan, Settings
from xorbench.suite.about import described
from xorbench.workloads import Workload

STAGE = "counts"

SECONDS_OF_A_COUNT = 20.0
"""The time of one count, roughly: valgrind makes a process 5 to 50 times slower."""


class Counting:
    """Counts of the instructions of implementations on workloads; a record can be made at any time after the judge.

    One process may take `seconds_of_a_count`. Raises HarnessError where Callgrind can't be used.
    """

    def __init__(
        self,
        implementations: Sequence[Implementation],
        workloads: Sequence[Workload],
        settings: Settings,
        seconds_of_a_count: float,
    ) -> None:
        self._began = perf_counter()
        self._callgrind = Callgrind.here()
        self._implementations = implementations
        self._workloads = workloads
        self._settings = settings
        self._limit = seconds_of_a_count
        self._created = store.timestamp()
        self._about = described(implementations, settings.threads)
        self._report: Report | None = None
        self._seconds = Seconds()
        self._features: list[str] = []
        self.rows: list[InstructionCount] = []
        self.finished = False

    def run(self) -> None:
        """Judge the gradients, then count what passed. Finished counts are kept, whatever is raised."""
        pairs = [(i, w) for i in self._implementations for w in self._workloads]
        whole = Progress()
        whole.suppose(STAGE, SECONDS_OF_A_COUNT * sum(i.usable for i, _ in pairs))
        began = perf_counter()
        report = self._report = judge(
            self._implementations,
            self._workloads,
            self._settings.points,
            self._settings.seed,
            thorough=False,
            stage=whole.stage,
            scope=BRIEF,
            say=progress.say,
        )
        self._seconds = replace(self._seconds, judge=perf_counter() - began)
        refusals = [report.refusal(i.name, w.name) for i, w in pairs]
        with whole.stage(STAGE, SECONDS_OF_A_COUNT * refusals.count(None)) as advance:
            for (implementation, workload), refused in zip(pairs, refusals, strict=True):
                if refused:
                    reason = ": ".join(filter(None, refused))
                    self.rows.append(InstructionCount(implementation.name, workload.name, None, None, reason))
                    continue
                row, features = self._callgrind.count(implementation, workload, self._settings.cpu, self._limit)
                self.rows.append(row)
                self._features = self._features or features
                advance(SECONDS_OF_A_COUNT)
        self.finished = True

    def record(self, command: str) -> Record:
        """Return the record of the counts so far, which is `partial` unless it is finished.

        `command` is the command line. Raises ValueError before the gradients are judged.
        """
        if self._report is None:
            raise ValueError("no record before the gradients are judged; call run first")
        return Record(
            schema=SCHEMA_VERSION,
            kind="count",
            created=self._created,
            command=command,
            commit=self._about.commit,
            machine=self._about.machine,
            environment=self._about.environment,
            implementations=self._about.implementations,
            partial=not self.finished,
            settings=self._settings,
            plan=Plan(rounds=1, launches=0),
            seconds=replace(self._seconds, total=perf_counter() - self._began),
            workloads=[WorkloadRecord.of(workload) for workload in self._workloads],
            gradients=self._report,
            launches=[],
            timings=[],
            cold_starts=[],
            failures=[],
            unfit=None,
            counts=Counts(self._callgrind.version, self._features, SHORT, LONG, [*self.rows]),
        )
