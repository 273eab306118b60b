"""Type of a table (title, cells, sentences under it), and functions that format numbers as cells.

Cells are text, so that every format prints the same digits. Units are given in the column heads.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from xorbench.estimates.intervals import Interval

NOT_APPLICABLE, NONE, UNKNOWN, UNDEFINED = "n/a", "–", "unknown", "undefined"

WORDS = {
    NOT_APPLICABLE: "not applicable",
    NONE: "not measured",
    UNKNOWN: "not reported by the system",
    UNDEFINED: "not a finite number",
}
"""Words and signs that a cell may hold instead of a number, with the footnote that explains each."""

LONGEST_CELL = 120
LONGEST_SENTENCE = 4000


@dataclass(frozen=True)
class Table:
    """A table: its title, its cells, and the sentences under it (warnings, notes, and the caption of its record).

    `measured` holds an interval or None for each line, which a format may draw beside the line. Every text is one line
    of printable characters; formats escape it.
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
        """All sentences under the table: warnings, notes, caption."""
        return [*self.warnings, *self.notes, *filter(None, [self.caption])]


def plain(text: object, longest: int = LONGEST_CELL) -> str:
    """Return `text` as one line of at most `longest` characters; unprintable characters become �."""
    line = " ".join(str(text)[: 2 * longest].split())
    shown = "".join("�" if unicodedata.category(character)[0] == "C" else character for character in line)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def decimals(width: float) -> int:
    """Return the number of decimals at which half of an interval's `width` has two significant digits, at most 4.

    It is negative where a number is to be rounded to tens, hundreds and so on.
    """
    return min(4, 1 - math.floor(math.log10(width / 2))) if width > 0 else 4


def rounded(value: float, digits: int) -> str:
    """Return `value` as text, rounded to `digits` decimals, with separators of thousands."""
    return f"{round(value, digits):,.{max(0, digits)}f}"


def significant(value: float, digits: int) -> str:
    """Return `value` as text with `digits` decimals; a number that this would round to 0 has one significant digit.

    Such a number is written with a power of ten if its absolute value is below 0.0001.
    """
    if not value or round(value, digits):
        return rounded(value, digits)
    return f"{value:.0e}" if abs(value) < 1e-4 else rounded(value, -math.floor(math.log10(abs(value))))


def three_digits(value: float | None) -> str:
    """Return `value` with three significant digits, with a power of ten outside 0.001 to 100,000; NONE for None."""
    if value is None:
        return NONE
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    return rounded(value, max(0, 2 - math.floor(math.log10(abs(value))) if value else 0))


def with_ends(measured: Interval | None) -> tuple[str, str]:
    """Return a number and its interval as two texts, with as many digits as the width of the interval justifies.

    A number other than 0 keeps at least one significant digit. What is missing is NONE.
    """
    if measured is None:
        return NONE, NONE
    if measured.low is None or measured.high is None:
        return f"{measured.value:.2f}", NONE
    digits = decimals(measured.high - measured.low)
    value, low, high = (significant(number, digits) for number in (measured.value, measured.low, measured.high))
    return value, f"{low} to {high}"


def between(measured: Interval | None, unit: float = 1) -> str:
    """Return a number and its interval as one text, both multiplied by `unit`; UNKNOWN for None."""
    if measured is None:
        return UNKNOWN
    if measured.low is None or measured.high is None:
        return three_digits(measured.value * unit)
    value, ends = with_ends(Interval(measured.value * unit, measured.low * unit, measured.high * unit))
    return f"{value} ({ends})"


def listed(parts: Sequence[str]) -> str:
    """Return parts of a sentence joined by commas and, before the last one, "and"."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def scientific(value: float | None) -> str:
    """Return `value` with two significant digits and a power of ten; NONE for None."""
    return NONE if value is None else f"{value:.1e}"


def factor(ratio: Interval) -> str:
    """Return how many times faster or slower a ratio to the baseline is, or "not separated"."""
    if ratio.low is not None and ratio.high is not None and ratio.low <= 1 <= ratio.high:
        return "not separated"
    value, _ = with_ends(_turned(ratio))
    return f"{value}x {'slower' if ratio.value > 1 else 'faster'}"


def ends(ratio: Interval) -> str:
    """Return the interval of the factor of a ratio as text."""
    return with_ends(_turned(ratio))[1]


def _turned(ratio: Interval) -> Interval:
    if ratio.value >= 1 or ratio.low is None or ratio.high is None:
        return ratio
    return Interval(1 / ratio.value, 1 / ratio.high, 1 / ratio.low)
