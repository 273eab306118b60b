"""A run: the judge, the calibration, the cold starts, the launches, and the record of what is finished."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from xorbench import environment, progress
from xorbench.clock import late
from xorbench.clock.ends import Reference
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry
from xorbench.contract import REFERENCE, Implementation
from xorbench.estimates import timing_table
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timed import Timed
from xorbench.judging.judge import Scope, judge
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
"""The share of a budget for cold starts; one of each implementation on each workload is always made."""

SECONDS_TO_FINISH = 3.0
"""The seconds of a budget that are reserved for the last comparison of ends, the record and the tables."""


class Suite:
    """One run over implementations and workloads; a record of its finished parts can be made at any time.

    The implementations' sources, the commit and the versions are read when it is constructed.
    """

    SECONDS_FOR_REFERENCE = 1.0
    """The seconds for which the reference trains for each workload of a launch, to compare the ends of rounds."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        workloads: Sequence[Workload],
        settings: Settings,
        report: Report | None = None,
    ) -> None:
        """Construct a run, which does not judge where it is given a `report` on these implementations and workloads."""
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
        self._questions = late.questions(workloads)
        self._about = described(implementations, settings.threads)

    def run(self) -> None:
        """Judge the gradients, then time what passed. Finished launches are kept, whatever is raised."""
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
                    Launches(entries, timed, self.cpus, self._shuffler, questions=self._questions) as launches,
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
        thorough = not self.settings.quick
        self.report = judge(
            self.implementations,
            self.workloads,
            self.settings.points,
            self.settings.seed,
            thorough=thorough,
            stage=progress.stage,
            scope=Scope(to_the_end=thorough),
            say=progress.say,
        )
        return self.report

    def _reference(self) -> Reference:
        cpus = environment.cpus_on_other_cores(self.settings.cpu) if len(self.cpus) == 1 else []
        return Reference(self.implementations[0], cpus or environment.allowed_cpus())

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

    def _note(self, stage: str, began: float) -> float:
        now = perf_counter()
        self.seconds = replace(self.seconds, **{stage: now - began})
        return now

    def _calibrate(self, report: Report) -> Calibration:
        """Return the calibration of all implementations that passed the judge, and note its failures."""
        passed = {
            i: [w for w in self.workloads if report.refusal(i.name, w.name) is None] for i in self.implementations
        }
        with progress.stage("calibration", 1) as advance:
            calibrated = calibrate(passed, REFERENCE, self.cpus, self._shuffler)
            self.failures += calibrated.failures
            advance()
        return calibrated

    def _launch(self, launches: Launches, audit: Audit, number: int, rounds: int) -> None:
        """Run `number` launches. The ends of a launch are compared while the next one runs."""
        with progress.stage("launches", number) as advance:
            for place in range(number):
                self._launch_one(launches, audit, rounds, last=place == number - 1)
                advance()

    def _pilot(self, launches: Launches, audit: Audit) -> None:
        """Run PILOT_LAUNCHES launches, or fewer, but at least FEWEST_PILOT_LAUNCHES, if the budget is used before."""
        with progress.stage("pilot", pilot.PILOT_LAUNCHES) as advance:
            while len(self.launches) < pilot.PILOT_LAUNCHES:
                enough = len(self.launches) >= pilot.FEWEST_PILOT_LAUNCHES
                if enough and self._left() < pilot.seconds_of_a_launch(self.launches, self.plan):
                    break
                self._launch_one(launches, audit, self.plan.rounds, last=False)
                advance()

    def _launch_one(self, launches: Launches, audit: Audit, rounds: int, last: bool) -> None:
        launch, about = launches.run(rounds, last=last)
        self.timings += audit.settled()
        self.failures += launch.failures
        self.launches.append(about)
        audit.begin(launch)

    def _spend(self, launches: Launches, audit: Audit, turns: int) -> None:
        """Run a pilot, then launches until the budget is used or, with a resolution, until every ratio is resolved.

        A ratio is resolved where its interval is narrower than the resolution or excludes 1.
        """
        self._pilot(launches, audit)
        self.timings += audit.settled()
        names = [i.name for i in self.implementations]
        spreads = pilot.spreads(Timed(self.timings, [w.name for w in self.workloads]), names)
        self.plan = pilot.plan(self.launches, spreads, turns, len(names) - 1, self._left())
        progress.say(
            f"pilot: {self.plan.launches} launches x {self.plan.rounds} rounds fit into the budget; "
            f"a ratio can be separated from 1 if it differs by {self.plan.half_width:.1%}"
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
            self.plan = pilot.at_confidence(self.plan)  # the end is also a look
        self.plan = replace(self.plan, launches=len(self.launches))

    def _left(self) -> float:
        """Return the seconds that are left of the budget, which is for the whole command."""
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
        """Return the record of the run so far, which is `partial` unless it is finished.

        `command` is the command line. Raises ValueError before the gradients are judged.
        """
        if self.report is None:
            raise ValueError("no record before the gradients are judged; call run first")
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
