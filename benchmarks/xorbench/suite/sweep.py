"""A sweep: a run over workloads of many sizes, called points, which continues after an interruption."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

from xorbench import progress
from xorbench.clock import host, products
from xorbench.clock.launches import Launches
from xorbench.clock.pace import paces
from xorbench.clock.turns import Entry, Launch
from xorbench.contract import REFERENCE, Implementation
from xorbench.judging.judge import Scope, judge
from xorbench.judging.processes import Surroundings
from xorbench.progress import Progress
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import Failure, LaunchRecord, Products, Timing
from xorbench.suite import calibration
from xorbench.suite.audit import Audit
from xorbench.suite.calibration import Calibration, calibrate, of_a_round
from xorbench.suite.journal import Journal
from xorbench.suite.suite import Suite
from xorbench.suite.sweep_cost import FEWEST_LAUNCHES, Estimate, estimated, judging_seconds, rounds_of
from xorbench.workloads import Workload

RANDOM_POINTS = 1
"""Random points at which each workload is judged, beside its initial parameters.

There is one only, because large workloads take many seconds in ball arithmetic.
"""


OF_A_PACE = 0.1
"""Seconds of the rough time of an epoch, of each implementation on each point, before the calibration."""

OTHERS = "other sweeps"
"""The name of the sweeps of the same command that follow."""


@dataclass(frozen=True)
class Planned:
    """The plan of a sweep: its time of creation, the calibration, the estimated cost and the number of launches."""

    created: str
    calibrated: Calibration
    estimate: Estimate
    launches: int


@dataclass(frozen=True)
class Point:
    """The finished timings and failures of one workload in one launch, as a record holds them."""

    launch: int
    workload: str
    timings: list[Timing]
    failures: list[Failure]


class Sweep(Suite):
    """A run in which every launch times every point, continued where one with the same arguments was interrupted.

    All methods raise OSError where the journal can't be read or written.
    """

    SECONDS_FOR_REFERENCE = 0.0
    """Only one round of each row and length is compared, because points are many."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        workloads: Sequence[Workload],
        settings: Settings,
        folder: Path,
        of_command: Progress | None = None,
        others: int = 0,
    ) -> None:
        """Construct a sweep, with what its journal holds; `folder` is the folder of the record to be written.

        `of_command` is the progress of the command, in which so many `others` like this one follow.
        """
        super().__init__(implementations, workloads, settings, of_command=of_command)
        self._others = others
        self.products: list[Products] = []
        self._planned: Planned | None = None
        self._taken: Counter[str] = Counter()
        self._elapsed = 0.0
        names = [workload.name for workload in workloads]
        self._journal = Journal([asdict(self._about), asdict(settings), names, str(folder.absolute())])
        for elapsed, entry in self._journal.read():
            self._accept(elapsed, entry)
        self._began = perf_counter() - self._elapsed

    @host.held()
    def run(self) -> None:
        """Plan, judge and time what is not in the journal yet.

        After a KeyboardInterrupt all finished points are in the journal.
        """
        self._suppose()
        planned = self._planned or self._plan()
        self.plan = Plan(planned.estimate.rounds, planned.launches)
        self._foretell(planned.estimate)
        self._say(planned.estimate)
        report = self.report or self._judge()
        if not self.products:
            self._finish(products.measured(self.implementations, self.workloads[0].dtype, self.settings.threads))
        entries = self._entries(planned, report)
        if entries:
            with self._reference() as reference:
                self._launch_all(entries, self._audit(reference, planned.calibrated), planned.estimate)
        self.finished = True

    def record(self, command: str) -> Record:
        """Return the record of the sweep so far, with the matrix products with which growth is compared."""
        record = super().record(command)
        seconds = replace(
            record.seconds, total=self._elapsed
        )  # a finished sweep that is read again gives the same record
        return replace(record, products=self.products, seconds=seconds)

    def close(self) -> None:
        """Delete the journal, once the record is written."""
        self._journal.close()

    def _finish(self, entry: object) -> None:
        """Note a finished part in the journal first, so that it is never measured twice."""
        elapsed = perf_counter() - self._began
        self._journal.note((elapsed, entry))
        self._accept(elapsed, entry)

    def _accept(self, elapsed: float, entry: object) -> None:
        stage = "launches"
        match entry:
            case Planned():
                self._planned, self.created, stage = entry, entry.created, "calibration"
                self.failures += entry.calibrated.failures
            case Report():
                self.report, stage = entry, "judge"
            case list():
                self.products, stage = entry, "calibration"
            case LaunchRecord():
                self.launches.append(entry)
            case Point():
                self.timings += entry.timings
                self.failures += entry.failures
                self._taken[entry.workload] += 1
        spent = getattr(self.seconds, stage) + elapsed - self._elapsed
        self.seconds = replace(self.seconds, **{stage: spent})
        self._elapsed = elapsed

    def _plan(self) -> Planned:
        """Return the plan, from rough times of an epoch and then one launch of few rounds, which are not published."""
        usable = [i for i in self.implementations if i.usable]
        pairs = len(usable) * len(self.workloads)
        cost = self._supposed(pairs)
        launch = cost.first(calibration.ROUNDS)
        with self._progress.stage("calibration", cost.starting + pairs * OF_A_PACE + launch) as advance:
            one = cost.starting / pairs + OF_A_PACE
            found = paces(usable, self.workloads, self.settings.threads, lambda: advance(one))
            calibrated = calibrate(
                {i: [w for w in self.workloads if (i.name, w.name) in found] for i in usable},
                REFERENCE,
                self.cpus,
                self._shuffler,
                lambda i, w: of_a_round(found[i.name, w.name], 0.0, w.most_epochs),
                lambda: advance(launch / len(self.workloads)),
            )
        judging, once = judging_seconds(self.workloads, self.settings.points, self._questions)
        estimate = estimated(calibrated, self.settings, judging, once, self._questions)
        left = 60 * (self.settings.budget_minutes or 0) - (perf_counter() - self._began)
        launches = self.settings.launches or estimate.launches_in(left)
        planned = Planned(self.created, calibrated, estimate, launches)
        self._finish(planned)
        return planned

    def _suppose(self) -> None:
        """Tell the progress what is expected before the plan: a budget, or what default values give."""
        if self._planned:
            return
        usable = sum(i.usable for i in self.implementations)
        cost = self._supposed(usable * len(self.workloads))
        rounds = self.settings.rounds or rounds_of(usable + 1)
        seconds = cost.of(self.settings.launches or FEWEST_LAUNCHES, rounds)
        self._progress.suppose("points", seconds)
        self._progress.suppose(OTHERS, self._others * (seconds + cost.first(calibration.ROUNDS)))

    def _foretell(self, estimate: Estimate) -> None:
        """Tell the progress what is expected after the plan. Other sweeps take about as long as this one."""
        done = sum(self._taken.values()) / len(self.workloads)
        self._progress.at_least = 0.0
        self._progress.expect("points", estimate.seconds_of(self.plan.launches - done))
        whole = self._elapsed + 60 * estimate.minutes(self.plan.launches)
        self._progress.expect(OTHERS, self._others * whole)

    def _say(self, estimate: Estimate) -> None:
        points, launches = len(self.workloads), self.plan.launches
        done = sum(self._taken.values())
        if done:
            progress.say(
                f"continuing the sweep of {self.created}: {done} of {points * launches} timings of a point are finished"
            )
        progress.say(
            f"{points} points x {launches} launches x {estimate.rounds} rounds, on {self.settings.threads} "
            f"CPU{'s' * (self.settings.threads > 1)}: about {estimate.minutes(launches - done / points):.1f} minutes"
        )

    def _judge(self) -> Report:
        """Return the judge's report at few points, with the dtype and threads to time, without trained parameters."""
        scope = Scope(("float64",), (), Surroundings(threads=self.settings.threads), varied=False)
        points, seed = self.settings.points, self.settings.seed
        report = judge(
            self.implementations,
            self.workloads,
            points,
            seed,
            thorough=False,
            stage=self._progress.stage,
            scope=scope,
            say=progress.say,
        )
        report = replace(report, endings=[replace(end, parameters=None) for end in report.endings])
        self._finish(report)
        return report

    def _entries(self, planned: Planned, report: Report) -> list[Entry]:
        """Return the calibrated entries without what the judge refused; none where the baseline was refused."""
        entries = []
        for entry in planned.calibrated.entries:
            name = entry.implementation.name
            judged = {w: n for w, n in entry.epochs.items() if report.refusal(name, w) is None}
            if judged:
                entries.append(replace(entry, epochs=judged))
        return entries if any(entry.copy for entry in entries) else []

    def _launch_all(self, entries: Sequence[Entry], audit: Audit, estimate: Estimate) -> None:
        """Run the launches that are missing, of the points with the fewest launches first.

        All points are timed together once they have the same number of launches.
        """
        wanted = self.plan.launches
        timed = [workload.name for workload in self.workloads if workload.name in entries[-1].epochs]
        if min(self._taken[name] for name in timed) >= wanted:
            return
        missing = len(timed) * wanted - sum(self._taken[name] for name in timed)
        seconds = estimate.seconds_of(missing / len(timed))
        with self._progress.stage("points", seconds) as advance:

            def done(launch: Launch, workload: str) -> None:
                audit.begin(launch, workload)
                found = audit.settled()
                failures = [failure for failure in launch.failures if failure not in self.failures]
                self._finish(Point(launch.number, workload, found, failures))
                advance(seconds / missing)

            while (fewest := min(self._taken[name] for name in timed)) < wanted:
                behind = [name for name in timed if self._taken[name] == fewest]
                until = min([wanted, *(self._taken[name] for name in timed if name not in behind)])
                first = 1 + max([-1, *(timing.launch for timing in self.timings)])
                shuffler = random.Random(self.settings.seed + first)
                with Launches(entries, behind, self.cpus, shuffler, first, self._questions) as launches:
                    for number in range(fewest, until):
                        self._finish(launches.run(self.plan.rounds, last=number + 1 == until, done=done)[1])
