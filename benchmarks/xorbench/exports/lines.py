"""What a record says, line by line: for every frame the values of its columns, by name."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from xorbench.estimates import control, costs, rows
from xorbench.estimates.axes import is_sweep
from xorbench.estimates.intervals import Interval
from xorbench.records import Record

Line = dict[str, Any]


def key(record: Record) -> Line:
    """What names a record."""
    return {"machine": record["machine"]["name"], "created": record["created"]}


def records(record: Record) -> Iterator[Line]:
    """One line a record."""
    about = ("command", "commit", "partial", "unfit")
    machine = ("cpu", "cores", "system")
    yield {
        **{name: record[name] for name in about},
        "quick": record["settings"]["quick"],
        "sweep": is_sweep(record),
        "threads": record["settings"].get("threads", 1),
        **{name: record["machine"][name] for name in machine},
        "python": record["environment"]["versions"]["python"],
        "launches": len(record["launches"]),
        "rounds": record["plan"]["rounds"],
        **_ends("noise_floor", control.noise_floor(record)),
    }


def timings(record: Record) -> Iterator[Line]:
    """One line an implementation and workload: the estimates."""
    yield from (asdict(row) for row in rows.rows(record))


def cold_starts(record: Record) -> Iterator[Line]:
    """One line a fresh process."""
    yield from record["cold_starts"]


def beginnings(record: Record) -> Iterator[Line]:
    """One line an implementation and workload: the estimates."""
    for cost in costs.costs(record):
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


def gradients(record: Record) -> Iterator[Line]:
    """One line a parameter tensor that was judged."""
    for row in record["gradients"]["rows"]:
        readings = {
            f"{unit}_{statistic}": row[unit] and row[unit][statistic]
            for unit in ("of_bound", "ulps", "absolute")
            for statistic in ("median", "largest")
        }
        yield {**row, **readings}


def endings(record: Record) -> Iterator[Line]:
    """One line a prediction at the end of a training."""
    for end in record["gradients"]["endings"]:
        for sample, prediction in enumerate(end["predictions"]):
            yield {**end, "sample": sample, "prediction": prediction}


def accuracy(record: Record) -> Iterator[Line]:
    """One line a position at which digits were counted."""
    yield from record["gradients"]["accuracy"]


def trajectories(record: Record) -> Iterator[Line]:
    """One line an epoch that was looked at."""
    for row in record["gradients"]["trajectories"]:
        for epoch, reference, truth in itertools.zip_longest(row["at"], row["from_reference"], row["from_truth"]):
            yield {**row, "epoch": epoch, "from_reference": reference, "from_truth": truth}


LINES: dict[str, Callable[[Record], Iterator[Line]]] = {
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


def _ends(name: str, measured: Interval | None) -> Line:
    if measured is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    return {name: measured.value, f"{name}_low": measured.low, f"{name}_high": measured.high}
