"""Layers that several figures have: straight pieces, areas and points, by pixels or by the values of an axis."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from xorbench.charts.axes import Axis
from xorbench.charts.figure import Columns, Encoding, data
from xorbench.charts.style import STROKE, role
from xorbench.estimates.intervals import Interval

Layer = alt.Chart

CAP = 3
"""Half of the length of the strokes at the ends of an interval, in pixels: an interval can be seen, however narrow."""


@dataclass(frozen=True)
class Piece:
    """A straight line or the rectangle around it: from `x` to `x2` on an axis, from `y` to `y2` in pixels."""

    x: float
    x2: float
    y: float
    y2: float
    colour: str = "ink"
    tip: str = ""


@dataclass(frozen=True)
class Point:
    """A mark at `x` on an axis and `y` in pixels."""

    x: float
    y: float
    colour: str
    shape: str
    tip: str


def lines(axis: Axis, pieces: Sequence[Piece], **look: Any) -> list[Layer]:
    """Return a layer of straight lines, in a list that is empty if there is none."""
    return _pieces(axis, pieces, "rule", {"strokeWidth": STROKE, **look}, "stroke")


def areas(axis: Axis, pieces: Sequence[Piece], **look: Any) -> list[Layer]:
    """Return a layer of filled rectangles, in a list that is empty if there is none."""
    return _pieces(axis, pieces, "rect", look, "fill")


def _pieces(
    axis: Axis, pieces: Sequence[Piece], mark: Literal["rule", "rect"], look: Encoding, paint: str
) -> list[Layer]:
    if not pieces:
        return []
    columns: Columns = {
        "x": [piece.x for piece in pieces],
        "x2": [piece.x2 for piece in pieces],
        "y": [piece.y for piece in pieces],
        "y2": [piece.y2 for piece in pieces],
        "colour": [role(piece.colour) for piece in pieces],
        "tip": [piece.tip for piece in pieces],
    }
    channels: Encoding = {
        paint: alt.Fill("colour:N", scale=None) if paint == "fill" else alt.Stroke("colour:N", scale=None)
    }
    if any(piece.tip for piece in pieces):
        look, channels = look | {"aria": True}, channels | {"description": alt.Description("tip:N")}
    chart = alt.Chart(data(columns), mark=alt.MarkDef(type=mark, **look))
    return [chart.encode(x=axis.x("x"), x2="x2:Q", y=pixels("y"), y2="y2:Q", **channels)]


def pixels(field: str) -> alt.Y:
    """Return the vertical channel of a field in pixels."""
    return alt.Y(f"{field}:Q", scale=None, axis=None)


def points(axis: Axis, marks: Sequence[Point], size: float = 64) -> list[Layer]:
    """Return a layer of points, in a list that is empty if there is none; `size` is the area of one."""
    if not marks:
        return []
    columns: Columns = {
        "x": [mark.x for mark in marks],
        "y": [mark.y for mark in marks],
        "shape": [mark.shape for mark in marks],
        "colour": [role(mark.colour) for mark in marks],
        "tip": [mark.tip for mark in marks],
    }
    chart = alt.Chart(data(columns)).mark_point(aria=True, filled=True, opacity=1, size=size)
    return [
        chart.encode(
            x=axis.x("x"),
            y=pixels("y"),
            shape=alt.Shape("shape:N", scale=None),
            fill=alt.Fill("colour:N", scale=None),
            description=alt.Description("tip:N"),
        )
    ]


def sides(piece: Piece) -> list[Piece]:
    """Return the four sides of a rectangle."""
    x, x2, y, y2 = piece.x, piece.x2, piece.y, piece.y2
    corners = [(x, x2, y, y), (x, x2, y2, y2), (x, x, y, y2), (x2, x2, y, y2)]
    return [Piece(*corner, piece.colour, piece.tip) for corner in corners]


def whiskers(measured: Iterable[tuple[Interval, float]], colour: str = "ink") -> list[Piece]:
    """Return the pieces of intervals with a stroke at each end, each interval at a height in pixels."""
    found: list[Piece] = []
    for interval, y in measured:
        if interval.low is not None and interval.high is not None:
            low, high = interval.low, interval.high
            found.append(Piece(low, high, y, y, colour))
            found += [Piece(end, end, y - CAP, y + CAP, colour) for end in (low, high)]
    return found
