"""Type of a table (title, cells, sentences under it), and functions that format numbers as cells.

Cells are text, so that every format prints the same digits; a cell of a measured quantity also carries its numbers, for
CSV. Units are given in the column heads.
"""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from xorbench.estimates.intervals import Interval

NOT_APPLICABLE, NONE, UNKNOWN, UNDEFINED = "n/a", "–", "unknown", "undefined"

WIDE = "over a factor of ten"
"""The words in place of the ends of an interval whose upper end is more than ten times its lower end."""

WORDS = {
    NOT_APPLICABLE: "not applicable",
    NONE: "not measured",
    UNKNOWN: "not reported by the system",
    UNDEFINED: "not a finite number",
    WIDE: "the upper end of the interval is more than ten times its lower end",
}
"""Words and signs that a cell may hold instead of a number, with the footnote that explains each."""

LONGEST_CELL = 120
LONGEST_SENTENCE = 4000


class Measured(str):
    """The text of a cell that shows a measured quantity, with the `numbers` in it: "value", "low" and "high", or some.

    A data frame keeps these cells only if its dtype is object.
    """

    numbers: dict[str, float]

    def __new__(cls, text: str, **numbers: float) -> "Measured":
        """Return `text` with `numbers` by their names."""
        cell = super().__new__(cls, text)
        cell.numbers = numbers
        return cell


def numbers_of(cell: str) -> Mapping[str, float]:
    """Return the numbers that a cell carries, by their names; none if it is not Measured."""
    return cell.numbers if isinstance(cell, Measured) else {}


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
        cells = [
            [cell if isinstance(cell, Measured) else plain(cell) for cell in line] for line in self.frame.to_numpy()
        ]
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
    shown = line
    if not line.isprintable():
        shown = "".join("�" if unicodedata.category(character)[0] == "C" else character for character in line)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def plain_ends(text: object, longest: int) -> str:
    """Return `text` as `plain` does, but with words in its middle left out where it is too long.

    For sentences whose end says most, such as the line of an exception.
    """
    line = plain(text, LONGEST_SENTENCE)
    if len(line) <= longest:
        return line
    half = (longest - len(" … ")) // 2
    start, end = line[:half], line[-half:]
    return f"{start.rpartition(' ')[0] or start} … {end.partition(' ')[2] or end}"


WIDEST = 10.0
"""The largest ratio of the ends of an interval that is stated in numbers."""

DIGITS, MOST_DIGITS, MOST_DIGITS_OF_FEW = 3, 5, 4
"""Significant digits of a value, the most of its ends, and the most of both where few processes were measured."""

FEW_PROCESSES = 5
"""The number of processes below which a number has at most MOST_DIGITS_OF_FEW significant digits."""


def decimals(low: float, high: float, processes: int | None = None) -> int:
    """Return the number of decimals at which half the width of an interval has two significant digits.

    It is smaller where the ends would have more than MOST_DIGITS significant digits, or MOST_DIGITS_OF_FEW if they come
    from fewer than FEW_PROCESSES `processes`. It is negative where a number is to be rounded to tens and so on.
    """
    few = processes is not None and processes < FEW_PROCESSES
    most = _decimals(max(abs(low), abs(high)), MOST_DIGITS_OF_FEW if few else MOST_DIGITS)
    half = (high - low) / 2
    return min(most, _decimals(half, 2)) if half > 0 else most


def _decimals(value: float, digits: int) -> int:
    """Return the number of decimals at which `value` has so many significant digits; 0 is treated as 1."""
    return digits - 1 - (math.floor(math.log10(abs(value))) if value else 0)


def rounded(value: float, digits: int) -> str:
    """Return `value` as text, rounded to `digits` decimals, with separators of thousands.

    A rounded number outside 0.0001 to 10^9 is written with a power of ten.
    """
    found = round(value, digits)
    if found and not 1e-4 <= abs(found) < 1e9:
        return f"{found:.{max(0, digits + math.floor(math.log10(abs(found))))}e}"
    return f"{found:,.{max(0, digits)}f}"


def significant(value: float, digits: int) -> str:
    """Return `value` as text with `digits` decimals; a number that this would round to 0 has one significant digit."""
    return rounded(value, digits if not value or round(value, digits) else _decimals(value, 1))


def three_digits(value: float | None) -> str:
    """Return `value` with three significant digits, with a power of ten outside 0.001 to 100,000; NONE for None."""
    if value is None:
        return NONE
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    return rounded(value, max(0, 2 - math.floor(math.log10(abs(value))) if value else 0))


