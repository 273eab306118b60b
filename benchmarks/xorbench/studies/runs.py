"""Functions for all studies of whole runs: judge the gradients, make a run, and keep its data."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated

from xorbench import affinity, environment, progress
from xorbench.cli.options import count, rounds_of_a_launch
from xorbench.contract import Implementation, discover
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.judging.judge import judge
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.record.studies import Data
from xorbench.suite import Settings, Suite
from xorbench.workloads import WORKLOADS

WORKLOAD = "hidden"
POINTS = 50

Launches = Annotated[int, count("Launches of a run.")]
Rounds = Annotated[int, rounds_of_a_launch("Rounds of a launch.")]


def usable(names: Sequence[str]) -> tuple[list[Implementation], dict[str, str]]:
    """Return those implementations in `names` that can run here, and by name the reasons why the others cannot."""
    found = {i.name: i for i in discover()}
    missing = {name: str(found[name].missing or found[name].broken) for name in names if not found[name].usable}
    return [found[name] for name in names if name not in missing], missing


def judged(implementations: Sequence[Implementation], seed: int) -> Report:
    """Return the report on the gradients of implementations, with which all runs of a study begin."""
    return judge(implementations, [WORKLOADS[WORKLOAD]], POINTS, seed, thorough=False, stage=progress.stage)


def performed(
    implementations: Sequence[Implementation],
    report: Report,
    seed: int,
    launches: int,
    rounds: int,
    kind: type[Suite] | None = None,
) -> Analysis:
    """Perform a run, or one of another `kind`, of implementations that `report` judged, and return its analysis."""
    settings = Settings(POINTS, affinity.allowed_cpus()[-1], seed, quick=True, launches=launches, rounds=rounds)
    session = (kind or Suite)(implementations, [WORKLOADS[WORKLOAD]], settings, report)
    session.run()
    return Analysis(session.record(environment.command()))


def controls(analysis: Analysis, by_wall_time: Analysis) -> Data:
    """Return both controls of a run, whether it is usable, its share of quiet rounds, its load and its duration."""
    record = analysis.record
    loads = [launch.load_1_minute for launch in record.launches if launch.load_1_minute is not None]
    return {
        "noise_floor": ends(analysis.noise_floor),
        "noise_floor_by_wall_time": ends(by_wall_time.noise_floor),
        "second_control": ends(analysis.second_control),
        "unfit": analysis.unfit,
        "quiet_share": analysis.quiet_share,
        "launches": len(record.launches),
        "load_1_minute": max(loads, default=None),
        "seconds": record.seconds.total,
    }


def wall_time(record: Record) -> Analysis:
    """Return the analysis of a record without its CPU times, so that its rounds are timed by wall time."""
    timings = [replace(timing, cpu_nanoseconds=[None] * len(timing.epochs)) for timing in record.timings]
    return Analysis(replace(record, timings=timings))


def ends(found: Interval | None) -> dict[str, float | None] | None:
    """Return an interval as a dictionary for JSON."""
    return asdict(found) if found else None
