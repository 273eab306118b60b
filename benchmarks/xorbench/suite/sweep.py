"""A sweep: a measurement of workloads of many sizes, called points."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from xorbench import progress
from xorbench.clock import host, products
from xorbench.clock.launches import Launches
from xorbench.clock.pace import paces
from xorbench.clock.turns import Entry, Launch
from xorbench.contract import REFERENCE, Implementation
from xorbench.judging.judge import judge
from xorbench.judging.questions import Surroundings
from xorbench.judging.scope import Scope
from xorbench.progress import Progress
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import LaunchRecord, Products
from xorbench.suite import calibration, pilot
from xorbench.suite.audit import Audit
from xorbench.suite.calibration import Calibration, calibrate, of_a_round
from xorbench.suite.measurement import Measurement
from xorbench.suite.parts import Calibrated, Estimated, Finished, Judged, Launched, Multiplied, OfPlan, Point
from xorbench.suite.sweep_cost import FEWEST_LAUNCHES, Estimate, estimated, judging_seconds, rounds_of
from xorbench.workloads import Workload

RANDOM_POINTS = 1
"""Random points at which each workload is judged, beside its initial parameters.

There is one only, because large workloads take many seconds in ball arithmetic.
"""


OF_A_PACE = 0.1
"""The expected seconds of roughly timing one implementation on one point, before the calibration."""

OTHERS = "other sweeps"
"""The name of the sweeps of the same command that follow."""


class Sweep(Measurement):
    """A measurement in which every launch times every point.

    A launch in which only some points were timed, because the sweep was interrupted, is completed when it is resumed.
    """

    KIND = "sweep"

    SECONDS_FOR_REFERENCE = 0.0
    """Only one round of each row and length is compared, because points are many."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        workloads: Sequence[Workload],
        settings: Settings,
        of_command: Progress | None = None,
        others: int = 0,
        of_plan: OfPlan | None = None,
    ) -> None:
        """Construct a sweep. `of_command` is the progress of the command, in which `others` like this one follow.

        `of_plan` says which part of a plan for several hosts it is.
        """
        super().__init__(implementations, workloads, settings, of_command=of_command, of_plan=of_plan)
        self._others = others
        self.products: list[Products] = []
        self._estimate: Estimate | None = None
        self._taken: Counter[str] = Counter()
        self._incomplete: LaunchRecord | None = None
        self._earlier: LaunchRecord | None = None
        self._launch_began = 0.0

    @host.held()
    def run(self) -> None:
        """Plan, judge and time what was not finished before. Finished points are kept, whatever is raised."""
        if self.finished:
            return
        self._suppose()
        self._enter("calibration")
        estimate = self._estimate or self._plan()
        self._foretell(estimate)
        self._say(estimate)
        self._enter("judge")
        report = self.report or self._judge()
        self._enter("calibration")
        if not self.products:
            found = products.measured(self.implementations, self.workloads[0].dtype, self.settings.threads)
            self._finish(Multiplied(found))
        self._enter("launches")
        assert self.calibrated is not None
        entries = self._entries(self.calibrated, report)
        if entries:
            with self._reference() as reference:
                self._launch_all(entries, self._audit(reference, self.calibrated), estimate)
        self._end()

    def record(self, command: str) -> Record:
        """Return the record of the sweep so far, with the matrix products with which growth is compared."""
        incomplete = [self._incomplete] if self._incomplete else []
        return replace(super().record(command), products=self.products, launches=[*self.launches, *incomplete])

    def _accept(self, part: Finished) -> None:
        super()._accept(part)
        match part:
            case Estimated():
                self._estimate = part.estimate
                self.plan = Plan(part.estimate.rounds, part.launches)
            case Multiplied():
                self.products = part.products
            case Point():
                self.timings += part.timings
                self.failures += part.failures
                self._taken[part.workload] += 1
                self._incomplete = part.launch
            case Launched():
                self._incomplete = None

    def _plan(self) -> Estimate:
        """Return the estimate, from rough times of an epoch and then one launch of few rounds, which aren't published.

        It decides the plan.
        """
        calibrated = self.calibrated or self._calibrated_by_paces()
        judging, once = judging_seconds(self.workloads, self.settings.points, self._questions)
        estimate = estimated(calibrated, self.settings, judging, once, self._questions)
        self._finish(Estimated(estimate, self.settings.launches or estimate.launches_in(self._left())))
        return estimate

    def _calibrated_by_paces(self) -> Calibration:
        usable = [i for i in self.implementations if i.usable]
        pairs = len(usable) * len(self.workloads)
        cost = self._forecast.supposed(pairs)
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
        self._finish(Calibrated.of(calibrated))
        return calibrated

    def _suppose(self) -> None:
        """Tell the progress what is expected before the plan: a budget, or what default values give."""
        if self._estimate:
            return
        usable = sum(i.usable for i in self.implementations)
        cost = self._forecast.supposed(usable * len(self.workloads))
        rounds = self.settings.rounds or rounds_of(usable + 1)
        seconds = cost.of(self.settings.launches or FEWEST_LAUNCHES, rounds)
        self._progress.suppose("points", seconds)
        self._progress.suppose(OTHERS, self._others * (seconds + cost.first(calibration.ROUNDS)))

    def _foretell(self, estimate: Estimate) -> None:
        """Tell the progress what is expected after the plan. Other sweeps take about as long as this one."""
        done = sum(self._taken.values()) / len(self.workloads)
        self._progress.at_least = 0.0
        self._progress.expect("points", estimate.seconds_of(self.plan.launches - done))
        whole = self.seconds.total + 60 * estimate.minutes(self.plan.launches)
        self._progress.expect(OTHERS, self._others * whole)

    def _say(self, estimate: Estimate) -> None:
        points, launches = len(self.workloads), self.plan.launches
        done = sum(self._taken.values())
        if done:
            progress.say(
                f"continuing the sweep of {self.created}: {done} of {points * launches} timings of a point are finished"
            )
            self._say_what_changed()
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
        self._finish(Judged(report))
        return report

    def _entries(self, calibrated: Calibration, report: Report) -> list[Entry]:
        """Return the calibrated entries without what the judge refused; none where the baseline was refused.

        Entries whose text was changed are withheld.
        """
        entries = []
        for entry in calibrated.entries:
            name = entry.implementation.name
            judged = {w: n for w, n in entry.epochs.items() if report.refusal(name, w) is None}
            if judged:
                entries.append(replace(entry, epochs=judged))
        return self._to_time(entries) if any(entry.copy for entry in entries) else []

    def _launch_all(self, entries: Sequence[Entry], audit: Audit, estimate: Estimate) -> None:
        """Run the launches that are missing, of the points with the fewest launches first.

        All points are timed together once they have the same number of launches. With a budget no further launch than
        the first FEWEST_LAUNCHES begins where it is expected to exceed it.
        """
        wanted = self.plan.launches
        timed = [workload.name for workload in self.workloads if workload.name in entries[-1].epochs]
        fewest = min(self._taken[name] for name in timed)
        if self._incomplete and self._incomplete.number < fewest:
            self._finish(Launched(self._incomplete, [], []))  # all of its points were timed
        if fewest >= wanted:
            return
        self._earlier = self._incomplete
        missing = len(timed) * wanted - sum(self._taken[name] for name in timed)
        seconds = estimate.seconds_of(missing / len(timed))
        with self._progress.stage("points", seconds) as advance:

            def done(launch: Launch, workload: str) -> None:
                audit.begin(launch, workload)
                found = audit.settled()
                lost = [*launch.failures, *self._withheld_from(launch.number, [workload])]
                failures = [failure for failure in lost if failure not in self.failures]
                self._finish(Point(self._so_far(launch), workload, found, failures))
                advance(seconds / missing)

            while (fewest := min(self._taken[name] for name in timed)) < wanted:
                behind = [name for name in timed if self._taken[name] == fewest]
                until = min([wanted, *(self._taken[name] for name in timed if name not in behind)])
                shuffler = random.Random(self.settings.seed + fewest)
                with Launches(entries, behind, self.cpus, shuffler, fewest, self._questions) as launches:
                    for number in range(fewest, until):
                        if behind == timed and number >= FEWEST_LAUNCHES and self._left() < self._expected():
                            return
                        self._launch_began = perf_counter()
                        _, about = launches.run(self.plan.rounds, last=number + 1 == until, done=done)
                        self._finish(Launched(_together(self._earlier, about), [], []))
                        self._earlier = None

    def _expected(self) -> float:
        """Return the seconds that the next launch will take, estimated from the finished launches."""
        return pilot.seconds_of_a_launch(self.launches, self.plan)

    def _so_far(self, launch: Launch) -> LaunchRecord:
        """Return what is known of a launch before its last point is timed."""
        seconds = max(perf_counter() - self._launch_began, launch.seconds_in_turns)
        about = LaunchRecord(
            number=launch.number,
            rounds=self.plan.rounds,
            overlapped=False,
            seconds=seconds,
            seconds_starting=launch.seconds_starting,
            seconds_in_turns=launch.seconds_in_turns,
            load_1_minute=None,
            steal_seconds=None,
            megahertz=None,
        )
        return _together(self._earlier, about)


def _together(earlier: LaunchRecord | None, launch: LaunchRecord) -> LaunchRecord:
    """Return what a record says of a launch of which an `earlier` process timed some points, if there was one."""
    if earlier is None:
        return launch
    return replace(
        launch,
        seconds=earlier.seconds + launch.seconds,
        seconds_starting=earlier.seconds_starting + launch.seconds_starting,
        seconds_in_turns=earlier.seconds_in_turns + launch.seconds_in_turns,
        steal_seconds=None,
        others_timing=earlier.others_timing or launch.others_timing,
        left=earlier.left | launch.left,
    )
