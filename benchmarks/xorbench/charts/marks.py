"""Marks that several figures have: straight pieces, areas and points, by the values of an axis and by pixels."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from xorbench.charts import paths
from xorbench.charts.paths import Mark
from xorbench.charts.style import STROKE, role
from xorbench.estimates.intervals import Interval

CAP = 3
"""Half of the length of the strokes at the ends of an interval, in pixels: an interval can be seen, however narrow."""

Across = Callable[[float], float]
"""A function from a value to its place in pixels, such as that of `Axis.over`."""


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
    """A mark at `x` on an axis and `y` in pixels; its shape is one of `paths.GLYPHS`."""

    x: float
    y: float
    colour: str
    shape: str
    tip: str


def lines(across: Across, pieces: Iterable[Piece], width: float = STROKE) -> Iterator[Mark]:
    """Yield straight lines of a width in pixels."""
    for piece in pieces:
        path = paths.line([(across(piece.x), piece.y), (across(piece.x2), piece.y2)])
        yield Mark(path, stroke=role(piece.colour), width=width, tip=piece.tip)


def areas(across: Across, pieces: Iterable[Piece], opacity: float = 1) -> Iterator[Mark]:
    """Yield filled rectangles."""
    for piece in pieces:
        yield Mark(_around(across, piece), fill=role(piece.colour), opacity=opacity, tip=piece.tip)


def outlines(across: Across, pieces: Iterable[Piece]) -> Iterator[Mark]:
    """Yield rectangles that are not filled."""
    for piece in pieces:
        yield Mark(_around(across, piece), stroke=role(piece.colour), width=STROKE, tip=piece.tip)


def points(across: Across, marks: Iterable[Point]) -> Iterator[Mark]:
    """Yield points."""
    for mark in marks:
        yield Mark(paths.glyph(mark.shape, across(mark.x), mark.y), fill=role(mark.colour), tip=mark.tip)


def whiskers(measured: Iterable[tuple[Interval, float]], colour: str = "ink") -> Sequence[Piece]:
    """Return the pieces of intervals with a stroke at each end, each interval at a height in pixels."""
    found: list[Piece] = []
    for interval, y in measured:
        if interval.low is not None and interval.high is not None:
            low, high = interval.low, interval.high
            found.append(Piece(low, high, y, y, colour))
            found += [Piece(end, end, y - CAP, y + CAP, colour) for end in (low, high)]
    return found


def _around(across: Across, piece: Piece) -> str:
    return paths.rectangle(across(piece.x), piece.y, across(piece.x2), piece.y2)
