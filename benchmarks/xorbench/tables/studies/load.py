"""Table of the study of ratios on a busy machine."""

import statistics
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval
from xorbench.record.studies import Data
from xorbench.tables.cells import NONE, Table
from xorbench.tables.studies.runs import OfRuns
from xorbench.tables.studies.typed import typed

REACH = 0.05
"""The target: the largest relative difference of a ratio from the ratio on a quiet machine."""

REACH_OF = {"tensorflow_tape": 0.1}
"""The implementations whose target differs from REACH, with their targets."""

MOST_UNFIT = 1 / 20


Clock = Literal["by_clock", "by_wall_time"]


@dataclass(frozen=True)
class Row:
    """The verdict on an implementation in a run, with its ratio by the clock and by wall time; None without a time."""

    verdict: str
    reason: str | None
    by_clock: Interval | None
    by_wall_time: Interval | None


@dataclass(frozen=True)
class Run:
    """A run beside so many busy processes on each CPU; `unfit` is the reason why it is not usable, None if it is."""

    busy_per_cpu: int
    rows: dict[str, Row]
    second_control: Interval | None
    unfit: str | None


@dataclass(frozen=True)
class Load(OfRuns):
    """The data of the study: the numbers of busy processes on each CPU, and the runs beside them."""

    busy_per_cpu: list[int]
    cpus: int
    runs: list[Run]


def table_of(data: Data) -> Table:
    """Return the table of the study: a line for each implementation and number of busy processes."""
    study = typed(Load, data)
    lines = []
    for name in study.rows:
        for number in study.busy_per_cpu:
            runs = [run for run in study.runs if run.busy_per_cpu == number]
            lines.append(
                {
                    "implementation": name,
                    "busy processes per CPU": str(number),
                    "runs": str(len(runs)),
                    **_columns(study, name, number, "by_clock", "ratio"),
                    **_columns(study, name, number, "by_wall_time", "by wall time"),
                    "unfit runs": str(sum(run.unfit is not None for run in runs)),
                }
            )
    return Table("Ratios on a busy machine", pd.DataFrame(lines), _notes(study))


def ratios(study: Load, name: str, busy_per_cpu: int, clock: Clock = "by_clock") -> list[float]:
    """Return the ratios of a row in all runs beside `busy_per_cpu` processes; runs without a ratio are left out."""
    rows = [run.rows[name] for run in study.runs if run.busy_per_cpu == busy_per_cpu]
    found = [row.by_clock if clock == "by_clock" else row.by_wall_time for row in rows]
    return [ratio.value for ratio in found if ratio is not None]


def furthest(study: Load, name: str, busy_per_cpu: int, clock: Clock = "by_clock") -> float | None:
    """Return the largest relative deviation of a ratio from the median of the quiet runs, with its sign."""
    found, quiet = ratios(study, name, busy_per_cpu, clock), ratios(study, name, 0, clock)
    if not found or not quiet:
        return None
    middle = statistics.median(quiet)
    return max((ratio / middle - 1 for ratio in found), key=abs)


def misses(study: Load) -> list[str]:
    """Return a phrase for each implementation and number of busy processes whose ratios miss the target."""
    found = []
    for name in study.rows:
        for number in study.busy_per_cpu:
            off = furthest(study, name, number)
            if off is not None and abs(off) > reach(name):
                found.append(f"{name} at {number} ({off:+.1%})")
    return found


def reach(name: str) -> float:
    """Return the target of an implementation: the largest relative difference from its ratio on a quiet machine."""
    return REACH_OF.get(name, REACH)


def _columns(study: Load, name: str, number: int, clock: Clock, head: str) -> dict[str, str]:
    found, off = ratios(study, name, number, clock), furthest(study, name, number, clock)
    return {
        f"{head}, median": f"{statistics.median(found):.4g}" if found else NONE,
        f"{head}, range": f"{min(found):.4g} to {max(found):.4g}" if found else NONE,
        f"{head}, deviation from quiet": NONE if off is None else f"{off:+.1%}",
    }


def _notes(study: Load) -> list[str]:
    runs = len(study.runs)
    unfit = [f"at {run.busy_per_cpu} per CPU, {run.unfit}" for run in study.runs if run.unfit is not None]
    others = ", ".join(f"{share:.0%} for {name}" for name, share in REACH_OF.items())
    lost = [
        f"{name} in a run at {run.busy_per_cpu} per CPU ({row.reason or row.verdict})"
        for run in study.runs
        for name, row in run.rows.items()
        if row.by_clock is None
    ]
    second = [run.second_control.value for run in study.runs if run.second_control is not None]
    return [
        f"Runs of {study.launches} launches of {study.rounds} rounds of {study.workload}, in random order, while "
        f"the given number of processes keeps each of {study.cpus} CPUs busy. The ratio is that to {REFERENCE}; "
        "median and range are over runs. Deviation from quiet: the largest deviation of a ratio from the median of the "
        "runs without busy processes. By wall time: the same rounds, evaluated as if the system did not report CPU "
        "time.",
        f"The target is that every ratio is within {REACH:.0%} of the quiet one ({others}), and that at most "
        f"{MOST_UNFIT:.0%} of runs are unfit. Ratios that miss the target, at a number of busy processes per CPU: "
        f"{', '.join(misses(study)) or 'none'}. Unfit: {len(unfit)} of {runs} runs{': ' if unfit else ''}"
        f"{'; '.join(unfit)}.",
        *([f"The second control was between {min(second):.4f} and {max(second):.4f}."] if second else []),
        *([f"Without a ratio: {', '.join(lost)}."] if lost else []),
        *study.not_timed,
    ]
