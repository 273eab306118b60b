"""Which tables a record has, by the names under which they are published."""

from collections.abc import Callable
from dataclasses import replace

from xorbench.estimates.axes import is_sweep
from xorbench.records import Record
from xorbench.tables import (
    beginnings,
    conditions,
    decomposition,
    field,
    judgements,
    precision,
    sweeps,
    timings,
    versions,
)
from xorbench.tables.captions import caption
from xorbench.tables.cells import Table

OF_A_SWEEP: dict[str, Callable[[Record], list[Table]]] = {
    "points": sweeps.points,
    "crossings": lambda record: [sweeps.where_lines_cross(record)],
    "growth": lambda record: [sweeps.cost_growth(record)],
}

OF_A_RUN: dict[str, Callable[[Record], list[Table]]] = {
    "timings": timings.timings,
    "tuned": timings.tuned,
    "versions": lambda record: [versions.versions(record)],
    "decomposition": decomposition.decompositions,
    "beginnings": lambda record: [beginnings.beginnings(record)],
    "break_even": lambda record: [beginnings.break_even(record)],
    "order": lambda record: [conditions.order(record)],
    "ledger": lambda record: [conditions.ledger(record)],
    "quietness": lambda record: [conditions.quietness(record)],
    "gradients": lambda record: [judgements.gradients(record["gradients"])],
    "endings": lambda record: [judgements.endings(record["gradients"])],
    "conduct": lambda record: [judgements.conduct(record["gradients"])],
    "errors": lambda record: precision.errors(record["gradients"]),
    "accuracy": lambda record: [precision.accuracy(record["gradients"])],
    "trajectories": lambda record: [precision.trajectories(record["gradients"])],
    "audits": lambda record: [judgements.audits(record["gradients"])],
    "faults": lambda record: judgements.faults(record["gradients"]),
    "field": lambda record: [field.implementations(record["implementations"])],
}

CATALOGUE = OF_A_RUN | OF_A_SWEEP
"""In the order in which they are read."""

_TOO_MANY_POINTS = ("timings", "tuned", "order", "quietness", "errors")
"""Tables with a line, or more, for each row of each workload: a sweep has others in their place, or none."""


def named(record: Record) -> dict[str, list[Table]]:
    """All tables that have a line to show, each with the record's caption under it."""
    of_a_run = [name for name in OF_A_RUN if name not in _TOO_MANY_POINTS]
    wanted = [*OF_A_SWEEP, *of_a_run] if is_sweep(record) else list(OF_A_RUN)
    return {name: tables for name in wanted if (tables := one(record, name))}


def one(record: Record, name: str) -> list[Table]:
    """The tables of this name that have a line to show, with the record's caption under each."""
    found = [table for table in CATALOGUE[name](record) if len(table.frame)]
    under = caption(record) if found else ""
    return [replace(table, caption=under) for table in found]


def tables(record: Record) -> list[Table]:
    """The same, in the order in which they are read."""
    return [table for tables in named(record).values() for table in tables]
