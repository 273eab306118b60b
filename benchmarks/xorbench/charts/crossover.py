"""Figure of crossover points: the time of an epoch along the axes of sweeps, and where the lines cross."""

import math
from collections.abc import Sequence

import altair as alt
import numpy as np

from xorbench.charts.figure import Chart, Columns, Figure, Panel, data
from xorbench.charts.scales import POWERS, log_scale
from xorbench.charts.style import by_implementation, labels, role
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.crossings import CROSSES, Crossing
from xorbench.estimates.sweep_axes import Axis
from xorbench.estimates.timing_table import Row
from xorbench.tables.cells import three_digits
from xorbench.tables.sweeps import around, threads

SIZES = [2.0**power for power in range(1, 11)]


def crossover(sweeps: Sequence[Analysis], everybody: Sequence[str]) -> Figure | None:
    """Return a figure with a panel for each axis of each sweep; None if there is none.

    Of the parallel axes of a grid, only the first and the last have a panel. `everybody` holds the names of all
    implementations of the album, in the order of their colours.
    """
    names = labels(everybody)
    panels = [_panel(analysis, axis, names) for analysis in sweeps for axis in _outermost(analysis.axes)]
    timed = {i.name for analysis in sweeps for i in analysis.record.implementations}
    text = (
        "Time per epoch by size, with 95 % intervals. Where two lines cross, a bar is the interval of the crossover "
        "point, which reaches at least to the two measured sizes around it."
    )
    series = [label for name, label in names.items() if name in timed]
    return Figure("crossover", "Crossover points", text, panels, series) if panels else None


def _outermost(found: Sequence[Axis]) -> list[Axis]:
    by_name: dict[str, list[Axis]] = {}
    for axis in found:
        by_name.setdefault(axis.name, []).append(axis)
    return [axis for lines in by_name.values() for axis in (lines if len(lines) == 1 else [lines[0], lines[-1]])]


def _panel(analysis: Analysis, axis: Axis, names: dict[str, str]) -> Panel:
    size_of = dict(zip(axis.workloads, axis.sizes, strict=True))
    shown = sorted(
        (row for row in analysis.rows if row.workload in size_of and row.microseconds_per_epoch is not None),
        key=lambda row: size_of[row.workload],
    )
    times = [row.microseconds_per_epoch for row in shown if row.microseconds_per_epoch is not None]
    columns: Columns = {
        "implementation": [names[row.implementation] for row in shown],
        "size": [size_of[row.workload] for row in shown],
        "time": [time.value for time in times],
        "low": [time.low or time.value for time in times],
        "high": [time.high or time.value for time in times],
    }
    found = [c for c in analysis.crossings if c.axis == axis and c.verdict == CROSSES and c.size]
    x = alt.X("size:Q", title=axis.name, scale=log_scale(nice=False, base=2), axis=alt.Axis(values=SIZES, format="d"))
    y = alt.Y("time:Q", title="µs per epoch", scale=log_scale(), axis=alt.Axis(values=POWERS, format="~g"))
    looks = by_implementation(list(names.values()))
    base = alt.Chart(data(columns, implementation="string"))
    drawn: list[Chart] = [
        base.mark_line().encode(x=x, y=y, **looks),
        base.mark_rule().encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=looks["color"]),
    ]
    if found:
        marks: Columns = {
            "size": [c.size.value for c in found if c.size],
            "low": [c.size.low or c.size.value for c in found if c.size],
            "high": [c.size.high or c.size.value for c in found if c.size],
            "time": [_time_at(c, shown, size_of) for c in found],
            "said": [three_digits(c.size.value) for c in found if c.size],
        }
        marked = alt.Chart(data(marks, said="string"))
        drawn += [
            marked.mark_rule(color=role("ink"), strokeWidth=3).encode(x=alt.X("low:Q"), x2="high:Q", y=y),
            marked.mark_point(filled=True, color=role("ink"), size=70, opacity=1).encode(x=x, y=y),
            marked.mark_text(dy=16, dx=6, align="left", color=role("ink"), fontWeight=600).encode(
                x=x, y=y, text="said:N"
            ),
        ]
    return Panel(f"{axis.title}, {threads(analysis)}", _words(found), alt.layer(*drawn), height=280)


def _time_at(found: Crossing, shown: Sequence[Row], size_of: dict[str, int]) -> float:
    """Return the time in microseconds at a crossing, on the line of its first implementation."""
    mine = [row for row in shown if row.implementation == found.one and row.microseconds_per_epoch]
    sizes = np.log([size_of[row.workload] for row in mine])
    times = np.log([row.microseconds_per_epoch.value for row in mine if row.microseconds_per_epoch])
    return float(np.exp(np.interp(math.log(found.size.value if found.size else math.nan), sizes, times)))


def _words(found: Sequence[Crossing]) -> str:
    if not found:
        return "no crossover point."
    said = []
    for crossing in found:
        value, ends = around(crossing.size)
        said.append(f"{crossing.one} and {crossing.other} cross at {value}, {ends}, {crossing.first} is faster below")
    return "; ".join(said) + "."
