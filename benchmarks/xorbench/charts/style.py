"""Style of figures: colours by role, and colours and dashes that distinguish implementations.

A figure names roles instead of colours. A page defines the roles for light and dark, and so does each file.
"""

import itertools
import unicodedata
from collections.abc import Iterable, Mapping

LONGEST_LABEL = 26

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
    "series-3": "#3b93c7",
    "series-4": "#b87f00",
    "series-5": "#b0568f",
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
    "series-3": "#8fc7ee",
    "series-4": "#e69f00",
    "series-5": "#d68fb8",
    "series-6": "#9a9a9a",
    **_bands("#3f9fdb", _DARK_BAND, "#e8833a"),
}

COLOURS = 7
DASHES = [[], [7, 3], [2, 2], [7, 2, 2, 2], [11, 2]]
"""Dashes of lines; the first line has none. They are 5 and colours 7, so that no two of 35 lines look the same."""

STROKE = 2
"""The width of every line that stands for data, in pixels."""

EXECUTIONS: Mapping[str, tuple[str, str]] = {"compiled": ("square", "series-0"), "eager": ("circle", "series-1")}
"""The shape and the role of the colour of the marks of compiled and of eager implementations."""

OTHER_EXECUTION = ("diamond", "series-6")

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def role(name: str) -> str:
    """Return the colour of a role as a figure refers to it."""
    return f"var(--{name})"


def definitions(names: Iterable[str], colours: Mapping[str, str]) -> str:
    """Return CSS declarations that give the roles `names` their colours in a theme."""
    return "".join(f"--{name}:{colours[name]};" for name in names)


def labels(names: Iterable[str]) -> dict[str, str]:
    """Return for each name a unique label on one line of at most LONGEST_LABEL characters."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        line = " ".join("".join(c if c.isprintable() else " " for c in name).split()) or "(no name)"
        short = line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1] + "…"
        candidates = itertools.chain([short], (f"{short[: LONGEST_LABEL - 6]}…({n})" for n in itertools.count(2)))
        found[name] = next(label for label in candidates if label not in found.values())
    return found


def colour(number: int) -> str:
    """Return the colour of the implementation at place `number` in a record."""
    return role(f"series-{number % COLOURS}")


def dashes(number: int) -> list[int]:
    """Return the dashes of the line of the implementation at place `number` in a record."""
    return DASHES[number % len(DASHES)]


TEXT = 11
"""The size of text in pixels."""


def width_of(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Return a width in pixels that `text` hardly exceeds in any common font without serifs.

    It does not depend on the fonts of this machine, so that a picture is the same on every machine.
    """
    return sum(map(_ems, text)) * size * (1.12 if bold else 1)


def _ems(character: str) -> float:
    """Return a width of a character in units of the size of the text; that of a common wide font, rounded up."""
    if character in " .,:;'|!()[]/-Iifjlrt":
        return 0.42
    if character in "@%mwMW+=<>&×←→…" or unicodedata.east_asian_width(character) in "WF":
        return 1.05
    return 0.66


def fitted(text: str, width: float, size: float = TEXT) -> str:
    """Return `text`, shortened with an ellipsis if it would be wider than `width` pixels."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Return places that are at least `gap` apart, in the same order and as close to `places` as possible.

    They are from `low` to `high`, if there is room. Groups of places that are too close are centred on their mean.
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    groups: list[tuple[float, list[int]]] = []
    for rank, number in enumerate(order):
        groups.append((places[number] - gap * rank, [number]))  # at least `gap` apart is in order, less the gaps
        while len(groups) > 1 and groups[-1][0] < groups[-2][0]:
            (one, some), (other, others) = groups[-2:]
            mean = (one * len(some) + other * len(others)) / (len(some) + len(others))
            groups[-2:] = [(mean, some + others)]
    found = [0.0] * len(places)
    highest = high - gap * (len(places) - 1)
    rank = 0
    for middle, numbers in groups:
        for number in numbers:
            found[number] = max(low, min(highest, middle)) + gap * rank
            rank += 1
    return found
