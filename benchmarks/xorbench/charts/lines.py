"""Panels of lines by implementation: labelled where they end, and one line for all that nearly coincide."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import altair as alt

from xorbench.charts.axes import Axis
from xorbench.charts.figure import Chart, Columns, Encoding, Label, Panel, data, margin_of, spec_of
from xorbench.charts.style import STROKE, TEXT, colour, dashes, fitted, spread, width_of
from xorbench.tables.cells import listed

HEIGHT = 170

CLOSE = 4.0
"""Lines nearly coincide if the root mean square of their distances in pixels is at most this."""

TOGETHER = 'Lines that nearly coincide are drawn as one, and a label such as "name +2" is that of three of them.'
"""The sentence about this for the caption of a figure."""

GAP = 13
"""The least distance between the labels of two lines in pixels."""

AWAY, SAMPLE = 29, 18
"""The distance between the end of the plot and the labels, and the length of the piece of a line there, in pixels."""

WIDEST = 170
"""The most pixels that labels are wide."""


@dataclass(frozen=True)
class Line:
    """The line of an implementation: its label, its place in the record, its points by rising x, and these in words."""

    label: str
    place: int
    points: Sequence[tuple[float, float]]
    said: str


@dataclass(frozen=True)
class _Together:
    """Lines that coincide, with the label and the description of all."""

    first: Line
    lines: Sequence[Line]
    label: str

    @property
    def tip(self) -> str:
        return said_of(self.lines)


def panel(
    title: str,
    text: str,
    x: Axis,
    y: Axis,
    lines: Sequence[Line],
    more: Sequence[Chart] = (),
    dots: bool = False,
    labels: Sequence[Label] = (),
    notes: Sequence[str] = (),
    height: float = HEIGHT,
) -> Panel:
    """Return a panel of lines; with `dots` their points are marked.

    `more` are further layers and `labels` further texts. The panel grows with the number of labels.
    """
    together = coinciding(lines, y, height)
    height = max(height, GAP * len(together))
    widths = [width_of(one.label) for one in together]
    found = Panel(
        title,
        text,
        {},
        height=height,
        left=margin_of(y),
        right=AWAY + 4 + min(WIDEST, max(widths, default=0.0)),
        x=x,
        y=y,
        notes=notes,
        numbers={
            "implementation": [line.label for line in lines for _ in line.points],
            x.title: [across for line in lines for across, _ in line.points],
            y.title: [value for line in lines for _, value in line.points],
        },
    )
    ends = [
        (x.share(one.first.points[-1][0]) * found.width, _down(y, one.first.points[-1][1], height)) for one in together
    ]
    places = spread([down for _, down in ends], GAP, TEXT / 2, height - TEXT / 2)
    named = [
        Label(found.width + AWAY, place, fitted(one.label, WIDEST)) for one, place in zip(together, places, strict=True)
    ]
    layers = [*_lines(together, x, y, dots), *_ways(together, ends, places, found.width), *more]
    return replace(found, spec=spec_of(*layers), labels=[*named, *labels])


def coinciding(lines: Sequence[Line], y: Axis, height: float) -> list[_Together]:
    """Return the lines, as one where they nearly coincide with the first of a group, in the order of the first."""
    groups: list[list[Line]] = []
    for line in lines:
        if line.points:
            alike = (group for group in groups if _close(group[0], line, y, height))
            (next(alike, None) or _new(groups)).append(line)
    largest = max(groups, key=len, default=[])
    number = sum(map(len, groups))
    return [_Together(group[0], group, _label(group, number, group is largest)) for group in groups]


def said_of(lines: Sequence[Line]) -> str:
    """Return what lines with points say in words, with the labels of those that say the same together."""
    labels: dict[str, list[str]] = {}
    for line in lines:
        if line.points:
            labels.setdefault(line.said, []).append(line.label)
    return "; ".join(f"{listed(some)}: {said}" for said, some in labels.items())


def _new(groups: list[list[Line]]) -> list[Line]:
    groups.append([])
    return groups[-1]


def _close(one: Line, other: Line, y: Axis, height: float) -> bool:
    if [x for x, _ in one.points] != [x for x, _ in other.points]:
        return False
    pairs = zip(one.points, other.points, strict=True)
    distances = [_down(y, a, height) - _down(y, b, height) for (_, a), (_, b) in pairs]
    return math.hypot(*distances) <= CLOSE * math.sqrt(len(distances))


def _label(group: Sequence[Line], number: int, largest: bool) -> str:
    """Return the label of lines that coincide; the largest group is "all" or "others", if it has three or more."""
    if len(group) == 1:
        return group[0].label
    if len(group) == number:
        return f"all {number}" if number > 2 else "both"
    if len(group) > 2 and largest:
        return f"{len(group)} others"
    return f"{group[0].label} +{len(group) - 1}"


def _down(y: Axis, value: float, height: float) -> float:
    """Return the distance of a value from the upper end of a vertical axis in pixels."""
    return (1 - y.share(value)) * height


def _lines(together: Sequence[_Together], x: Axis, y: Axis, dots: bool) -> list[alt.Chart]:
    """Return the layer of all lines, of which those of a lower place in the record are on top, and that of the dots.

    The description of a line is that of its first point. A line of one point is a dot.
    """
    order = list(reversed(together))
    found = []
    if order:
        paths = alt.Chart(data(_points(order, False))).mark_line(aria=True, strokeWidth=STROKE)
        look: Encoding = {"stroke": alt.Stroke("colour:N", scale=None), "strokeDash": _dash(together)}
        found.append(paths.encode(x=x.x("x"), y=y.y("y"), description=alt.Description("tip:N"), **look))
    if marked := [one for one in order if dots or len(one.first.points) == 1]:
        marks = alt.Chart(data(_points(marked, True))).mark_point(aria=True, filled=True, size=30, opacity=1)
        fill = alt.Fill("colour:N", scale=None)
        found.append(marks.encode(x=x.x("x"), y=y.y("y"), description=alt.Description("tip:N"), fill=fill))
    return found


def _points(order: Sequence[_Together], dots: bool) -> Columns:
    every = [(one, place, x, y) for one in order for place, (x, y) in enumerate(one.first.points)]
    return {
        "x": [x for _, _, x, _ in every],
        "y": [y for _, _, _, y in every],
        "line": [one.first.label for one, _, _, _ in every],
        "colour": [colour(one.first.place) for one, _, _, _ in every],
        "tip": [one.tip if dots or not place else "" for one, place, _, _ in every],
    }


def _ways(
    together: Sequence[_Together], ends: Sequence[tuple[float, float]], places: Sequence[float], width: float
) -> list[alt.Chart]:
    """Return the layers of thin lines from the ends of lines to their labels, and of a piece of each line there."""
    if not together:
        return []
    begin, end = width + AWAY - SAMPLE - 4, width + AWAY - 4
    ways: Columns = {
        "x": [across for across, _ in ends],
        "x2": [begin] * len(ends),
        "y": [down for _, down in ends],
        "y2": [*places],
        "colour": [colour(one.first.place) for one in together],
    }
    samples: Columns = {
        **ways,
        "x": [begin] * len(ends),
        "x2": [end] * len(ends),
        "y": [*places],
        "line": [one.first.label for one in together],
    }
    x, y = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    look: Encoding = {
        "x": x,
        "x2": alt.X2("x2:Q"),
        "y": y,
        "y2": alt.Y2("y2:Q"),
        "stroke": alt.Stroke("colour:N", scale=None),
    }
    return [
        alt.Chart(data(ways)).mark_rule(strokeWidth=1).encode(**look),
        alt.Chart(data(samples)).mark_rule(strokeWidth=STROKE).encode(strokeDash=_dash(together), **look),
    ]


def _dash(together: Sequence[_Together]) -> alt.StrokeDash:
    """Return the channel of the dashes of lines."""
    domain, patterns = [one.first.label for one in together], [dashes(one.first.place) for one in together]
    return alt.StrokeDash("line:N", scale=alt.Scale(domain=domain, range=patterns), legend=None)
