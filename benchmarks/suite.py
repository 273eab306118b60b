"""One run: judge the gradients, then the clock, then put down all of it as a record."""

import random
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import Any

from benchmarks import environment, progress, records
from benchmarks.clock import budget, order
from benchmarks.clock.cold import ColdStart, cold_start
from benchmarks.clock.expected import expected
from benchmarks.clock.launches import Launches, LaunchRecord
from benchmarks.clock.ledger import off_trajectory, violations
from benchmarks.clock.turns import Entry, Failure, Timing
from benchmarks.contract import REFERENCE, Implementation
from benchmarks.estimates import ratios, rows
from benchmarks.estimates.intervals import CONFIDENCE
from benchmarks.gradients.judge import judge
from benchmarks.gradients.verdicts import Report
from benchmarks.workloads import Array, Workload

SECONDS_PER_ROUND = 0.003
"""Long beside the clock's resolution, short beside what disturbs a machine."""

CALIBRATION_ROUNDS = 5
CALIBRATION_EPOCHS = {"one call per epoch": 100, "whole loop": 10_000}
"""By granularity: enough of them that the call is not what is measured."""

PILOT_LAUNCHES = 4
PILOT_ROUNDS = 60

FIRST_LOOK = 8
"""After how many launches a run with a resolution looks first; then after twice as many, and so on."""


@dataclass(frozen=True)
class Settings:
    """How much is measured, on which CPU, and the seed of all that is random.

    Either `launches` and `rounds` are given, or `budget_minutes` and perhaps `resolution`, the share of itself to which
    each ratio is to be known.
    """

    points: int
    cpu: int
    seed: int
    quick: bool = False
    launches: int | None = None
    rounds: int | None = None
    budget_minutes: float | None = None
    resolution: float | None = None
    cold_starts: int = 5


