"""What a record says, line by line: for every frame the values of its columns, by name."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval

Line = dict[str, Any]


def key(analysis: Analysis) -> Line:
    """What names a record."""
    return {"machine": analysis.record.machine.name, "created": analysis.record.created}


def records(analysis: Analysis) -> Iterator[Line]:
    """One line a record."""
    record = analysis.record
    yield {
        "command": record.command,
        "commit": record.commit,
        "partial": record.partial,
        "unfit": record.unfit,
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
    """One line an implementation and workload: the estimates."""
    for row in analysis.rows:
        yield {
            **vars(row),
            **_ends("microseconds_per_epoch", row.microseconds_per_epoch, "microseconds"),
            **_ends("ratio", row.ratio),
            **_ends("start_microseconds", row.start_microseconds, "start"),
        }


def cold_starts(analysis: Analysis) -> Iterator[Line]:
    """One line a fresh process."""
    yield from map(vars, analysis.record.cold_starts)


def beginnings(analysis: Analysis) -> Iterator[Line]:
    """One line an implementation and workload: the estimates."""
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
    """One line a parameter tensor that was judged."""
    for row in analysis.record.gradients.rows:
        units = {"of_bound": row.of_bound, "ulps": row.ulps, "absolute": row.absolute}
        readings = {
            f"{unit}_{statistic}": reading and getattr(reading, statistic)
            for unit, reading in units.items()
            for statistic in ("median", "largest")
        }
        yield {**vars(row), **readings}


def endings(analysis: Analysis) -> Iterator[Line]:
    """One line a prediction at the end of a training."""
    for end in analysis.record.gradients.endings:
        for sample, prediction in enumerate(end.predictions):
            yield {**vars(end), "sample": sample, "prediction": prediction}


def accuracy(analysis: Analysis) -> Iterator[Line]:
    """One line a position at which digits were counted."""
    yield from map(vars, analysis.record.gradients.accuracy)


def trajectories(analysis: Analysis) -> Iterator[Line]:
    """One line an epoch that was looked at."""
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
"""Of every frame but the rounds, of which there are too many to have each as a line."""


def _ends(name: str, measured: Interval | None, short: str = "") -> Line:
    """A value and the ends of its interval; `short` is what the names of the ends begin with, if not with the name."""
    low, high = (f"{short or name}_{end}" for end in ("low", "high"))
    if measured is None:
        return dict.fromkeys((name, low, high))
    return {name: measured.value, low: measured.low, high: measured.high}
