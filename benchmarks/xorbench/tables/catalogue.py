"""The tables of a record, by the names under which they are published."""

from collections.abc import Callable
from dataclasses import replace

from xorbench.estimates.analysis import Analysis
from xorbench.tables import (
    cold_starts,
    conditions,
    cost_breakdown,
    counts,
    gradients,
    history,
    judge_report,
    listing,
    parts,
    precision,
    sweeps,
    timings,
    versions,
)
from xorbench.tables.captions import caption
from xorbench.tables.cells import Table

OF_A_SWEEP: dict[str, Callable[[Analysis], list[Table]]] = {
    "points": sweeps.points,
    "crossings": lambda analysis: [sweeps.where_lines_cross(analysis)],
    "growth": lambda analysis: [sweeps.cost_growth(analysis)],
}

OF_A_RUN: dict[str, Callable[[Analysis], list[Table]]] = {
    "timings": timings.timings,
    "tuned": timings.tuned,
    "versions": lambda analysis: [versions.versions(analysis)],
    "parts": parts.parts,
    "decomposition": cost_breakdown.decompositions,
    "beginnings": lambda analysis: [cold_starts.beginnings(analysis)],
    "break_even": lambda analysis: [cold_starts.break_even(analysis)],
    "order": lambda analysis: [conditions.order(analysis)],
    "ledger": lambda analysis: [conditions.ledger(analysis)],
    "quietness": lambda analysis: [conditions.quietness(analysis)],
    "gradients": lambda analysis: [gradients.gradients(analysis.record.gradients)],
    "endings": lambda analysis: [judge_report.endings(analysis.record.gradients)],
    "conduct": lambda analysis: [judge_report.conduct(analysis.record.gradients)],
    "errors": lambda analysis: precision.errors(analysis.record.gradients),
    "accuracy": lambda analysis: [precision.accuracy(analysis.record.gradients)],
    "trajectories": lambda analysis: [precision.trajectories(analysis.record.gradients)],
    "audits": lambda analysis: [judge_report.audits(analysis.record.gradients)],
    "faults": lambda analysis: judge_report.faults(analysis.record.gradients),
    "field": lambda analysis: [listing.implementations(analysis.record.implementations)],
}

OF_A_HISTORY: dict[str, Callable[[Analysis], list[Table]]] = {"history": history.history}

OF_A_COUNT: dict[str, Callable[[Analysis], list[Table]]] = {"counts": lambda analysis: [counts.counts(analysis)]}

CATALOGUE = OF_A_RUN | OF_A_SWEEP | OF_A_HISTORY | OF_A_COUNT
"""Functions that return the tables of a record, by name, in the order in which they are published."""

_BESIDE_COUNTS = ("gradients", "conduct", "field")
"""Names of the tables of a run that a record of counts has too."""

_TOO_MANY_POINTS = ("timings", "tuned", "order", "quietness", "errors")
"""Names of tables with a line for each row of each workload, which are too long for a sweep."""

_OF_THE_BASELINE = ("timings", "tuned", "versions")
"""Names of tables of ratios to the environment of the command, in place of which a history has those of releases."""


def named(analysis: Analysis) -> dict[str, list[Table]]:
    """Return by name all tables of a record that have a line, each with the caption of the record."""
    if analysis.record.counts:
        wanted = [*OF_A_COUNT, *_BESIDE_COUNTS]
    elif analysis.record.is_history:
        wanted = [*OF_A_HISTORY, *(name for name in OF_A_RUN if name not in _OF_THE_BASELINE)]
    elif analysis.record.is_sweep:
        wanted = [*OF_A_SWEEP, *(name for name in OF_A_RUN if name not in _TOO_MANY_POINTS)]
    else:
        wanted = list(OF_A_RUN)
    return {name: tables for name in wanted if (tables := one(analysis, name))}


def one(analysis: Analysis, name: str) -> list[Table]:
    """Return the tables of a record with this name that have a line, each with the caption of the record."""
    found = [table for table in CATALOGUE[name](analysis) if len(table.frame)]
    under = caption(analysis) if found else ""
    return [replace(table, caption=under) for table in found]


def tables(analysis: Analysis) -> list[Table]:
    """Return all tables of a record that have a line, in the order in which they are published."""
    return [table for tables in named(analysis).values() for table in tables]
