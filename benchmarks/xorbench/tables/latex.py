"""Tables in LaTeX, all at one font size.

A table that is too wide for a page is set in landscape; if it is still too wide, its columns are split.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from xorbench.tables.alignment import sides
from xorbench.tables.cells import Table
from xorbench.tables.escapes import is_shown_by_code_point, of_latex, pieces

PACKAGES = ("array", "booktabs", "longtable", "pdflscape")

POINTS = 8
"""The font size, in points, of tables and of the sentences under them."""

PORTRAIT, LANDSCAPE = 40.0, 61.0
"""The widths of a page in em at that size: less than those of the article class with any of its options."""

SEPARATOR = 0.71
"""The space between two columns, in em: twice \\tabcolsep, which is 3 pt."""

WIDEST_TEXT = 16.0
"""The width in em up to which cells have one line in portrait; a table for which that is too wide is in landscape."""


@dataclass(frozen=True)
class Column:
    """A column: its head, its cells, its side ("left" or "right"), and the widths that it needs at least and at most.

    Widths are in em. The least is that of the longest part without a break, and of a number as a whole; the most is
    that of the longest cell on one line.
    """

    head: str
    cells: Sequence[str]
    side: str
    least: float
    most: float


@dataclass(frozen=True)
class Part:
    """A table or some of its columns, with their widths in em; `landscape` is whether it needs a page in landscape."""

    title: str
    columns: Sequence[Column]
    widths: Sequence[float]
    landscape: bool

    @property
    def lines(self) -> Iterator[tuple[str, ...]]:
        """The lines of cells."""
        return zip(*(column.cells for column in self.columns), strict=True)


def latex(tables: Sequence[Table]) -> str:
    """Return tables in LaTeX, for a document that loads PACKAGES.

    The caption of a record is a macro that prints it once in a document, after the first tables of that record.
    """
    captions = {table.caption: _macro(table.caption) for table in tables if table.caption}
    following = [*(table.caption for table in tables[1:]), ""]
    blocks = [
        (part, table if last else None, captions.get(table.caption, "") if last and table.caption != after else "")
        for table, after in zip(tables, following, strict=True)
        for last, part in _with_last(_parts(table))
    ]
    groups = [(wide, list(found)) for wide, found in itertools.groupby(blocks, lambda block: block[0].landscape)]
    return _LATEX.get_template("tables.tex.jinja").render(groups=groups, captions=captions, points=POINTS)


def _with_last(parts: Sequence[Part]) -> Iterator[tuple[bool, Part]]:
    yield from ((part is parts[-1], part) for part in parts)


def _macro(caption: str) -> str:
    """Return the name of the macro for a caption, which consists of letters, so that it is the same in every file."""
    digest = hashlib.sha256(caption.encode()).hexdigest()[:10]
    return "conditions" + "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


def _parts(table: Table) -> list[Part]:
    """Return the parts of a table, each of which fits on a page; none if it has no line."""
    if not len(table.frame):
        return []
    columns = [
        _column(head, table.frame.iloc[:, place].tolist(), side)
        for place, (head, side) in enumerate(zip(table.frame.columns, sides(table), strict=True))
    ]
    for landscape, room, widths in ((False, PORTRAIT, map(_usual, columns)), (True, LANDSCAPE, map(_least, columns))):
        if _together(widths) <= room:
            return [Part(table.title, columns, _widths(columns, room), landscape)]
    keys, *others = _split(columns)
    return [
        Part(f"{table.title}, part {number} of {len(others)}", found, _widths(found, LANDSCAPE), landscape=True)
        for number, some in enumerate(others, start=1)
        for found in ([*keys, *some],)
    ]


def _split(columns: Sequence[Column]) -> list[list[Column]]:
    """Return the leading columns that tell the lines apart, to be repeated in every part, then the others by part.

    If these columns leave less than half of a page, only the first is repeated.
    """
    lines = [*zip(*(column.cells for column in columns), strict=True)]
    number = next((n for n in range(1, len(columns)) if len({line[:n] for line in lines}) == len(lines)), 1)
    keys = [*columns[:number]]
    if _together(map(_least, keys)) > LANDSCAPE / 2:
        keys = keys[:1]
    parts: list[list[Column]] = [[]]
    for column in columns[len(keys) :]:
        if parts[-1] and _together(map(_least, [*keys, *parts[-1], column])) > LANDSCAPE:
            parts.append([])
        parts[-1].append(column)
    return [keys, *parts]


def _column(head: str, cells: Sequence[str], side: str) -> Column:
    """Return a column with its widths. A number wider than WIDEST_TEXT, which no table of ours has, may be broken."""
    widest = max(map(_width, cells), default=0.0)
    broken = max((_width(piece) for text in (head, *cells) for piece in pieces(text)), default=0.0)
    whole = widest if side == "right" and widest <= WIDEST_TEXT else 0.0
    least = max(1.0, broken, whole)
    return Column(head, cells, side, least, max(least, widest))


def _least(column: Column) -> float:
    return column.least


def _usual(column: Column) -> float:
    return max(column.least, min(column.most, WIDEST_TEXT))


def _together(widths: Iterable[float]) -> float:
    """Return the width in em of columns with these widths and the space between them."""
    found = [*widths]
    return sum(found) + SEPARATOR * (len(found) - 1)


def _widths(columns: Sequence[Column], room: float) -> list[float]:
    """Return the width of each column in em: as much of what it needs at most as the `room` allows."""
    wanted = sum(column.most - column.least for column in columns)
    left = max(0.0, room - _together(map(_least, columns)))
    share = min(1.0, left / wanted) if wanted > 0 else 0.0
    return [column.least + share * (column.most - column.least) for column in columns]


def _width(text: str) -> float:
    """Return the width of `text` in em, in Computer Modern and rounded up."""
    return sum(_WIDTHS.get(c) or (CODE_POINT if is_shown_by_code_point(c) else 0.56) for c in text)


CODE_POINT = 5.6

_WIDTHS = {
    **dict.fromkeys("ijl.,:;!'|[]", 0.31),
    **dict.fromkeys("frt()I- _", 0.42),
    **dict.fromkeys("0123456789", 0.5),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZw+=<>~×µ@&", 0.79),
    **dict.fromkeys("m%#", 0.84),
    **dict.fromkeys("MW", 1.03),
    **dict.fromkeys("ÀÁÂÃÄÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝ", 0.79),
    "…": 1.2,
}
"""Widths of characters in em; all others are narrower than 0.56 em, or are shown by their code points."""

_LATEX = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
    block_start_string="<%",
    block_end_string="%>",
    variable_start_string="<<",
    variable_end_string=">>",
    comment_start_string="<#",
    comment_end_string="#>",
)
_LATEX.filters["tex"] = of_latex
