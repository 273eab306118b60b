"""Which tables a record has, by the names under which they are published."""

from collections.abc import Callable

from benchmarks.records import Record
from benchmarks.tables import conditions, field, judgements, timings
from benchmarks.tables.cells import Table

CATALOGUE: dict[str, Callable[[Record], list[Table]]] = {
    "timings": timings.timings,
    "beginnings": lambda record: [timings.beginnings(record)],
    "order": lambda record: [conditions.order(record)],
    "ledger": lambda record: [conditions.ledger(record)],
    "quietness": lambda record: [conditions.quietness(record)],
    "gradients": lambda record: [judgements.gradients(record["gradients"])],
    "endings": lambda record: [judgements.endings(record["gradients"])],
    "conduct": lambda record: [judgements.conduct(record["gradients"])],
    "errors": lambda record: judgements.errors(record["gradients"]),
    "accuracy": lambda record: [judgements.accuracy(record["gradients"])],
    "trajectories": lambda record: [judgements.trajectories(record["gradients"])],
    "audits": lambda record: [judgements.audits(record["gradients"])],
    "faults": lambda record: judgements.faults(record["gradients"]),
    "implementations": lambda record: [field.implementations(record["implementations"])],
}
"""In the order in which they are read."""


def tables(record: Record) -> list[Table]:
    """All that have a row to show."""
    return [table for find in CATALOGUE.values() for table in find(record) if len(table.frame)]
