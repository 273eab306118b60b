"""Figure of crossover points: the time of an epoch along the axes of sweeps, and where the lines cross."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase

import numpy as np

from xorbench.charts import axes, lines, paths
from xorbench.charts.axes import Axis
from xorbench.charts.figure import WIDTH, Figure, Label, Panel
from xorbench.charts.lines import Line
from xorbench.charts.paths import Mark, Place
from xorbench.charts.style import STROKE, labels, role, width_of
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.crossings import CROSSES, Crossing
from xorbench.estimates.sweep_axes import Axis as SweepAxis
from xorbench.estimates.timing_table import Row
from xorbench.tables.cells import letter, three_digits
from xorbench.tables.sweeps import around, threads

HEIGHT = 210.0


def crossover(sweeps: Sequence[Analysis], names_of_all: Sequence[str]) -> Figure | None:
    """Return a figure with a panel for each axis of each sweep; None if there is none.

    Of the parallel axes of a grid, only the first and the last have a panel. `names_of_all` holds the names of all
    implementations of the album, in the order of their colours.
    """
    names = labels(names_of_all)
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
        dots=True,
        notes=[f"{letter(n, ascii_lowercase)}: {_sentence(crossing, names)}" for n, crossing in enumerate(found)],
        height=HEIGHT,
    )
    plot = _Plot(x.over(panel.width), y.over(panel.height), panel.height)
    marks = [*panel.marks, *_intervals(plot, shown, size_of), *_crossings(plot, x, found, at)]
    return replace(panel, marks=marks, labels=[*panel.labels, *_letters(plot, found, at)])


@dataclass(frozen=True)
class _Plot:
    """The plot of a panel, in which each size and time has a place."""

    across: Callable[[float], float]
    up: Callable[[float], float]
    height: float

    def of(self, size: float, time: float) -> Place:
        """Return the place of a time at a size."""
        return self.across(size), self.height - self.up(time)


def _sizes(axis: SweepAxis) -> Axis:
    ticks = [(float(size), axes.number(size)) for size in axis.sizes]
    margin = (axis.sizes[-1] / axis.sizes[0]) ** 0.03
    whole = Axis(axis.name, axis.sizes[0] / margin, axis.sizes[-1] * margin, ticks, "log")
    return axes.thinned(whole, WIDTH / 2, True)


def _intervals(plot: _Plot, shown: Sequence[Row], size_of: dict[str, int]) -> Iterator[Mark]:
    """Yield the intervals of the measured points."""
    for row in shown:
        time, size = row.microseconds_per_epoch, size_of[row.workload]
        if time and time.low and time.high:
            path = paths.line([plot.of(size, time.low), plot.of(size, time.high)])
            yield Mark(path, stroke=role("ink"), width=1.5)


def _crossings(plot: _Plot, x: Axis, found: Sequence[Crossing], at: Sequence[float]) -> Iterator[Mark]:
    """Yield the intervals of the crossover points, and these points."""
    sizes = [crossing.size for crossing in found if crossing.size]
    for size, time in zip(sizes, at, strict=True):
        ends = (max(x.low, size.low or size.value), min(x.high, size.high or size.value))
        yield Mark(paths.line(plot.of(end, time) for end in ends), stroke=role("ink"), width=STROKE)
    for crossing, size, time in zip(found, sizes, at, strict=True):
        yield Mark(paths.glyph("diamond", *plot.of(size.value, time)), fill=role("ink"), tip=_sentence(crossing, {}))


def _letters(plot: _Plot, found: Sequence[Crossing], at: Sequence[float]) -> list[Label]:
    """Return the letter of each crossover point above it, or higher where another letter is in the way."""
    placed: list[Place] = []
    for crossing, time in zip(found, at, strict=True):
        x, y = plot.of(crossing.size.value if crossing.size else math.nan, time)
        up = y - 12
        while any(abs(x - other) < width_of("mm") and abs(up - height) < 12 for other, height in placed):
            up -= 4
        placed.append((x, up))
    names = [letter(n, ascii_lowercase) for n in range(len(placed))]
    return [Label(*place, name, "middle", bold=True, halo=True) for name, place in zip(names, placed, strict=True)]


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
