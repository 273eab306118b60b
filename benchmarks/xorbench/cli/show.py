"""Output on standard output: tables as text, or one JSON document."""

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from xorbench.tables.bars import bars, style
from xorbench.tables.cells import Table

_COLOURS = {
    **dict.fromkeys(("inside", "present", "kept"), "green"),
    **dict.fromkeys(("outside", "failed", "missing", "untimed", "refused", "broken", "not comparable"), "bold red"),
    **dict.fromkeys(("noise floor", "not steady", "not offered", "unknown", "undefined"), "yellow"),
}

WIDE = 110
"""The smallest width of a terminal, in characters, in which bars are drawn."""


def document(content: dict[str, Any]) -> None:
    """Print the JSON document of a command. Raises ValueError where it holds a number that is not finite."""
    print(json.dumps(content, indent=1, allow_nan=False))


def tables(shown: Iterable[Table]) -> None:
    """Print tables, then their warnings and notes, each sentence once; in colour on a terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200  # a file needs no wrapping at the width of a terminal
    warnings: dict[str, None] = {}
    sentences: dict[str, None] = {}
    for table in shown:
        console.print(_grid(table, drawn=console.width >= WIDE and any(table.measured)))
        warnings |= dict.fromkeys(table.warnings)
        sentences |= dict.fromkeys(table.below[len(table.warnings) :])
    for warning in warnings:
        console.print(warning, style="bold yellow", markup=False, soft_wrap=True)
    for sentence in sentences:
        console.print(sentence, markup=False, soft_wrap=True)


def _grid(table: Table, drawn: bool) -> Grid:
    grid = Grid(title=escape(table.title), title_justify="left", title_style="bold")
    for head in table.frame.columns:
        grid.add_column(escape(head), overflow="fold")
    if drawn:
        grid.add_column("│ is 1", no_wrap=True)
    measured = [*table.measured] or [None] * len(table.frame)
    for line, interval, bar in zip(table.frame.to_numpy(), measured, bars(measured), strict=True):
        cells = [_coloured(cell) for cell in line]
        grid.add_row(*cells, *([bar] if drawn else []), style=style(interval))
    return grid


def _coloured(cell: str) -> str:
    return f"[{_COLOURS[cell]}]{cell}[/]" if cell in _COLOURS else escape(cell)
