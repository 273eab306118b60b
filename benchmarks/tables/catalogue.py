"""Which tables a record has, by the names under which they are published."""

from collections.abc import Callable
from dataclasses import replace

from benchmarks.records import Record
from benchmarks.tables import beginnings, conditions, decomposition, field, judgements, precision, timings
from benchmarks.tables.captions import caption
from benchmarks.tables.cells import Table

CATALOGUE: dict[str, Callable[[Record], list[Table]]] = {
    "timings": timings.timings,
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
"""In the order in which they are read."""


def named(record: Record) -> dict[str, list[Table]]:
    """All tables that have a line to show, each with the record's caption under it."""
    under = caption(record)
    found = {name: [table for table in find(record) if len(table.frame)] for name, find in CATALOGUE.items()}
    return {name: [replace(table, caption=under) for table in tables] for name, tables in found.items() if tables}


def tables(record: Record) -> list[Table]:
    """The same, in the order in which they are read."""
    return [table for tables in named(record).values() for table in tables]
