"""Output on standard output: tables as text, lines of text, or one JSON document."""

import json
from collections.abc import Iterable, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid
from rich.text import Text

from xorbench.streams import printable
from xorbench.tables.bars import WIDTH as WIDTH_OF_BARS
from xorbench.tables.bars import bars, style
from xorbench.tables.cells import Table
from xorbench.tables.layout import expendable, kept, wrapped
from xorbench.tables.summary import WIDTH

_COLOURS = {
    **dict.fromkeys(("inside", "passed", "present", "kept"), "green"),
    **dict.fromkeys(("outside", "failed", "missing", "untimed", "refused", "broken", "not comparable"), "bold red"),
    **dict.fromkeys(("noise floor", "not steady", "not offered", "unknown", "undefined"), "yellow"),
}

ALWAYS = ("implementation", "verdict", "status")
"""Heads of columns that are never left out; the leftmost column is not either."""

FIRST = ("execution",)
"""Heads of columns that are left out before all others, which go from the right to the left."""

BAR = "│ is 1"
"""The head of the bars, for which a terminal has to have room beside all columns."""

EDGES = 4
"""The width of the edges of a table with one column; a further column adds GAP."""

GAP = 3

LEFT_OUT = "Columns are left out because the terminal is too narrow; a pipe shows them all: xorbench ... | less -S"


def document(content: Mapping[str, object]) -> None:
    """Print the JSON document of a command. Raises ValueError where it holds a number that is not finite."""
    print(json.dumps(content, indent=1, allow_nan=False))


def width() -> int:
    """Return the width of the terminal in characters; that of a usual one if standard output is no terminal."""
    console = Console()
    return console.width if console.is_terminal else WIDTH


def lines(shown: Iterable[str]) -> None:
    """Print lines; control characters, which may be in the name of a file, become �."""
    console = Console(highlight=False)
    for line in shown:
        console.print(Text(printable(line)), soft_wrap=True)


def tables(shown: Iterable[Table]) -> None:
    """Print tables, then their warnings and notes, each sentence once; in colour on a terminal.

    No cell is broken. A terminal that is too narrow for a table has fewer of its columns: FIRST are left out first,
    then the others from the right to the left, but not the leftmost and those in ALWAYS; a line under the table names
    them. Sentences are wrapped between words. What is no terminal is as wide as the table needs.
    """
    console = Console(highlight=False)
    room = console.width if console.is_terminal else None
    warnings: dict[str, None] = {}
    sentences: dict[str, None] = {}
    narrow = False
    for table in shown:
        widths, left = _columns(table, room)
        drawn = any(table.measured) and not left and (room is None or _total([*widths.values(), WIDTH_OF_BARS]) <= room)
        _sentence(console, table.title, room, "bold")
        # A column that is never left out may be wider than the terminal.
        console.width = max(room or 0, _total([*widths.values(), WIDTH_OF_BARS]))
        console.print(_grid(table, widths, drawn))
        if left:
            _sentence(console, f"Left out: {', '.join(left)}.", room)
            narrow = True
        warnings |= dict.fromkeys(table.warnings)
        sentences |= dict.fromkeys(table.below[len(table.warnings) :])
    for warning in warnings:
        _sentence(console, warning, room, "bold yellow")
    for sentence in [*sentences, *([LEFT_OUT] if narrow else [])]:
        _sentence(console, sentence, room)


def _sentence(console: Console, text: str, room: int | None, look: str = "") -> None:
    for line in wrapped(text, room) if room else [text]:
        console.print(Text(line, style=look), soft_wrap=True)


def _columns(table: Table, room: int | None) -> tuple[dict[int, int], list[str]]:
    """Return the widths of the columns that are shown, by place, and the heads of those that are left out.

    A column is as wide as its head if there is room for all heads, and otherwise as wide as its longest cell and the
    longest word of its head.
    """
    heads = [str(head) for head in table.frame.columns]
    cells = [max(map(cell_len, table.frame.iloc[:, place]), default=0) for place in range(len(heads))]
    whole = {place: max(cells[place], cell_len(head)) for place, head in enumerate(heads)}
    if room is None or _total([*whole.values()]) <= room:
        return whole, []
    narrow = {place: max([cells[place], *map(cell_len, head.split())]) for place, head in enumerate(heads)}
    shown = kept(narrow, room - EDGES, GAP, expendable(heads, ALWAYS, FIRST))
    return {place: narrow[place] for place in shown}, [heads[place] for place in narrow if place not in shown]


def _total(widths: Sequence[int]) -> int:
    """Return the width of a table with columns of these widths."""
    return sum(widths) + GAP * (len(widths) - 1) + EDGES


def _grid(table: Table, widths: Mapping[int, int], drawn: bool) -> Grid:
    grid = Grid()
    for place, width in widths.items():
        grid.add_column(escape(str(table.frame.columns[place])), width=width)
    if drawn:
        grid.add_column(BAR, width=WIDTH_OF_BARS, no_wrap=True)
    measured = [*table.measured] or [None] * len(table.frame)
    for line, interval, bar in zip(table.frame.to_numpy(), measured, bars(measured), strict=True):
        cells = [_coloured(line[place]) for place in widths]
        grid.add_row(*cells, *([bar] if drawn else []), style=style(interval))
    return grid


def _coloured(cell: str) -> str:
    return f"[{_COLOURS[cell]}]{cell}[/]" if cell in _COLOURS else escape(cell)
