"""Figure of crossover points: the time of an epoch along the axes of sweeps, and where the lines cross."""

import math
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_lowercase

import altair as alt
import numpy as np

from xorbench.charts import axes, lines
from xorbench.charts.axes import Axis
from xorbench.charts.figure import WIDTH, Chart, Columns, Figure, Label, Panel, data
from xorbench.charts.lines import Line
from xorbench.charts.style import labels, role, width_of
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.crossings import CROSSES, Crossing
from xorbench.estimates.sweep_axes import Axis as SweepAxis
from xorbench.estimates.timing_table import Row
from xorbench.tables.cells import three_digits
from xorbench.tables.sweeps import around, threads

HEIGHT = 210.0


def crossover(sweeps: Sequence[Analysis], everybody: Sequence[str]) -> Figure | None:
    """Return a figure with a panel for each axis of each sweep; None if there is none.

    Of the parallel axes of a grid, only the first and the last have a panel. `everybody` holds the names of all
    implementations of the album, in the order of their colours.
    """
    names = labels(everybody)
    panels = [_panel(analysis, axis, names) for analysis in sweeps for axis in _outermost(analysis.axes)]
    text = (
        "Time per epoch by size; dots are measured sizes, and the lines at them 95 % intervals. Where two lines cross, "
        "a diamond with a letter marks the crossover point, and the line through it its interval, which reaches at "
        "least to the two measured sizes around it."
    )
    return Figure("crossover", "Crossover points", text, panels) if panels else None


def _outermost(found: Sequence[SweepAxis]) -> list[SweepAxis]:
    by_name: dict[str, list[SweepAxis]] = {}
    for axis in found:
        by_name.setdefault(axis.name, []).append(axis)
    return [
        axis
        for parallel in by_name.values()
        for axis in (parallel if len(parallel) == 1 else [parallel[0], parallel[-1]])
    ]


def _panel(analysis: Analysis, axis: SweepAxis, names: dict[str, str]) -> Panel:
    size_of = dict(zip(axis.workloads, axis.sizes, strict=True))
    places = {name: place for place, name in enumerate(names)}
    shown = sorted(
        (row for row in analysis.rows if row.workload in size_of and row.microseconds_per_epoch is not None),
        key=lambda row: size_of[row.workload],
    )
    curves = []
    for name in dict.fromkeys(row.implementation for row in sorted(shown, key=lambda row: places[row.implementation])):
        mine = [row for row in shown if row.implementation == name and row.microseconds_per_epoch]
        points = [
            (float(size_of[r.workload]), r.microseconds_per_epoch.value) for r in mine if r.microseconds_per_epoch
        ]
        said = f"{three_digits(points[0][1])} to {three_digits(points[-1][1])} µs"
        curves.append(Line(names[name], places[name], points, said))
    times = [row.microseconds_per_epoch for row in shown if row.microseconds_per_epoch]
    ends = [end for time in times for end in (time.value, time.low, time.high) if end]
    x = _sizes(axis)
    y = axes.log("µs per epoch", min(ends), max(ends), HEIGHT, False) if ends else axes.linear("µs per epoch", 0, 1)
    found = [c for c in analysis.crossings if c.axis == axis and c.verdict == CROSSES and c.size]
    at = [_time_at(crossing, shown, size_of) for crossing in found]
    panel = lines.panel(
        f"{axis.title}, {threads(analysis)}",
        _words(found),
        x,
        y,
        curves,
        [*_intervals(x, y, shown, size_of), *_crossings(x, y, found, at)],
        dots=True,
        notes=[f"{_letter(n)}: {_sentence(crossing, names)}" for n, crossing in enumerate(found)],
        height=HEIGHT,
    )
    sizes = [crossing.size.value for crossing in found if crossing.size]
    marked = [
        (x.share(size) * panel.width, (1 - y.share(time)) * panel.height) for size, time in zip(sizes, at, strict=True)
    ]
    return replace(panel, labels=[*panel.labels, *_letters(marked)])


