"""One run: the judge, the calibration, the cold starts, the launches, and the record of all that is finished."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from xorbench import environment, progress
from xorbench.clock.ends import Reference
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry
from xorbench.contract import REFERENCE, Implementation
from xorbench.estimates import timing_table
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timed import Timed
from xorbench.judge.judge import judge
from xorbench.record import store
from xorbench.record.report import Report
from xorbench.record.run import SCHEMA_VERSION, Record, Seconds, WorkloadRecord
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import ColdStart, Failure, LaunchRecord, Timing
from xorbench.suite import pilot
from xorbench.suite.about import cpus, described
from xorbench.suite.audit import Audit
from xorbench.suite.calibration import Calibration, calibrate
from xorbench.suite.cold_starts import cold_starts
from xorbench.workloads import Workload

COLD_STARTS_SHARE = 0.25
"""Of a budget, cold starts may use this share, beyond one of each implementation on each workload."""

SECONDS_TO_FINISH = 3.0
"""Of a budget, what is left for the last comparison of ends, the record and the tables."""


class Suite:
    """One run over some implementations and workloads; what is finished of it can be recorded at any time.

    The implementations' texts, the commit and the versions are those of the moment in which it is made.
    """

    SECONDS_FOR_REFERENCE = 1.0
    """How long the reference trains for each workload of a launch, to compare the ends of rounds, beside the next."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        workloads: Sequence[Workload],
        settings: Settings,
        report: Report | None = None,
    ) -> None:
        """`report` is one of the judge on the same implementations and workloads, which are not judged again then."""
        self._began = perf_counter()
        self.implementations = implementations
        self.workloads = workloads
        self.settings = settings
        self.cpus = cpus(settings)
        self.created = store.timestamp()
        self.report = report
        self.timings: list[Timing] = []
        self.launches: list[LaunchRecord] = []
        self.failures: list[Failure] = []
        self.cold_starts: list[ColdStart] = []
        self.plan = Plan(settings.rounds or pilot.PILOT_ROUNDS, settings.launches or 0)
        self.seconds = Seconds()
        self.finished = False
        self._shuffler = random.Random(settings.seed)
        self._about = described(implementations, settings.threads)

    def run(self) -> None:
        """The gate, then the clock. Whatever is raised, the launches that were finished are still here."""
        began = perf_counter()
        report = self.report or self._judge()
        began = self._note("judge", began)
        calibrated = self._calibrate(report)
        began = self._note("calibration", began)
        entries = calibrated.entries
        timed = [w.name for w in self.workloads if any(w.name in entry.epochs for entry in entries)]
        if timed:
            self._start_cold(entries)
            began = self._note("cold_starts", began)
            try:
                with (
                    self._reference() as reference,
                    Launches(entries, timed, self.cpus, self._shuffler) as launches,
                ):
                    audit = self._audit(reference, calibrated)
                    try:
                        if self.settings.launches:
                            self._launch(launches, audit, self.settings.launches, self.plan.rounds)
                        else:
                            self._spend(launches, audit, len(entries))
                    finally:
                        self.timings += audit.settled()
            finally:
                self._note("launches", began)
        self.finished = True

    def _judge(self) -> Report:
        points, seed, thorough = self.settings.points, self.settings.seed, not self.settings.quick
        self.report = judge(self.implementations, self.workloads, points, seed, thorough=thorough, stage=progress.stage)
        return self.report

    def _reference(self) -> Reference:
        cpus = environment.apart_from(self.settings.cpu) if len(self.cpus) == 1 else []
        return Reference(self.implementations[0], cpus or environment.allowed_cpus())

    def _audit(self, reference: Reference, calibrated: Calibration) -> Audit:
        paces = {workload: each for (name, workload), each in calibrated.seconds.items() if name == REFERENCE}
        seconds, settings = self.SECONDS_FOR_REFERENCE, self.settings
        return Audit(reference, self.workloads, self.implementations, self.cpus, paces, settings.seed, seconds)

    def _note(self, stage: str, began: float) -> float:
        now = perf_counter()
        self.seconds = replace(self.seconds, **{stage: now - began})
        return now

    def _calibrate(self, report: Report) -> Calibration:
        """What each launch times."""
        passed = {
            i: [w for w in self.workloads if report.refusal(i.name, w.name) is None] for i in self.implementations
        }
        with progress.stage("calibration", 1) as advance:
            calibrated = calibrate(passed, REFERENCE, self.cpus, self._shuffler)
            self.failures += calibrated.failures
            advance()
        return calibrated

    def _launch(self, launches: Launches, audit: Audit, number: int, rounds: int, more: bool = False) -> None:
        """So many launches; `more` says that others come after them. Ends are compared while the next one runs."""
        with progress.stage("launches" if not more else "pilot", number) as advance:
            for place in range(number):
                self._launch_one(launches, audit, rounds, last=not more and place == number - 1)
                advance()

    def _launch_one(self, launches: Launches, audit: Audit, rounds: int, last: bool) -> None:
        launch, about = launches.run(rounds, last=last)
        self.timings += audit.settled()
        self.failures += launch.failures
        self.launches.append(about)
        audit.begin(launch)

    def _spend(self, launches: Launches, audit: Audit, turns: int) -> None:
        """A pilot, then launches until the time is used; with a resolution, until every ratio is known to it."""
        self._launch(launches, audit, pilot.PILOT_LAUNCHES, pilot.PILOT_ROUNDS, more=True)
        self.timings += audit.settled()
        names = [i.name for i in self.implementations]
        spreads = pilot.spreads(Timed(self.timings, [w.name for w in self.workloads]), names)
        self.plan = pilot.plan(self.launches, spreads, turns, len(names) - 1, self._left())
        progress.say(
            f"the pilot: {self.plan.launches} launches x {self.plan.rounds} rounds fit into the budget; "
            f"a ratio can be told from 1 if it is {self.plan.half_width:.1%} away"
        )
        look = pilot.FIRST_LOOK if self.settings.resolution else 0
        with progress.stage("launches", self.plan.launches - len(self.launches)) as advance:
            while self._left() >= (cost := pilot.seconds_of_a_launch(self.launches, self.plan)):
                self._launch_one(launches, audit, self.plan.rounds, last=self._left() < 2 * cost)
                advance()
                if len(self.launches) == look:
                    self.timings += audit.settled()
                    self.plan = pilot.at_confidence(self.plan)
                    if self._resolved():
                        break
                    look *= 2
                    self.plan = replace(self.plan, looks=self.plan.looks + 1)
        if self.settings.resolution and len(self.launches) != look:
            self.plan = pilot.at_confidence(self.plan)  # the end is a look, too
        self.plan = replace(self.plan, launches=len(self.launches))

    def _left(self) -> float:
        """Seconds of the budget, which is for the whole command."""
        budget = 60 * (self.settings.budget_minutes or 0)
        return budget - SECONDS_TO_FINISH - (perf_counter() - self._began)

    def _resolved(self) -> bool:
        return not timing_table.unresolved(Analysis(self.record("")), self.settings.resolution or 0)

    def _start_cold(self, entries: Sequence[Entry]) -> None:
        number, cpu, budget = self.settings.cold_starts, self.settings.cpu, self.settings.budget_minutes
        until = math.inf if budget is None else perf_counter() + 60 * budget * COLD_STARTS_SHARE
        for found in cold_starts(entries, self.workloads, number, cpu, self._shuffler, until):
            if isinstance(found, Failure):
                self.failures.append(found)
            else:
                self.cold_starts.append(found)

    def record(self, command: str) -> Record:
        """Return the run so far; `partial` where it was interrupted. Raises ValueError where nothing was judged yet."""
        if self.report is None:
            raise ValueError("a run that has judged nothing has nothing to record")
        record = Record(
            schema=SCHEMA_VERSION,
            kind="sweep" if self.settings.sweep else "run",
            created=self.created,
            command=command,
            commit=self._about.commit,
            machine=self._about.machine,
            environment=self._about.environment,
            implementations=self._about.implementations,
            partial=not self.finished,
            settings=self.settings,
            plan=self.plan,
            seconds=replace(self.seconds, total=perf_counter() - self._began),
            workloads=[WorkloadRecord.of(workload) for workload in self.workloads],
            gradients=self.report,
            launches=[*self.launches],
            timings=[*self.timings],
            cold_starts=[*self.cold_starts],
            failures=[*self.failures],
            unfit=None,
        )
        return replace(record, unfit=Analysis(record).unfit)
