"""The estimated seconds, memory and CPUs of a part of a plan, from kept records of this machine or default values."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xorbench import affinity, environment
from xorbench.consistency import rules
from xorbench.record.run import Record
from xorbench.record.settings import Settings
from xorbench.suite import calibration, launch_cost
from xorbench.suite.launch_cost import LaunchCost
from xorbench.suite.sweep_cost import judging_seconds
from xorbench.workloads import Workload

OF_A_JUDGEMENT, OF_A_QUICK_JUDGEMENT = 14.0, 4.0
"""CPU seconds of judging one implementation on one workload before a run, in full and with --quick."""

OF_A_POINT = 0.003
"""CPU seconds of judging one implementation at one point at one dtype."""

DTYPES = 2
"""The number of dtypes at which points are judged."""

MULTIPLY_ADDS_PER_SECOND = 2e9
"""The speed of the products of large networks, whose shortest rounds last longer than others."""

TO_BEGIN = 10.0
"""Seconds of the imports of a command, of its record and of its tables."""

GIB_OF_A_WORKER, GIB_OF_THE_REST = 0.35, 1.0
"""Memory of one worker, where its peak is not known, and of the command with the processes of the judge."""

MARGIN = 2.0
"""The wall time that a job should ask for, as a multiple of the estimate, because hosts differ."""

SLOT = 300
"""Seconds to a multiple of which a wall time is rounded up."""


@dataclass(frozen=True)
class Costs:
    """The costs of measuring on a machine; `source` names the record that the values are from, or default values.

    `start` are the CPU seconds in which a worker starts, `turn` the seconds of a turn, `judgement` and
    `quick_judgement` the CPU seconds of judging one implementation on one workload, and `peaks` the memory of a worker
    in GiB by implementation.
    """

    source: str = "default values"
    start: float = launch_cost.TO_START
    turn: float = launch_cost.OF_A_TURN
    judgement: float = OF_A_JUDGEMENT
    quick_judgement: float = OF_A_QUICK_JUDGEMENT
    peaks: Mapping[str, float] = field(default_factory=dict)

    def of_a_run(self, implementations: int, workloads: int, settings: Settings) -> float:
        """Return the seconds of a run of so many implementations, the baseline among them, and workloads."""
        copies = len(settings.measures) * implementations + 1
        judgement = self.quick_judgement if settings.quick else self.judgement
        judging = implementations * workloads * judgement / _cpus()
        cost = self._launch(copies, copies * workloads * self.turn, copies * workloads, settings)
        cold = (settings.cold_starts * workloads + bool(settings.cold_starts)) * implementations * cost.cold_start
        return TO_BEGIN + judging + cost.first(calibration.ROUNDS) + cold + _launches(cost, settings)

    def of_a_sweep(self, implementations: int, workloads: Sequence[Workload], settings: Settings) -> float:
        """Return the seconds of a sweep of so many implementations, the baseline among them, over workloads."""
        copies = implementations + 1
        judging, _ = judging_seconds(workloads, settings.points)
        a_round = copies * sum(self.turn + 2 * w.multiply_adds / MULTIPLY_ADDS_PER_SECOND for w in workloads)
        cost = self._launch(copies, a_round, copies * len(workloads), settings)
        return TO_BEGIN + judging / _cpus() + cost.first(calibration.ROUNDS) + _launches(cost, settings)

    def of_points(self, implementations: int, workloads: int, points: int) -> float:
        """Return the seconds of judging so many implementations at points of each of so many workloads."""
        return TO_BEGIN + implementations * workloads * DTYPES * points * OF_A_POINT / _cpus()

    def gib(self, names: Iterable[str], settings: Settings | None) -> float:
        """Return the GiB of the workers of implementations and of the rest; without settings, where points are judged.

        The workers of the next launch start beside those of the last, and each CPU judges points.
        """
        sets = _cpus() if settings is None else 2 if launch_cost.beside(settings) else 1
        return GIB_OF_THE_REST + sets * sum(self.peaks.get(name, GIB_OF_A_WORKER) for name in names)

    def _launch(self, workers: int, a_round: float, rows: int, settings: Settings) -> LaunchCost:
        starting = workers * self.start / _cpus()
        answers = rows * launch_cost.OF_ANSWERS
        cold_start = launch_cost.cold_start(starting, workers)
        return LaunchCost(starting, a_round, answers, launch_cost.beside(settings), cold_start)


def _launches(cost: LaunchCost, settings: Settings) -> float:
    return cost.of(settings.launches or 0, settings.rounds or 0)


def _cpus() -> int:
    return len(affinity.allowed_cpus())


def here(folder: Path) -> Costs:
    """Return the costs from the newest complete run of this machine in a folder of records, or default values.

    A record that contradicts itself is passed over.
    """
    for path in sorted((folder / environment.machine().name).glob("*.json"), reverse=True):
        try:
            record = rules.read(path)
        except (OSError, ValueError):
            continue
        # A merged record has the seconds of several parts in one launch.
        if record.kind == "run" and not record.partial and not record.is_merged and record.timings:
            return of_record(record, path)
    return Costs()


def of_record(record: Record, path: Path) -> Costs:
    """Return the costs of the complete run whose record is at `path`."""
    first, *_ = record.launches
    rows = {(t.implementation, t.workload, t.copy, t.measure) for t in record.timings}
    workers = {(name, copy, measure) for name, _, copy, measure in rows}
    judged = len({(row.implementation, row.workload) for row in record.gradients.rows})
    each = record.seconds.judge * record.machine.cores / max(1, judged)
    quick = record.settings.quick
    peaks: dict[str, list[int]] = {}
    for start in record.cold_starts:
        peaks.setdefault(start.implementation, []).append(start.peak_bytes or 0)
    return Costs(
        source=path.name,
        start=first.seconds_starting * record.machine.cores / len(workers),
        turn=statistics.median(launch.seconds_in_turns / launch.rounds / len(rows) for launch in record.launches),
        judgement=OF_A_JUDGEMENT if quick else each,
        quick_judgement=each if quick else OF_A_QUICK_JUDGEMENT,
        peaks={name: max(found) / 2**30 for name, found in peaks.items() if max(found)},
    )


def to_ask_for(seconds: float) -> int:
    """Return the seconds that a job should request for a part that takes `seconds` on the machine of the plan."""
    return SLOT * math.ceil(MARGIN * seconds / SLOT)
