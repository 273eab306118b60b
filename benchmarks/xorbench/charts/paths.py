"""SVG paths in pixels, and marks: paths with fill, line and a description of the data that they represent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Place = tuple[float, float]
"""A point in pixels: to the right of, and below, the upper left corner of a plot."""

GLYPHS: dict[str, tuple[float, float, str]] = {
    "circle": (-4.5, 0, "a4.5,4.5 0 1 0 9,0a4.5,4.5 0 1 0 -9,0Z"),
    "small": (-2.7, 0, "a2.7,2.7 0 1 0 5.4,0a2.7,2.7 0 1 0 -5.4,0Z"),
    "ring": (-4, 0, "a4,4 0 1 0 8,0a4,4 0 1 0 -8,0Z"),
    "square": (-4, -4, "h8v8h-8Z"),
    "diamond": (0, -5.5, "l5.5,5.5l-5.5,5.5l-5.5,-5.5Z"),
    "triangle-up": (0, -4.5, "l5,8.5h-10Z"),
    "dot": (-1.5, 0, "a1.5,1.5 0 1 0 3,0a1.5,1.5 0 1 0 -3,0Z"),
    "bar": (-7, -4.5, "h14v9h-14Z"),
    "hollow": (-6, -3.5, "h12v7h-12Z"),
    "band": (-4, -6, "h8v12h-8Z"),
    "thin": (-8, 0, "h16"),
    "interval": (-7, 0, "h14m-14,-3v6m14,-6v6"),
}
"""The shapes of marks and legend entries: the start of the path relative to the centre, and the path from there."""


@dataclass(frozen=True)
class Mark:
    """A path with its fill and its line; colours are as `style.role` returns them, "" for what is not drawn.

    `width` and `dashes` are those of the line, in pixels; a line without dashes is solid. `tip` describes the data that
    the mark represents; it is "" if there are none.
    """

    path: str
    fill: str = ""
    stroke: str = ""
    width: float = 1
    dashes: Sequence[int] = ()
    opacity: float = 1
    round_ends: bool = False
    tip: str = ""


def number(value: float) -> str:
    """Return a number with at most one decimal."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def line(places: Iterable[Place], closed: bool = False) -> str:
    """Return the path through `places`, and back to the first if it is `closed`.

    Horizontal and vertical pieces are written with the short commands H and V.
    """
    found: list[str] = []
    before = ("", "")
    for x, y in places:
        here = number(x), number(y)
        if not found:
            found.append(f"M{here[0]},{here[1]}")
        elif here[1] == before[1]:
            found.append(f"H{here[0]}")
        elif here[0] == before[0]:
            found.append(f"V{here[1]}")
        else:
            found.append(f"L{here[0]},{here[1]}")
        before = here
    return "".join([*found, "Z"] if closed else found)


def rectangle(x: float, y: float, x2: float, y2: float) -> str:
    """Return the path around the rectangle with the opposite corners (x, y) and (x2, y2)."""
    return line([(x, y), (x2, y), (x2, y2), (x, y2)], closed=True)


def glyph(name: str, x: float, y: float) -> str:
    """Return the path of the shape `name` of GLYPHS with its centre at (x, y)."""
    across, down, path = GLYPHS[name]
    return f"M{number(x + across)},{number(y + down)}{path}"
