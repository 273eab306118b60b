"""Style of figures: colours by role, and colours, dashes and shapes that distinguish implementations.

A figure names roles instead of colours. The page defines the roles for light and dark; a file has the light colours.
"""

import itertools
from collections.abc import Iterable
from typing import Any

import altair as alt

LONGEST_LABEL = 40

_LIGHT_BAND, _DARK_BAND = "#f2efe8", "#25282d"

BANDS = 11
"""Number of colour bands from 0 to 1. It is odd, so that 0.5 is in the middle of a band."""


def _blend(one: str, other: str, share: float) -> str:
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def _bands(low: str, middle: str, high: str) -> dict[str, str]:
    half = BANDS // 2
    shares = [abs(number - half) / half for number in range(BANDS)]
    return {f"band-{n}": _blend(middle, low if n < half else high, share) for n, share in enumerate(shares)}


# The colour-blind-safe palette of Okabe and Ito, slightly darker where a colour would be too pale on white.
LIGHT = {
    "paper": "#fdfcfa",
    "raised": "#ffffff",
    "ink": "#1b1a18",
    "muted": "#5a574f",
    "line": "#dedad1",
    "accent": "#005f96",
    "faster": "#0072b2",
    "slower": "#d55e00",
    "series-0": "#0072b2",
    "series-1": "#d55e00",
    "series-2": "#009e73",
    "series-3": "#b0568f",
    "series-4": "#b87f00",
    "series-5": "#3b93c7",
    "series-6": "#6b6b6b",
    **_bands("#0072b2", _LIGHT_BAND, "#d55e00"),
}
DARK = {
    "paper": "#141619",
    "raised": "#1b1e22",
    "ink": "#eceae5",
    "muted": "#a9a69e",
    "line": "#34383e",
    "accent": "#7cc4f0",
    "faster": "#56b4e9",
    "slower": "#ee8a3c",
    "series-0": "#56b4e9",
    "series-1": "#ee7733",
    "series-2": "#1fc095",
    "series-3": "#d68fb8",
    "series-4": "#e69f00",
    "series-5": "#8fc7ee",
    "series-6": "#9a9a9a",
    **_bands("#3f9fdb", _DARK_BAND, "#e8833a"),
}

COLOURS = 7
DASHES = [[1, 0], [8, 4], [2, 3], [8, 3, 2, 3], [12, 3]]
SHAPES = ["circle", "square", "diamond", "triangle-up", "triangle-down"]
"""Shapes of points. Dashes and shapes are 5 and colours 7, so that no two of 35 implementations look the same."""


def role(name: str) -> str:
    """Return the colour of a role as a figure refers to it."""
    return f"var(--{name})"


def on_paper(text: str) -> str:
    """Return the text of a figure with the roles replaced by the light colours."""
    for name, colour in LIGHT.items():
        text = text.replace(role(name), colour)
    return text


def labels(names: Iterable[str]) -> dict[str, str]:
    """Return for each name a unique label on one line of at most LONGEST_LABEL characters."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        line = " ".join("".join(c if c.isprintable() else " " for c in name).split()) or "(no name)"
        short = line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1] + "…"
        candidates = itertools.chain([short], (f"{short[: LONGEST_LABEL - 5]}…({n})" for n in itertools.count(2)))
        found[name] = next(label for label in candidates if label not in found.values())
    return found


def colour(number: int) -> str:
    """Return the colour of the implementation at place `number` in a record."""
    return role(f"series-{number % COLOURS}")


def by_implementation(shown: list[str]) -> dict[str, Any]:
    """Return the channels for colour, dashes and width of lines with the labels `shown`.

    Earlier lines are wider, so that all are visible where they coincide.
    """
    cycle = range(len(shown))
    colours = alt.Scale(domain=shown, range=[colour(number) for number in cycle])
    dashes = alt.Scale(domain=shown, range=[DASHES[number % len(DASHES)] for number in cycle])
    widths = alt.Scale(domain=shown, range=[max(1.5, 4.5 - number) for number in cycle])
    return {
        "color": alt.Color("implementation:N", scale=colours),
        "strokeDash": alt.StrokeDash("implementation:N", scale=dashes),
        "strokeWidth": alt.StrokeWidth("implementation:O", scale=widths),
    }


_AXIS = {
    "labelColor": role("muted"),
    "titleColor": role("muted"),
    "gridColor": role("line"),
    "domainColor": role("line"),
    "tickColor": role("line"),
    "labelFontSize": 12,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "labelOverlap": "greedy",
}
_FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

CONFIG = {
    "font": _FONT,
    "background": "transparent",
    "axis": _AXIS,
    "legend": {
        "title": None,
        "orient": "top",
        "columns": 4,
        "labelColor": role("ink"),
        "labelFontSize": 12,
        "labelLimit": 300,
        "symbolStrokeWidth": 3,
        "symbolSize": 600,
    },
    "title": {"color": role("ink"), "fontSize": 13, "anchor": "start", "fontWeight": 600},
    "view": {"stroke": None},
    "aria": False,
}
"""Settings of all figures. Marks have no ARIA labels, because a description as text accompanies each figure."""