@dataclass(frozen=True)
class Plan:
    """What came of the settings: rounds in a launch, launches, of how many looks this is, and what to expect.

    `half_width` is what a pilot promised of the least certain row, `confidence` that of the interval that is left after
    so many looks: those before it have used up their share of the chance to be wrong.
    """

    rounds: int
    launches: int
    pilot_launches: int = 0
    looks: int = 1
    confidence: float = CONFIDENCE
    half_width: float | None = None


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
        self.plan = Plan(settings.rounds or PILOT_ROUNDS, settings.launches or 0)
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
            with Launches(entries, timed, self.settings.cpu, self._shuffler) as launches:
                if self.settings.launches:
                    self._launch(launches, self.settings.launches, self.plan.rounds, last=True)
                else:
                    self._spend(launches, entries, began)
            began = self._note("launches", began)
            self._start_cold(entries)
            self._note("cold_starts", began)
        self.finished = True

    def _note(self, stage: str, began: float) -> float:
        now = perf_counter()
        self.seconds[stage] = now - began
        return now

    def _calibrate(self, report: Report) -> list[Entry]:
        """What each launch times: all that passed the judge, with rounds of about 3 ms, and the control.

        Without the baseline there is nothing to compare with, and the workload is not timed.
        """
        passed = {
            i: [w for w in self.workloads if report.refusal(i.name, w.name) is None] for i in self.implementations
        }
        entries = [
            Entry(i, dict.fromkeys((w.name for w in ws), CALIBRATION_EPOCHS[i.granularity]))
            for i, ws in passed.items()
            if ws
        ]
        reference = next(iter(passed))
        names = [w.name for w in passed[reference]] if reference.name == REFERENCE else []
        if not names:
            return []
        with progress.stage("calibration", 1) as advance:
            with Launches(entries, names, self.settings.cpu, self._shuffler) as launches:
                launch, _ = launches.run(CALIBRATION_ROUNDS, last=True)
            self.failures += [replace(failure, launch=-1) for failure in launch.failures]
            calibrated = [
                Entry(entry.implementation, epochs)
                for entry in entries
                if (epochs := _epochs_per_round(launch.timings, entry.implementation.name))
            ]
            control = [replace(entry, copy=True) for entry in calibrated if entry.implementation.name == REFERENCE]
            by_name = {w.name: w for w in self.workloads}
            pairs = {(name, epochs) for entry in calibrated for name, epochs in entry.epochs_per_round.items()}
            self._expected = expected(reference, [(by_name[name], epochs) for name, epochs in sorted(pairs)])
            advance()
        return [*calibrated, *control] if control else []

    def _launch(self, launches: Launches, number: int, rounds: int, last: bool, name: str = "launches") -> None:
        with progress.stage(name, number) as advance:
            for place in range(number):
                launch, about = launches.run(rounds, last=last and place == number - 1)
                self.failures += launch.failures
                self.timings += [self._audited(timing) for timing in launch.timings]
                self.launches.append(about)
                advance()

    def _spend(self, launches: Launches, entries: Sequence[Entry], began: float) -> None:
        """A pilot, then as many launches as the budget buys; with a resolution, until every ratio is known to it."""
        seconds = 60 * (self.settings.budget_minutes or 0)
        self._launch(launches, PILOT_LAUNCHES, PILOT_ROUNDS, last=False, name="pilot")
        spreads = self._spreads()
        steady = self.launches[1:]
        cost = budget.Cost(
            starting=statistics.median(launch.seconds_starting for launch in self.launches[:1]),
            round=statistics.median((launch.seconds_in_turns / launch.rounds) for launch in steady),
            overlapped=all(launch.overlapped for launch in steady),
        )
        left = seconds - (perf_counter() - began)
        rounds_ = budget.rounds_per_launch(spreads, cost, left, order.block(len(entries)))
        planned = PILOT_LAUNCHES + max(1, int(left / cost.of_a_launch(rounds_)))
        self.plan = Plan(rounds_, planned, PILOT_LAUNCHES)
        self.plan = replace(self.plan, half_width=self._promise(spreads))
        progress.say(
            f"the pilot: {planned} launches x {rounds_} rounds fit into the budget; "
            f"a ratio can be told from 1 if it is {self.plan.half_width:.1%} away"
        )
        look = FIRST_LOOK if self.settings.resolution else planned
        while True:
            until = min(look, planned)
            self._launch(launches, max(0, until - len(self.launches)), rounds_, last=until == planned)
            if self.settings.resolution:
                self.plan = replace(self.plan, confidence=1 - (1 - CONFIDENCE) / 2**self.plan.looks)
            if until == planned or self._resolved():
                self.plan = replace(self.plan, launches=len(self.launches))
                return
            look *= 2
            self.plan = replace(self.plan, looks=self.plan.looks + 1)

    def _resolved(self) -> bool:
        return not rows.unresolved(self.record(""), self.settings.resolution or 0)

    def _spreads(self) -> list[budget.Spread]:
        record = {"timings": self.timings}
        contenders = [*(ratios.Contender(i.name) for i in self.implementations), ratios.CONTROL]
        pairs = [ratios.paired(record, w.name, c) for w in self.workloads for c in contenders if c != ratios.BASELINE]
        return [budget.spread(list(launches.values())) for launches in pairs if launches]

    def _promise(self, spreads: Sequence[budget.Spread]) -> float:
        """The half-width to expect of the least certain row, all rows of a table together."""
        from scipy import stats

        compared = max(1, len(self.implementations) - 1)
        t = stats.t.ppf(1 - (1 - self.plan.confidence) / compared / 2, self.plan.launches - 1)
        variance = max((s.of_a_launch(self.plan.rounds) for s in spreads), default=0.0)
        return float(t * (variance / self.plan.launches) ** 0.5)

    def _start_cold(self, entries: Sequence[Entry]) -> None:
        """Cold starts in turn, those that nobody counts first: they fill the machine's own caches."""
        by_name = {w.name: w for w in self.workloads}
        pairs = [(e.implementation, by_name[name]) for e in entries if not e.copy for name in e.epochs_per_round]
        warm_up = list({implementation.name: (implementation, w) for implementation, w in pairs}.values())
        with progress.stage("cold starts", self.settings.cold_starts * len(pairs)) as advance:
            for implementation, workload in warm_up if self.settings.cold_starts else ():
                cold_start(implementation, workload, self.settings.cpu)
            for number in range(self.settings.cold_starts):
                for implementation, workload in self._shuffler.sample(pairs, len(pairs)):
                    found = cold_start(implementation, workload, self.settings.cpu)
                    if isinstance(found, str):
                        self.failures.append(Failure(number, workload.name, implementation.name, False, found))
                    else:
                        self.cold_starts.append(found)
                    advance()

    def _audited(self, timing: Timing) -> dict[str, Any]:
        """A timing as the record holds it: its ledger checked, and the breaches of the rules beside it."""
        workload = next(w for w in self.workloads if w.name == timing.workload)
        execution = next(i.execution for i in self.implementations if i.name == timing.implementation)
        end = self._expected[timing.workload, timing.epochs_per_round]
        ledger = asdict(timing.ledger)
        del ledger["lowest"], ledger["highest"]
        off = off_trajectory(timing.ledger, end)
        return asdict(timing) | {
            "ledger": ledger | {"off_trajectory": off if off < float("inf") else None},
            "violations": violations(timing.ledger, workload, execution, self.settings.cpu, end),
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
        from benchmarks.estimates import control

        return record | {"unfit": control.unfit(record)}

    @cached_property
    def _about(self) -> dict[str, Any]:
        """What does not change during a run."""
        return {
            "commit": environment.commit(),
            "machine": environment.machine(),
            "environment": {
                "versions": environment.versions(),
                "blas": environment.blas(),
                "variables": environment.ONE_THREAD,
            },
            "implementations": [
                i.description() | {"installed_bytes": environment.installed_bytes(i.framework)}
                for i in self.implementations
            ],
        }


def _epochs_per_round(calibration: Sequence[Timing], implementation: str) -> dict[str, int]:
    """By workload the epochs that take about 3 ms: 1, 2 or 5 times a power of ten."""
    ladder = [mantissa * 10**power for power in range(7) for mantissa in (1, 2, 5)]
    found = {}
    for timing in calibration:
        if timing.implementation == implementation:
            wanted = SECONDS_PER_ROUND * 1e9 * timing.epochs_per_round / min(timing.round_nanoseconds)
            found[timing.workload] = min(ladder, key=lambda epochs: max(epochs / wanted, wanted / epochs))
    return found