def _sizes(axis: SweepAxis) -> Axis:
    ticks = [(float(size), axes.number(size)) for size in axis.sizes]
    margin = (axis.sizes[-1] / axis.sizes[0]) ** 0.03
    whole = Axis(axis.name, axis.sizes[0] / margin, axis.sizes[-1] * margin, ticks, "log")
    return axes.thinned(whole, WIDTH / 2, True)


def _intervals(x: Axis, y: Axis, shown: Sequence[Row], size_of: dict[str, int]) -> list[Chart]:
    """Return the layer of the intervals of the measured points."""
    times = [(size_of[row.workload], row.microseconds_per_epoch) for row in shown if row.microseconds_per_epoch]
    known = [(size, time.low, time.high) for size, time in times if time.low and time.high]
    if not known:
        return []
    columns: Columns = {
        "size": [size for size, _, _ in known],
        "low": [low for _, low, _ in known],
        "high": [high for _, _, high in known],
    }
    chart = alt.Chart(data(columns))
    return [chart.mark_rule(stroke=role("ink"), strokeWidth=1.5).encode(x=x.x("size"), y=y.y("low"), y2="high:Q")]


def _crossings(x: Axis, y: Axis, found: Sequence[Crossing], at: Sequence[float]) -> list[Chart]:
    """Return the layers of the crossover points and their intervals."""
    sizes = [crossing.size for crossing in found if crossing.size]
    if not sizes:
        return []
    columns: Columns = {
        "size": [size.value for size in sizes],
        "low": [max(x.low, size.low or size.value) for size in sizes],
        "high": [min(x.high, size.high or size.value) for size in sizes],
        "time": [*at],
        "tip": [_sentence(crossing, {}) for crossing in found],
    }
    chart = alt.Chart(data(columns))
    bars = chart.mark_rule(stroke=role("ink"), strokeWidth=2).encode(x=x.x("low"), x2="high:Q", y=y.y("time"))
    marks = chart.mark_point(aria=True, filled=True, opacity=1, size=64, shape="diamond", fill=role("ink"))
    said = alt.Description("tip:N")
    return [bars, marks.encode(x=x.x("size"), y=y.y("time"), description=said)]


def _letters(marked: Sequence[tuple[float, float]]) -> list[Label]:
    """Return the letter of each crossover point above it, or higher where another letter is in the way."""
    placed: list[tuple[float, float]] = []
    for x, y in marked:
        up = y - 12
        while any(abs(x - other) < width_of("mm") and abs(up - height) < 12 for other, height in placed):
            up -= 4
        placed.append((x, up))
    return [Label(x, up, _letter(n), "middle", bold=True, halo=True) for n, (x, up) in enumerate(placed)]


def _letter(number: int) -> str:
    """Return "a" to "z", then "aa" and so on."""
    before, here = divmod(number, len(ascii_lowercase))
    return (_letter(before - 1) if before else "") + ascii_lowercase[here]


def _time_at(found: Crossing, shown: Sequence[Row], size_of: dict[str, int]) -> float:
    """Return the time in microseconds at a crossing, on the line of its first implementation."""
    mine = [row for row in shown if row.implementation == found.one and row.microseconds_per_epoch]
    sizes = np.log([size_of[row.workload] for row in mine])
    times = np.log([row.microseconds_per_epoch.value for row in mine if row.microseconds_per_epoch])
    return float(np.exp(np.interp(math.log(found.size.value if found.size else math.nan), sizes, times)))


def _words(found: Sequence[Crossing]) -> str:
    return f"{'; '.join(_sentence(crossing, {}) for crossing in found)}." if found else "no crossover point."


def _sentence(crossing: Crossing, names: dict[str, str]) -> str:
    value, ends = around(crossing.size)
    one, other, first = (names.get(name, name) for name in (crossing.one, crossing.other, crossing.first or ""))
    return f"{one} and {other} cross at {value}, {ends}, {first} is faster below"
