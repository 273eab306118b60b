"""What tables are made of: a title, cells of text, and what stands under them; and numbers as text.

Cells are text, so that every format prints the same digits. Units stand in the heads.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from xorbench.estimates.intervals import Interval

NONE, UNKNOWN, UNDEFINED = "–", "unknown", "undefined"

WORDS = {
    NONE: "does not apply, or was not asked",
    UNKNOWN: "the system does not tell",
    UNDEFINED: "not a finite number",
}
"""What may stand in a cell instead of a number, and the footnote that explains it."""

LONGEST_CELL = 120
LONGEST_SENTENCE = 4000


@dataclass(frozen=True)
class Table:
    """What the table is called, its cells, and what stands under them: warnings, notes, and how it came about.

    `measured` has an interval, or None, for each line: what a format may draw beside the line. All text is plain: one
    line of printable characters, which formats escape.
    """

    title: str
    frame: pd.DataFrame
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    caption: str = ""
    measured: Sequence[Interval | None] = ()

    def __post_init__(self) -> None:
        cells = [[plain(cell) for cell in line] for line in self.frame.to_numpy()]
        frame = pd.DataFrame(cells, columns=[plain(head) for head in self.frame.columns], dtype=object)
        used = {cell for line in cells for cell in line} & WORDS.keys()
        explained = [f"{word}: {why}." for word, why in WORDS.items() if word in used]
        self._set(title=plain(self.title), frame=frame, caption=plain(self.caption, LONGEST_SENTENCE))
        self._set(notes=[plain(note, LONGEST_SENTENCE) for note in dict.fromkeys([*self.notes, *explained])])
        self._set(warnings=[plain(warning, LONGEST_SENTENCE) for warning in self.warnings])

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def below(self) -> list[str]:
        """The sentences under the table, warnings first."""
        return [*self.warnings, *self.notes, *filter(None, [self.caption])]


def plain(text: object, longest: int = LONGEST_CELL) -> str:
    """One line of at most so many printable characters; what cannot be printed is shown as �."""
    line = " ".join(str(text)[: 2 * longest].split())
    shown = "".join("�" if unicodedata.category(character)[0] == "C" else character for character in line)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def decimals(width: float) -> int:
    """So that half of an interval's width shows two digits; below 0 where these are tens, hundreds and so on."""
    return min(4, 1 - math.floor(math.log10(width / 2))) if width > 0 else 4


def rounded(value: float, digits: int) -> str:
    """With so many decimals, thousands apart."""
    return f"{round(value, digits):,.{max(0, digits)}f}"


def significant(value: float, digits: int) -> str:
    """With so many decimals; where that would print 0 for another number, with its first digit that is not 0.

    A number nearer to 0 than 0.0001 is written with a power of ten then.
    """
    if not value or round(value, digits):
        return rounded(value, digits)
    return f"{value:.0e}" if abs(value) < 1e-4 else rounded(value, -math.floor(math.log10(abs(value))))


def three_digits(value: float | None) -> str:
    """Three significant digits, with thousands apart; a power of ten where that is shorter."""
    if value is None:
        return NONE
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    return rounded(value, max(0, 2 - math.floor(math.log10(abs(value))) if value else 0))


def with_ends(measured: Interval | None) -> tuple[str, str]:
    """A number and its interval, with as many digits as that allows; one at least of every number but 0."""
    if measured is None:
        return NONE, NONE
    if measured.low is None or measured.high is None:
        return f"{measured.value:.2f}", NONE
    digits = decimals(measured.high - measured.low)
    value, low, high = (significant(number, digits) for number in (measured.value, measured.low, measured.high))
    return value, f"{low} to {high}"


def between(measured: Interval | None, unit: float = 1) -> str:
    """A number with its interval in one cell, in a unit of which it has so many."""
    if measured is None:
        return UNKNOWN
    if measured.low is None or measured.high is None:
        return three_digits(measured.value * unit)
    value, ends = with_ends(Interval(measured.value * unit, measured.low * unit, measured.high * unit))
    return f"{value} ({ends})"


def scientific(value: float | None) -> str:
    """Two significant digits and a power of ten."""
    return NONE if value is None else f"{value:.1e}"
