"""Panels of lines by implementation: labelled where they end, and one line for all that nearly coincide."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from xorbench.charts import paths
from xorbench.charts.axes import Axis
from xorbench.charts.figure import Label, Panel, margin_of
from xorbench.charts.paths import Mark, Place
from xorbench.charts.style import STROKE, TEXT, colour, dashes, fitted, role, spread, width_of
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

OTHERS = Mark("", stroke=role("muted"), width=STROKE)
"""The look of lines without a label of their own."""


@dataclass(frozen=True)
class Line:
    """The line of an implementation: its label, its place in the record, its points by rising x, and these in words."""

    label: str
    place: int
    points: Sequence[tuple[float, float]]
    said: str


@dataclass(frozen=True)
class _Together:
    """Lines that coincide, with the label of all, and a mark without a path that looks like them."""

    first: Line
    lines: Sequence[Line]
    label: str
    look: Mark

    @property
    def tip(self) -> str:
        return said_of(self.lines)

    @property
    def end(self) -> tuple[float, float]:
        return self.first.points[-1]


def panel(
    title: str,
    text: str,
    x: Axis,
    y: Axis,
    lines: Sequence[Line],
    dots: bool = False,
    notes: Sequence[str] = (),
    height: float = HEIGHT,
    most: int | None = None,
) -> Panel:
    """Return a panel of lines; with `dots` their points are marked. The panel grows with the number of labels.

    If there are more than `most` lines, those that end highest have a label each; the others are grey and share one.
    """
    together, labelled = _labelled(coinciding(lines, y, height), most)
    height = max(height, GAP * len(labelled))
    widths = [width_of(one.label) for one in labelled]
    found = Panel(
        title,
        text,
        [],
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
    across, up = x.over(found.width), y.over(height)

    def place_of(point: tuple[float, float]) -> Place:
        return across(point[0]), height - up(point[1])

    ends = [place_of(one.end) for one in labelled]
    beside = spread([down for _, down in ends], GAP, TEXT / 2, height - TEXT / 2)
    labels = [
        Label(found.width + AWAY, place, fitted(one.label, WIDEST)) for one, place in zip(labelled, beside, strict=True)
    ]
    marks = [*_lines(together, place_of, dots), *_ways(labelled, ends, beside, found.width)]
    return replace(found, marks=marks, labels=labels)


def _labelled(together: list[_Together], most: int | None) -> tuple[list[_Together], list[_Together]]:
    """Return the lines as they are drawn, and those with a label, of which there are at most `most`."""
    if most is None or len(together) <= most:
        return together, together
    by_end = sorted(together, key=lambda one: one.end[1])
    others = [replace(one, look=OTHERS) for one in by_end[: 1 - most]]
    named = [replace(one, label=_label(one.lines, 0, False)) for one in together if one in by_end[1 - most :]]
    label = f"{sum(len(one.lines) for one in others)} others"
    return [*named, *others], [*named, replace(others[len(others) // 2], label=label)]


def coinciding(lines: Sequence[Line], y: Axis, height: float) -> list[_Together]:
    """Return the lines, as one where they nearly coincide with the first of a group, in the order of the first."""
    groups: list[list[Line]] = []
    for line in lines:
        if line.points:
            alike = (group for group in groups if _close(group[0], line, y, height))
            (next(alike, None) or _new(groups)).append(line)
    largest = max(groups, key=len, default=[])
    number = sum(map(len, groups))
    return [_Together(group[0], group, _label(group, number, group is largest), _look(group[0])) for group in groups]


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
    up = y.over(height)
    distances = [up(a) - up(b) for (_, a), (_, b) in zip(one.points, other.points, strict=True)]
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


def _lines(
    together: Sequence[_Together], place_of: Callable[[tuple[float, float]], Place], dots: bool
) -> Iterator[Mark]:
    """Yield all lines, of which the first are on top, and then the dots. A line of one point is a dot."""
    for one in reversed(together):
        if len(one.first.points) > 1:
            yield replace(one.look, path=paths.line(map(place_of, one.first.points)), tip=one.tip)
    for one in reversed(together):
        if dots or len(one.first.points) == 1:
            for place in map(place_of, one.first.points):
                yield Mark(paths.glyph("small", *place), fill=one.look.stroke, tip=one.tip)


def _ways(
    labelled: Sequence[_Together], ends: Sequence[Place], beside: Sequence[float], width: float
) -> Iterator[Mark]:
    """Yield thin lines from the ends of lines to their labels, and a piece of each line there."""
    begin, end = width + AWAY - SAMPLE - 4, width + AWAY - 4
    for one, place, down in zip(labelled, ends, beside, strict=True):
        yield Mark(paths.line([place, (begin, down)]), stroke=one.look.stroke)
    for one, down in zip(labelled, beside, strict=True):
        yield replace(one.look, path=paths.line([(begin, down), (end, down)]))


def _look(line: Line) -> Mark:
    return Mark("", stroke=colour(line.place), width=STROKE, dashes=dashes(line.place))
