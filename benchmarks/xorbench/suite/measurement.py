"""The base of runs and sweeps: the entries to time, the reference and its audit, and the record of finished parts."""

import math
import random
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace

from xorbench import affinity, progress
from xorbench.clock import late, ledger
from xorbench.clock.reference import Reference
from xorbench.clock.turns import Entry
from xorbench.contract import REFERENCE, Implementation
from xorbench.estimates.analysis import Analysis
from xorbench.progress import Progress
from xorbench.record.report import Report
from xorbench.record.run import SCHEMA_VERSION, Record, WorkloadRecord
from xorbench.record.settings import Settings
from xorbench.record.timing import Failure, LaunchRecord
from xorbench.suite.about import cpus
from xorbench.suite.audit import Audit
from xorbench.suite.calibration import Calibration
from xorbench.suite.forecast import Forecast
from xorbench.suite.parts import OfPlan
from xorbench.suite.session import CHANGED, Session
from xorbench.workloads import Workload

SECONDS_TO_FINISH = 3.0
"""The seconds of a budget that are reserved for the last comparison of ends, the record and the tables."""

FINISH = "the record"
"""The name of what follows the last stage, which is too short to be shown."""


class Measurement(Session):
    """A session that times implementations; a record of its finished parts can be made at any time."""

    SECONDS_FOR_REFERENCE = 1.0
    """The seconds for which the reference trains for each workload of a launch, to compare the ends of rounds."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        workloads: Sequence[Workload],
        settings: Settings,
        report: Report | None = None,
        of_command: Progress | None = None,
        of_plan: OfPlan | None = None,
    ) -> None:
        """Construct a measurement, with a `report` of the judge if there is one on all of this already.

        `of_command` is the progress of the command, if this is only a part of it, and `of_plan` says which part of a
        plan for several hosts it is.
        """
        super().__init__(implementations, workloads, settings, report, of_plan)
        self.cpus = cpus(settings)
        self._shuffler = random.Random(settings.seed)
        self._questions = late.questions(workloads)
        self._withheld: list[Entry] = []
        self._compared: LaunchRecord | None = None  # the launch whose ends are being compared
        self._progress = of_command or Progress(
            at_least=60 * (settings.budget_minutes or 0), about="at most" if settings.resolution else "about"
        )
        self._progress.expect(FINISH, SECONDS_TO_FINISH)
        self._forecast = Forecast(self, self._progress)

    @abstractmethod
    def run(self) -> None:
        """Judge and time what was not finished before. What is finished is kept, whatever is raised."""

    def record(self, command: str) -> Record:
        """Return the record of what was measured so far, which is `partial` unless it is finished.

        `command` is the command line. Raises ValueError before the gradients are judged.
        """
        if self.report is None:
            raise ValueError("no record before the gradients are judged; call run first")
        about, of_plan = self.head.about, self.head.of_plan
        record = Record(
            schema=SCHEMA_VERSION,
            kind=self.KIND,
            resumed=self.resumed,
            plan_sha256=of_plan.plan_sha256 if of_plan else self.head.sha256,
            part=of_plan.part if of_plan else None,
            host=self.head.host if of_plan else None,
            created=self.created,
            command=command,
            commit=about.commit,
            machine=about.machine,
            environment=about.environment,
            implementations=about.implementations,
            partial=not self.finished,
            settings=self.settings,
            plan=self.plan,
            seconds=self._durations(),
            workloads=[WorkloadRecord.of(workload) for workload in self.workloads],
            gradients=self.report,
            launches=[launch for launch in self.launches if launch is not self._compared],
            timings=ledger.with_left(self.timings, self.launches),
            cold_starts=[*self.cold_starts],
            failures=[*self.failures],
            unfit=None,
        )
        return replace(record, unfit=Analysis(record).unfit)

    def _left(self) -> float:
        """Return the seconds that are left of the budget, which is for the whole command; infinite without one."""
        budget = 60 * (self.settings.budget_minutes or math.inf)
        return budget - SECONDS_TO_FINISH - self._elapsed

    def _say_what_changed(self) -> None:
        for name in self.changed:
            progress.say(f"{name}: {CHANGED}")

    def _to_time(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the entries whose text is still the one that was judged; the others are withheld."""
        found = [*entries]
        self._withheld = [entry for entry in found if entry.implementation.name in self.changed]
        return [entry for entry in found if entry not in self._withheld]

    def _withheld_from(self, launch: int, workloads: Iterable[str]) -> list[Failure]:
        """Return the failures of the withheld entries on these workloads of a launch."""
        return [
            Failure(launch, workload, entry.implementation.name, entry.copy, CHANGED, entry.measure)
            for workload in workloads
            for entry in self._withheld
            if workload in entry.epochs
        ]

    def _reference(self) -> Reference:
        cpus = affinity.cpus_on_other_cores(self.settings.cpu) if len(self.cpus) == 1 else []
        return Reference(self.implementations[0], cpus or affinity.allowed_cpus())

    def _audit(self, reference: Reference, calibrated: Calibration) -> Audit:
        paces = {workload: each for (name, workload), each in calibrated.seconds.items() if name == REFERENCE}
        return Audit(
            reference,
            self.workloads,
            self.implementations,
            self.cpus,
            paces,
            self.settings.seed,
            self.SECONDS_FOR_REFERENCE,
            self._questions,
        )
