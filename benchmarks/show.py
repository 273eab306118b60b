"""Print on standard output: tables for people, one JSON document for programs."""

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from benchmarks.tables.cells import Table

_COLOURS = {
    **dict.fromkeys(("inside", "faster", "present", "kept"), "green"),
    **dict.fromkeys(("outside", "failed", "missing", "untimed", "refused", "broken", "changed"), "bold red"),
    **dict.fromkeys(("slower", "noise floor"), "yellow"),
}


def document(content: dict[str, Any]) -> None:
    """The one JSON document of a command."""
    print(json.dumps(content, indent=1, allow_nan=False))


def tables(shown: Iterable[Table]) -> None:
    """Tables, then every note that stands under one of them, once; in colour on a terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200  # a file has no edge to wrap at
    notes: dict[str, None] = {}
    for table in shown:
        grid = Grid(title=table.title, title_justify="left", title_style="bold")
        for head in table.frame.columns:
            grid.add_column(head, overflow="fold")
        for line in table.frame.itertuples(index=False):
            grid.add_row(*(_coloured(str(cell)) for cell in line))
        console.print(grid)
        notes |= dict.fromkeys(table.notes)
    for note in notes:
        console.print(note, markup=False, soft_wrap=True)


def _coloured(cell: str) -> str:
    return f"[{_COLOURS[cell]}]{cell}[/]" if cell in _COLOURS else escape(cell)
