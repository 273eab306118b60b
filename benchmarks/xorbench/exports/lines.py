"""The lines of each data frame of a record: dictionaries from the name of a column to its value."""

import itertools
from collections.abc import Callable, Iterator
from typing import TypedDict

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval

Line = dict[str, object]


class RecordLine(TypedDict):
    """A line of the frame `records`, with the columns that identify the record and its file; see `columns.py`."""

    machine: str
    created: str
    file: str
    sha256: str
    kind: str
    command: str
    commit: str | None
    partial: bool
    quick: bool
    sweep: bool
    threads: int
    unfit: str | None
    cpu: str
    cores: int
    system: str
    python: str
    launches: int
    rounds: int
    noise_floor: float | None
    noise_floor_low: float | None
    noise_floor_high: float | None


class TimingLine(TypedDict):
    """A line of the frame `timings`, with the columns that identify the record; see `columns.py`."""

    machine: str
    created: str
    workload: str
    implementation: str
    tier: str
    execution: str
    granularity: str
    launches: int
    verdict: str
    reason: str | None
    rank: int | None
    microseconds_per_epoch: float | None
    microseconds_low: float | None
    microseconds_high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    start_microseconds: float | None
    start_low: float | None
    start_high: float | None
    idle_share: float | None
    slow_factor: float | None
    quiet_share: float | None


def key(analysis: Analysis) -> Line:
    """Return the columns that identify a record: its machine and the time at which the run began."""
    return {"machine": analysis.record.machine.name, "created": analysis.record.created}


def records(analysis: Analysis) -> Iterator[Line]:
    """Yield the line of a record."""
    record = analysis.record
    yield {
        "command": record.command,
        "commit": record.commit,
        "kind": record.kind,
        "partial": record.partial,
        "unfit": analysis.unfit,
        "quick": record.settings.quick,
        "sweep": record.is_sweep,
        "threads": record.settings.threads,
        "cpu": record.machine.cpu,
        "cores": record.machine.cores,
        "system": record.machine.system,
        "python": record.environment.versions["python"],
        "launches": len(record.launches),
        "rounds": record.plan.rounds,
        **_ends("noise_floor", analysis.noise_floor),
    }


def timings(analysis: Analysis) -> Iterator[Line]:
    """Yield a line of estimates for each implementation and workload; none for a record in which nothing is timed."""
    for row in analysis.rows if analysis.record.counts is None else ():
        yield {
            **vars(row),
            **_ends("microseconds_per_epoch", row.microseconds_per_epoch, "microseconds"),
            **_ends("ratio", row.ratio),
            **_ends("start_microseconds", row.start_microseconds, "start"),
        }


def cold_starts(analysis: Analysis) -> Iterator[Line]:
    """Yield a line for each cold start, which is a fresh process."""
    yield from map(vars, analysis.record.cold_starts)


def beginnings(analysis: Analysis) -> Iterator[Line]:
    """Yield a line of cold-start estimates for each implementation and workload."""
    for cost in analysis.costs:
        found = cost.break_even
        yield {
            "implementation": cost.implementation,
            "workload": cost.workload,
            "starts": cost.starts,
            **_ends("import_seconds", cost.import_seconds),
            **_ends("first_call_seconds", cost.first_call_seconds),
            **_ends("peak_mebibytes", cost.peak_mebibytes),
            "installed_mebibytes": cost.installed_mebibytes,
            "break_even": found and found.verdict,
            "break_even_epochs": found and found.epochs,
            "break_even_low": found and found.low,
            "break_even_high": found and found.high,
        }


def gradients(analysis: Analysis) -> Iterator[Line]:
    """Yield a line for each parameter tensor whose gradient was judged."""
    for row in analysis.record.gradients.rows:
        units = {"of_bound": row.of_bound, "ulps": row.ulps, "absolute": row.absolute}
        readings = {
            f"{unit}_{statistic}": reading and getattr(reading, statistic)
            for unit, reading in units.items()
            for statistic in ("median", "largest")
        }
        yield {**vars(row), **readings}


def endings(analysis: Analysis) -> Iterator[Line]:
    """Yield a line for each prediction at the end of a training."""
    for end in analysis.record.gradients.endings:
        for sample, prediction in enumerate(end.predictions):
            yield {**vars(end), "sample": sample, "prediction": prediction}


def accuracy(analysis: Analysis) -> Iterator[Line]:
    """Yield a line for each position at which correct digits were counted."""
    yield from map(vars, analysis.record.gradients.accuracy)


def trajectories(analysis: Analysis) -> Iterator[Line]:
    """Yield a line for each epoch at which a trajectory was compared."""
    for row in analysis.record.gradients.trajectories:
        for epoch, reference, truth in itertools.zip_longest(row.at, row.from_reference, row.from_truth):
            yield {**vars(row), "epoch": epoch, "from_reference": reference, "from_truth": truth}


LINES: dict[str, Callable[[Analysis], Iterator[Line]]] = {
    "records": records,
    "timings": timings,
    "cold_starts": cold_starts,
    "beginnings": beginnings,
    "gradients": gradients,
    "endings": endings,
    "accuracy": accuracy,
    "trajectories": trajectories,
}
"""By the name of a frame, the function that yields its lines; the rounds are left out, because they are too many."""


def _ends(name: str, measured: Interval | None, short: str = "") -> Line:
    """Return a value and the ends of its interval; the ends are named after `short`, or after `name` if it is empty."""
    low, high = (f"{short or name}_{end}" for end in ("low", "high"))
    if measured is None:
        return {name: None, low: None, high: None}
    return {name: measured.value, low: measured.low, high: measured.high}
