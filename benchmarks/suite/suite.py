"""One run: the judge, the calibration, the launches, the cold starts, and the record of all that is finished."""

import math
import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cached_property
from time import perf_counter
from typing import Any

from benchmarks import environment, progress, records
from benchmarks.clock.cold import ColdStart
from benchmarks.clock.expected import expected
from benchmarks.clock.launches import Launches, LaunchRecord
from benchmarks.clock.ledger import off_trajectory, violations
from benchmarks.clock.turns import Entry, Failure, Timing
from benchmarks.contract import REFERENCE, Implementation
from benchmarks.estimates import control, rows
from benchmarks.gradients.judge import judge
from benchmarks.gradients.verdicts import Report
from benchmarks.suite import spending
from benchmarks.suite.beginnings import cold_starts
from benchmarks.suite.calibration import calibrate
from benchmarks.suite.settings import Plan, Settings
from benchmarks.workloads import Array, Workload


class Suite:
    """One run over some implementations and workloads; what is finished of it can be recorded at any time."""

    def __init__(
        self, implementations: Sequence[Implementation], workloads: Sequence[Workload], settings: Settings
    ) -> None:
        self.implementations = implementations
        self.workloads = workloads
        self.settings = settings
        self.created = records.timestamp()
        self.report: Report | None = None
        self.timings: list[dict[str, Any]] = []
        self.launches: list[LaunchRecord] = []
        self.failures: list[Failure] = []
        self.cold_starts: list[ColdStart] = []
        self.plan = Plan(settings.rounds or spending.PILOT_ROUNDS, settings.launches or 0)
        self.seconds = {"judge": 0.0, "calibration": 0.0, "launches": 0.0, "cold_starts": 0.0}
        self.finished = False
        self._began = perf_counter()
        self._shuffler = random.Random(settings.seed)
        self._expected: dict[tuple[str, int], Array] = {}

    def run(self) -> None:
        """The gate, then the clock. After a KeyboardInterrupt the launches that were finished are still here."""
        began = perf_counter()
        self.report = judge(
            self.implementations, self.workloads, self.settings.points, self.settings.seed, stage=progress.stage
        )
        began = self._note("judge", began)
        entries = self._calibrate(self.report)
        began = self._note("calibration", began)
        timed = [w.name for w in self.workloads if any(w.name in entry.epochs_per_round for entry in entries)]
        if timed:
            try:
                with Launches(entries, timed, self.settings.cpus, self._shuffler) as launches:
                    if self.settings.launches:
                        self._launch(launches, self.settings.launches, self.plan.rounds, last=True)
                    else:
                        self._spend(launches, len(entries), began)
            finally:
                began = self._note("launches", began)
            self._start_cold(entries)
            self._note("cold_starts", began)
        self.finished = True

    def _note(self, stage: str, began: float) -> float:
        now = perf_counter()
        self.seconds[stage] = now - began
        return now

    def _calibrate(self, report: Report) -> Sequence[Entry]:
        """What each launch times, and where each of them must arrive."""
        passed = {
            i: [w for w in self.workloads if report.refusal(i.name, w.name) is None] for i in self.implementations
        }
        with progress.stage("calibration", 1) as advance:
            calibrated = calibrate(passed, REFERENCE, self.settings.cpus, self._shuffler)
            self.failures += calibrated.failures
            by_name = {w.name: w for w in self.workloads}
            ends = {end for entry in calibrated.entries for end in entry.epochs_per_round.items()}
            self._expected = expected(
                self.implementations[0], [(by_name[name], epochs) for name, epochs in sorted(ends)]
            )
            advance()
        return calibrated.entries

    def _launch(self, launches: Launches, number: int, rounds: int, last: bool, name: str = "launches") -> None:
        with progress.stage(name, number) as advance:
            for place in range(number):
                launch, about = launches.run(rounds, last=last and place == number - 1)
                self.failures += launch.failures
                self.timings += [self._audited(timing) for timing in launch.timings]
                self.launches.append(about)
                advance()

    def _spend(self, launches: Launches, turns: int, began: float) -> None:
        """A pilot, then as many launches as the budget buys; with a resolution, until every ratio is known to it."""
        self._launch(launches, spending.PILOT_LAUNCHES, spending.PILOT_ROUNDS, last=False, name="pilot")
        names = [i.name for i in self.implementations]
        spreads = spending.spreads({"timings": self.timings}, names, [w.name for w in self.workloads])
        left = 60 * (self.settings.budget_minutes or 0) - (perf_counter() - began)
        self.plan = spending.plan(self.launches, spreads, turns, len(names) - 1, left)
        planned = self.plan.launches
        progress.say(
            f"the pilot: {planned} launches x {self.plan.rounds} rounds fit into the budget; "
            f"a ratio can be told from 1 if it is {self.plan.half_width:.1%} away"
        )
        look = spending.FIRST_LOOK if self.settings.resolution else planned
        while True:
            until = min(look, planned)
            self._launch(launches, max(0, until - len(self.launches)), self.plan.rounds, last=until == planned)
            if self.settings.resolution:
                self.plan = spending.at_confidence(self.plan)
            if until == planned or self._resolved():
                self.plan = replace(self.plan, launches=len(self.launches))
                return
            look *= 2
            self.plan = replace(self.plan, looks=self.plan.looks + 1)

    def _resolved(self) -> bool:
        return not rows.unresolved(self.record(""), self.settings.resolution or 0)

    def _start_cold(self, entries: Sequence[Entry]) -> None:
        number, cpu = self.settings.cold_starts, self.settings.cpu
        for found in cold_starts(entries, self.workloads, number, cpu, self._shuffler):
            if isinstance(found, Failure):
                self.failures.append(found)
            else:
                self.cold_starts.append(found)

    def _audited(self, timing: Timing) -> dict[str, Any]:
        """A timing as the record holds it: its ledger checked, and the breaches of the rules beside it."""
        workload = next(w for w in self.workloads if w.name == timing.workload)
        execution = next(i.execution for i in self.implementations if i.name == timing.implementation)
        end = self._expected.get((timing.workload, timing.epochs_per_round))
        ledger = asdict(timing.ledger)
        del ledger["lowest"], ledger["highest"]
        off = off_trajectory(timing.ledger, end)
        return asdict(timing) | {
            "ledger": ledger | {"off_trajectory": off if math.isfinite(off) else None},
            "violations": violations(timing.ledger, workload, execution, self.settings.cpus, end),
        }

    def record(self, command: str) -> records.Record:
        """The run so far; `partial` where it was interrupted. Raises ValueError where nothing was judged yet."""
        if self.report is None:
            raise ValueError("a run that has judged nothing has nothing to record")
        record = {
            "schema": 4,
            "created": self.created,
            "command": command,
            **self._about,
            "partial": not self.finished,
            "settings": asdict(self.settings),
            "plan": asdict(self.plan),
            "seconds": {**self.seconds, "total": perf_counter() - self._began},
            "workloads": [workload.description() for workload in self.workloads],
            "gradients": asdict(self.report),
            "launches": [asdict(launch) for launch in self.launches],
            "timings": self.timings,
            "cold_starts": [asdict(start) for start in self.cold_starts],
            "failures": [asdict(failure) for failure in self.failures],
        }
        return record | {"unfit": control.unfit(record)}

    @cached_property
    def _about(self) -> dict[str, Any]:
        """What does not change during a run."""
        others = {
            i.interpreter.label: dict(i.interpreter.versions) for i in self.implementations if i.interpreter.label
        }
        return {
            "commit": environment.commit(),
            "machine": environment.machine(),
            "environment": {
                "versions": environment.versions(),
                "blas": environment.blas(),
                "variables": environment.for_threads(self.settings.threads),
                **({"others": others} if others else {}),
            },
            "implementations": [
                i.description() | {"installed_bytes": i.interpreter.installed_bytes(i.framework)}
                for i in self.implementations
            ],
        }
