"""Content of the page for one machine, as numbers and plain text that the template escapes."""

import math
from dataclasses import dataclass
from typing import Any

from xorbench.charts.figure import Figure
from xorbench.charts.style import labels
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import Row
from xorbench.page.facts import Fact, facts
from xorbench.tables.captions import caption, weaknesses
from xorbench.tables.cells import NONE, three_digits, with_ends
from xorbench.tables.headline import headline

HOTTEST = 10.0
"""Ratio, or inverse of a ratio, from which the colour is strongest."""


@dataclass(frozen=True)
class Line:
    """A row of the table of ratios; `heat` is from -1 (much faster) to 1 (much slower), None without a ratio."""

    row: Row
    label: str
    framework: str
    dtype: str
    time: str
    ratio: str
    interval: str
    heat: float | None
    rounds: str | None


@dataclass(frozen=True)
class Machine:
    """The content for one machine; `panels` holds the specifications of all plots by the identifier of its element."""

    key: str
    name: str
    analysis: Analysis
    headline: str
    facts: list[Fact]
    lines: list[Line]
    notes: list[str]
    figures: list[Figure]
    rounds: Figure | None
    panels: dict[str, dict[str, Any]]


def machine(key: str, analysis: Analysis, figures: list[Figure]) -> Machine:
    """Return the content for the machine of a record; `key` is the prefix of its identifiers on the page."""
    raw = next((figure for figure in figures if figure.name == "rounds"), None)
    names = labels(i.name for i in analysis.record.implementations)
    found = analysis.rows
    lines = [_line(analysis, row, names, _place(key, raw, row)) for row in found]
    reasons = [
        f"{names[row.implementation]} ({row.workload}): {row.verdict}, {row.reason}." for row in found if row.reason
    ]
    about = [*weaknesses(analysis), caption(analysis)]
    return Machine(
        key=key,
        name=analysis.record.machine.name,
        analysis=analysis,
        headline=headline(analysis),
        facts=facts(analysis),
        lines=lines,
        notes=[*reasons, *about],
        figures=[figure for figure in figures if figure is not raw],
        rounds=raw,
        panels={
            f"{key}-{figure.name}-{number}": panel.spec
            for figure in figures
            for number, panel in enumerate(figure.panels)
        },
    )


def _line(analysis: Analysis, row: Row, names: dict[str, str], place: str | None) -> Line:
    about = next(i for i in analysis.record.implementations if i.name == row.implementation)
    workload = next(w for w in analysis.record.workloads if w.name == row.workload)
    ratio, ends = with_ends(row.ratio)
    baseline = row.is_baseline
    heat = None if row.ratio is None else max(-1.0, min(1.0, math.log(row.ratio.value) / math.log(HOTTEST)))
    return Line(
        row=row,
        label=names[row.implementation],
        framework=about.framework,
        dtype=workload.dtype,
        time=three_digits(row.microseconds_per_epoch.value if row.microseconds_per_epoch else None),
        ratio="1" if baseline else ratio,
        interval="" if baseline or ends == NONE else ends,
        heat=0.0 if heat is not None and row.verdict == "not separated" else heat,
        rounds=place,
    )


def _place(key: str, raw: Figure | None, row: Row) -> str | None:
    """Return the identifier of the panel with the raw rounds of a row; None if there is none."""
    numbers = [n for n, panel in enumerate(raw.panels) if panel.of == (row.workload, row.implementation)] if raw else []
    return f"{key}-rounds-{numbers[0]}" if numbers else None
