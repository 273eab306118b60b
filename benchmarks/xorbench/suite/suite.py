"""A run: the judge, the calibration, the cold starts, and the launches within a budget."""

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

from xorbench import progress
from xorbench.clock import host
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry, Launch
from xorbench.contract import REFERENCE
from xorbench.estimates import timing_table
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timed import Timed
from xorbench.judging.judge import judge
from xorbench.judging.scope import BRIEF, EVERYTHING
from xorbench.progress import Advance
from xorbench.record.report import Report
from xorbench.record.timing import ColdStart, Failure
from xorbench.suite import calibration, pilot
from xorbench.suite.audit import Audit
from xorbench.suite.calibration import Calibration, calibrate
from xorbench.suite.cold_starts import cold_starts
from xorbench.suite.measurement import Measurement
from xorbench.suite.parts import Calibrated, Judged, Launched, Planned, StartedCold
from xorbench.suite.session import CHANGED
from xorbench.workloads import named


class Suite(Measurement):
    """A measurement in which every launch times every workload; its launches are so many, or what a budget allows."""

    _lost: list[Failure]
    """The failures of the launch whose ends are being compared."""

    @host.held()
    def run(self) -> None:
        """Judge the gradients, then time what passed, without what was finished before.

        Finished launches are kept, whatever is raised.
        """
        if self.finished:
            return
        self._progress.at_least = max(0.0, self._progress.at_least - self.seconds.total)
        self._say_what_is_continued()
        self._forecast.suppose()
        self._enter("judge")
        report = self.report or self._judge()
        self._enter("calibration")
        calibrated = self._calibrate(report)
        entries = self._to_time(calibrated.entries)
        timed = [w.name for w in self.workloads if any(w.name in entry.epochs for entry in entries)]
        if timed:
            self._enter("cold_starts")
            self._start_cold(entries)
            self._enter("launches")
            first = len(self.launches)
            shuffler = random.Random(self.settings.seed + first) if first else self._shuffler
            with (
                self._reference() as reference,
                Launches(entries, timed, self.cpus, shuffler, first, self._questions) as launches,
            ):
                audit = self._audit(reference, calibrated)
                try:
                    if self.settings.launches:
                        self._launch(launches, audit, self.settings.launches, self.plan.rounds)
                    else:
                        self._spend(launches, audit, len(entries))
                finally:
                    self._settle(audit)
        self._end()

    def _judge(self) -> Report:
        thorough, of_plan = not self.settings.quick, self.head.of_plan
        # A part of a plan is asked what it would be asked if all were measured at once.
        among = [named(name) for name in of_plan.workloads] if of_plan else []
        report = judge(
            self.implementations,
            self.workloads,
            self.settings.points,
            self.settings.seed,
            thorough=thorough,
            stage=self._stage_of_judge,
            scope=replace(EVERYTHING if thorough else BRIEF, among=among),
            say=progress.say,
        )
        self._finish(Judged(report))
        return report

    @contextmanager
    def _stage_of_judge(self, name: str, seconds: float) -> Iterator[Advance]:
        """Show the progress of the judge, after one line where the command is expected to exceed its budget."""
        with self._progress.stage(name, seconds) as advance:
            if complaint := self._forecast.complaint():
                progress.say(complaint)
            yield advance

    def _say_what_is_continued(self) -> None:
        if self.report is not None and self.journal is not None:
            number = len(self.launches)
            progress.say(
                f"continuing the run of {self.created}: {number or 'no'} launch{'es' * (number != 1)} finished"
            )
            self._say_what_changed()

    def _calibrate(self, report: Report) -> Calibration:
        """Return the calibration of all implementations that passed the judge."""
        if self.calibrated is None:
            judged = {
                i: [w for w in self.workloads if report.refusal(i.name, w.name) is None] for i in self.implementations
            }
            passed = {i: workloads for i, workloads in judged.items() if i.name not in self.changed}
            withheld = [
                Failure(-1, w.name, i.name, copy=False, reason=CHANGED)
                for i, workloads in judged.items()
                for w in workloads
                if i not in passed
            ]
            measures = self.settings.measures
            rows = len(measures) * sum(map(len, passed.values()))
            seconds = self._forecast.supposed(rows).first(calibration.ROUNDS)
            each = seconds / max(1, len(self.workloads))
            with self._progress.stage("calibration", seconds) as advance:
                found = calibrate(
                    passed, REFERENCE, self.cpus, self._shuffler, advance=lambda: advance(each), measures=measures
                )
            self._finish(Calibrated.of(replace(found, failures=[*found.failures, *withheld])))
        assert self.calibrated is not None
        self._forecast.expect(self.calibrated.entries, self.calibrated.cost(self.settings, self._questions))
        return self.calibrated

    def _launch(self, launches: Launches, audit: Audit, number: int, rounds: int) -> None:
        """Run what is missing of `number` launches. The ends of a launch are compared while the next one runs."""
        cost, number = self._forecast.cost, number - len(self.launches)
        if number <= 0:
            return
        with self._progress.stage("launches", cost.of(number, rounds)) as advance:
            for place in range(number):
                seconds = cost.later(rounds) if place else cost.first(rounds)
                self._launch_one(launches, audit, rounds, seconds, advance, last=place == number - 1)

    def _pilot(self, launches: Launches, audit: Audit) -> None:
        """Run PILOT_LAUNCHES launches, or fewer, but at least FEWEST_PILOT_LAUNCHES, if the budget is used before.

        They have fewer rounds where they do not fit into the budget otherwise. The journal holds the number of rounds,
        because all launches of a pilot have the same, also those of a resumed run.
        """
        cost, finished = self._forecast.cost, len(self.launches)
        if not finished:
            rounds = pilot.rounds_within(self._left(), cost, self.plan.rounds, pilot.PILOT_LAUNCHES)
            self._finish(Planned(replace(self.plan, rounds=rounds)))
        rounds = self.plan.rounds
        further = finished + math.floor((self._left() - cost.first(rounds)) / cost.later(rounds))
        number = min(pilot.PILOT_LAUNCHES, max(pilot.FEWEST_PILOT_LAUNCHES, 1 + further)) - finished
        self._progress.expect("launches", 0.0)  # they take what the pilot leaves of the budget
        if number <= 0:
            return
        self._progress.expect("pilot", cost.of(number, rounds))
        with self._progress.stage("pilot", cost.of(number, rounds)) as advance:
            while len(self.launches) < pilot.PILOT_LAUNCHES:
                enough = len(self.launches) >= pilot.FEWEST_PILOT_LAUNCHES
                if enough and self._left() < pilot.seconds_of_a_launch(self.launches, self.plan):
                    break
                seconds = cost.later(rounds) if len(self.launches) > finished else cost.first(rounds)
                self._launch_one(launches, audit, rounds, seconds, advance, last=False)

    def _launch_one(
        self, launches: Launches, audit: Audit, rounds: int, seconds: float, advance: Advance, last: bool
    ) -> None:
        """Run a launch that is expected to take so many `seconds`, and compare the ends of the launch before it.

        The launch before it is noted as soon as these are compared, but not between two rounds.
        """

        def done(launch: Launch, _workload: str) -> None:
            advance(seconds / len(launch.workloads))
            if audit.is_ready:
                self._settle(audit)

        launch, about = launches.run(rounds, last=last, done=done)
        self._settle(audit)
        audit.begin(launch)
        self._compared, self._lost = about, [*launch.failures, *self._withheld_from(about.number, launch.workloads)]
        self.launches.append(about)

    def _settle(self, audit: Audit) -> None:
        """Wait until the ends of the last launch are compared, if they are being compared, and note the launch."""
        timings = audit.settled()
        if self._compared is None:
            return
        launch, self._compared = self._compared, None
        self.timings += timings
        self.failures += self._lost
        self._note(Launched(launch, timings, self._lost))

    def _spend(self, launches: Launches, audit: Audit, turns: int) -> None:
        """Run a pilot, then launches until the budget is used or, with a resolution, until every ratio is resolved.

        A ratio is resolved where the half-width of its interval is at most the resolution, or the interval excludes 1.
        """
        if not self.plan.pilot_launches:
            self._pilot(launches, audit)
            self._settle(audit)
            names = [i.name for i in self.implementations]
            spreads = pilot.spreads(Timed(self.timings, [w.name for w in self.workloads]), names)
            self._finish(Planned(pilot.plan(self.launches, spreads, turns, len(names) - 1, self._left())))
            progress.say(
                f"pilot: {self.plan.launches} launches x {self.plan.rounds} rounds fit into the budget; "
                f"a ratio can be separated from 1 if it differs by {self.plan.half_width:.1%}"
            )
        look = pilot.FIRST_LOOK * 2 ** (self.plan.looks - 1) if self.settings.resolution else 0
        is_resolved = False
        missing = max(0, self.plan.launches - len(self.launches))
        expected = missing * pilot.seconds_of_a_launch(self.launches, self.plan)
        self._progress.at_least = 0.0  # the last launch ends before the budget does
        self._progress.expect("launches", expected)
        with self._progress.stage("launches", expected) as advance:
            while self._left() >= (cost_now := pilot.seconds_of_a_launch(self.launches, self.plan)):
                last = self._left() < 2 * cost_now
                self._launch_one(launches, audit, self.plan.rounds, cost_now, advance, last)
                if look and len(self.launches) >= look:
                    self._settle(audit)
                    self.plan = pilot.at_confidence(self.plan)
                    if is_resolved := self._resolved():
                        break
                    look *= 2
                    self._finish(Planned(replace(self.plan, looks=self.plan.looks + 1)))
        if self.settings.resolution and not is_resolved:
            self.plan = pilot.at_confidence(self.plan)  # the end is also a look

    def _resolved(self) -> bool:
        return not timing_table.unresolved(Analysis(self.record("")), self.settings.resolution or 0)

    def _start_cold(self, entries: Sequence[Entry]) -> None:
        number, cpu = self.settings.cold_starts, self.settings.cpu
        if not number or self.started_cold:
            return
        left = self._left()
        seconds = self._forecast.of_cold_starts(entries, left)
        if seconds is None:
            progress.say("there are no cold starts: what is left of the budget is needed for the launches")
            self._finish(StartedCold([], []))
            return
        started: list[ColdStart] = []
        failed: list[Failure] = []
        until = perf_counter() + self._forecast.most_of_cold_starts(entries, left)
        with self._progress.stage("cold starts", seconds) as advance:

            def done() -> None:
                advance(self._forecast.cost.cold_start)

            for found in cold_starts(entries, self.workloads, number, cpu, self._shuffler, until, done):
                if isinstance(found, Failure):
                    failed.append(found)
                else:
                    started.append(found)
        self._finish(StartedCold(started, failed))
