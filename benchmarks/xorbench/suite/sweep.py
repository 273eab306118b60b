"""A sweep: a run over workloads of many sizes, called points, which continues after an interruption."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

from xorbench import progress
from xorbench.clock import products
from xorbench.clock.launches import Launches
from xorbench.clock.pace import paces
from xorbench.clock.turns import Entry, Launch
from xorbench.contract import REFERENCE, Implementation
from xorbench.judging.judge import Scope, judge
from xorbench.judging.processes import Surroundings
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import Failure, LaunchRecord, Products, Timing
from xorbench.suite.audit import Audit
from xorbench.suite.calibration import Calibration, calibrate, of_a_round
from xorbench.suite.journal import Journal
from xorbench.suite.suite import Suite
from xorbench.suite.sweep_cost import Estimate, estimated, judging_seconds
from xorbench.workloads import Workload

RANDOM_POINTS = 1
"""Random points at which each workload is judged, beside its initial parameters.

There is one only, because large workloads take many seconds in ball arithmetic.
"""


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
        self, implementations: Sequence[Implementation], workloads: Sequence[Workload], settings: Settings, folder: Path
    ) -> None:
        """Construct a sweep, with what its journal holds; `folder` is the folder of the record to be written."""
        super().__init__(implementations, workloads, settings)
        self.products: list[Products] = []
        self._planned: Planned | None = None
        self._taken: Counter[str] = Counter()
        self._elapsed = 0.0
        names = [workload.name for workload in workloads]
        self._journal = Journal([asdict(self._about), asdict(settings), names, str(folder.absolute())])
        for elapsed, entry in self._journal.read():
            self._accept(elapsed, entry)
        self._began = perf_counter() - self._elapsed

    def run(self) -> None:
        """Plan, judge and time what is not in the journal yet.

        After a KeyboardInterrupt all finished points are in the journal.
        """
        planned = self._planned or self._plan()
        self.plan = Plan(planned.estimate.rounds, planned.launches)
        self._say(planned.estimate)
        report = self.report or self._judge()
        if not self.products:
            self._finish(products.measured(self.implementations, self.workloads[0].dtype, self.settings.threads))
        entries = self._entries(planned, report)
        if entries:
            with self._reference() as reference:
                self._launch_all(entries, self._audit(reference, planned.calibrated))
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
        threads = self.settings.threads
        with progress.stage("calibration", len(usable) * len(self.workloads)) as advance:
            found = paces(usable, self.workloads, threads, advance)
        passed = {i: [w for w in self.workloads if (i.name, w.name) in found] for i in usable}
        calibrated = calibrate(
            passed,
            REFERENCE,
            self.cpus,
            self._shuffler,
            lambda i, w: of_a_round(found[i.name, w.name], 0.0, w.most_epochs),
        )
        judging = judging_seconds(self.workloads, self.settings.points)
        estimate = estimated(calibrated, self.settings, judging)
        left = 60 * (self.settings.budget_minutes or 0) - (perf_counter() - self._began)
        launches = self.settings.launches or estimate.launches_in(left)
        planned = Planned(self.created, calibrated, estimate, launches)
        self._finish(planned)
        return planned

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
            stage=progress.stage,
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

    def _launch_all(self, entries: Sequence[Entry], audit: Audit) -> None:
        """Run the launches that are missing, of the points with the fewest launches first.

        All points are timed together once they have the same number of launches.
        """
        wanted = self.plan.launches
        timed = [workload.name for workload in self.workloads if workload.name in entries[-1].epochs]
        if min(self._taken[name] for name in timed) >= wanted:
            return
        with progress.stage("points", len(timed) * wanted - sum(self._taken[name] for name in timed)) as advance:

            def done(launch: Launch, workload: str) -> None:
                audit.begin(launch, workload)
                found = audit.settled()
                failures = [failure for failure in launch.failures if failure not in self.failures]
                self._finish(Point(launch.number, workload, found, failures))
                advance()

            while (fewest := min(self._taken[name] for name in timed)) < wanted:
                behind = [name for name in timed if self._taken[name] == fewest]
                until = min([wanted, *(self._taken[name] for name in timed if name not in behind)])
                first = 1 + max([-1, *(timing.launch for timing in self.timings)])
                shuffler = random.Random(self.settings.seed + first)
                with Launches(entries, behind, self.cpus, shuffler, first, self._questions) as launches:
                    for number in range(fewest, until):
                        self._finish(launches.run(self.plan.rounds, last=number + 1 == until, done=done)[1])