def with_ends(measured: Interval | None, processes: int | None = None, signed: bool = False) -> tuple[str, str]:
    """Return a number and its interval as two texts, with as many digits as the interval justifies.

    This is how every measured quantity is printed. The ends have two significant digits of half the width of the
    interval; the value has three significant digits, or as many more as it takes to lie between the ends as they are
    printed. `processes` is the number of processes that were measured: few of them limit the digits. No number other
    than 0 is printed as 0. An interval of positive numbers wider than a factor of ten is WIDE, and its value has one
    digit, unless the quantity may also be negative (`signed`). What is missing is NONE. Both texts carry their numbers.
    """
    if measured is None:
        return NONE, NONE
    value, low, high = measured.value, measured.low, measured.high
    if low is None or high is None:
        return Measured(three_digits(value), value=value), NONE
    if not signed and low > 0 and high > WIDEST * low:
        return Measured(rounded(value, _decimals(value, 1)), value=value), Measured(WIDE, low=low, high=high)
    digits = decimals(low, high, processes)
    fewer = range(min(digits, _decimals(value, DIGITS)), digits)
    within = (d for d in fewer if round(low, digits) <= round(value, d) <= round(high, digits))
    ends = f"{significant(low, digits)} to {significant(high, digits)}"
    return Measured(significant(value, next(within, digits)), value=value), Measured(ends, low=low, high=high)


def between(measured: Interval | None, unit: float = 1, processes: int | None = None, signed: bool = False) -> str:
    """Return a number and its interval as one text, both multiplied by `unit`; UNKNOWN for None.

    The text carries its numbers.
    """
    if measured is None:
        return UNKNOWN
    value, ends = with_ends(measured.times(unit), processes, signed)
    return Measured(f"{value} ({ends})", **numbers_of(value), **numbers_of(ends)) if numbers_of(ends) else value


def factor(ratio: Interval, processes: int | None = None) -> str:
    """Return how many times faster or slower a ratio to the baseline is: "1.93x faster" for 0.518.

    It is "not separated" where the interval contains 1, and "about 1.93x faster" without an interval.
    """
    return _factor(ratio, with_ends(_times(ratio), processes)[0])


def ends(ratio: Interval, processes: int | None = None) -> str:
    """Return the interval of `factor(ratio)`: "1.916 to 1.947" for 0.5137 to 0.5220.

    It is the interval of the ratio itself where that contains 1, and NONE without an interval.
    """
    return with_ends(_times(ratio), processes)[1]


def plain_factor(ratio: Interval) -> str:
    """Return `factor(ratio)` for a sentence: with two significant digits, or more where two would read as 1."""
    times = _times(ratio).value
    digits = next((digits for digits in range(2, MOST_DIGITS) if float(f"{times:.{digits - 1}e}") != 1), 2)
    value = float(f"{times:.{digits - 1}e}")
    return _factor(ratio, rounded(value, _decimals(value, digits)))


def _times(ratio: Interval) -> Interval:
    """Return how many times faster a ratio below 1 is; any other ratio, or one that is not separated from 1, itself."""
    return ratio if ratio.value >= 1 or ratio.verdict == "not separated" else ratio.inverse


def _factor(ratio: Interval, times: str) -> str:
    if ratio.verdict == "not separated":
        return ratio.verdict
    text = f"{times}x {'faster' if ratio.value < 1 else 'slower'}"
    return text if ratio.low is not None else f"about {text}"


def listed(parts: Sequence[str], most: int | None = None) -> str:
    """Return parts of a sentence joined by commas and, before the last one, "and".

    Of more than `most` parts, only the first ones are named, and the number of the others is the last part.
    """
    if most is not None and len(parts) > most:
        parts = [*parts[:most], f"{len(parts) - most} more"]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def letter(number: int, alphabet: str) -> str:
    """Return the letter of a number from 0, as in "a" to "z", and then "aa" and so on."""
    before, here = divmod(number, len(alphabet))
    return (letter(before - 1, alphabet) if before else "") + alphabet[here]


def scientific(value: float | None) -> str:
    """Return `value` with two significant digits and a power of ten; NONE for None."""
    return NONE if value is None else f"{value:.1e}"


def number_or_undefined(value: float | None) -> str:
    """Return a number with three digits; UNDEFINED for None, which stands for one that is not finite."""
    return UNDEFINED if value is None else three_digits(value)
