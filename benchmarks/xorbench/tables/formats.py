"""Write tables as Markdown, CSV, LaTeX and HTML; the text of every cell is escaped."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from xorbench.tables.cells import WIDE, Table
from xorbench.tables.escapes import of_latex, of_markdown, of_paragraph, of_spreadsheets

GENERATED = "Rendered from the records by xorbench publish; do not edit."

LINES_OF_A_PAGE = 40

_LAYOUT: dict[str, Any] = {
    "loader": jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "undefined": jinja2.StrictUndefined,
}
_HTML = jinja2.Environment(autoescape=True, **_LAYOUT)
_LATEX = jinja2.Environment(
    block_start_string="<%",
    block_end_string="%>",
    variable_start_string="<<",
    variable_end_string=">>",
    comment_start_string="<#",
    comment_end_string="#>",
    **_LAYOUT,
)
_LATEX.filters["tex"] = of_latex


def markdown(table: Table, heading: str = "**", printed: Collection[str] = ()) -> str:
    """Return a table in GitHub's Markdown, its title above it and its sentences under it.

    `heading` is "**" or the signs of a heading. A caption in `printed`, because the page has it elsewhere, is left out.
    """
    title = f"{heading} {of_markdown(table.title)}" if heading.startswith("#") else _strong(table.title)
    captions = [] if table.caption in printed else [table.caption]
    sentences = map(of_paragraph, [*table.notes, *captions])
    return "\n\n".join(filter(None, [title, _grid(table), *map(_strong, table.warnings), *sentences])) + "\n"


def markdowns(tables: Sequence[Table], heading: str = "**", printed: Collection[str] = ()) -> list[str]:
    """Return tables in Markdown as `markdown` does; successive tables with one caption have it under the last only."""
    following = [*(table.caption for table in tables[1:]), ""]
    return [markdown(table, heading, {*printed, after}) for table, after in zip(tables, following, strict=False)]


def csv(tables: Sequence[Table]) -> str:
    """Return tables as one CSV file, the title of each in the first column; sentences are lines that begin with #."""
    frames = {table.title: table.frame for table in tables if len(table.frame)}
    text = numbers(pd.concat(frames, names=["table"]).reset_index("table")) if frames else ""
    return text + "".join(f"# {sentence}\n" for sentence in dict.fromkeys(s for table in tables for s in table.below))


def numbers(frame: pd.DataFrame) -> str:
    """Return a frame as CSV, numbers with nine digits: further digits of logarithms differ between processors."""
    return str(frame.map(of_spreadsheets).to_csv(index=False, lineterminator="\n", float_format="%.9g"))


def latex(table: Table) -> str:
    """Return a table in LaTeX, with the rules of booktabs, scaled down to the width of the text (graphicx).

    A table of more than LINES_OF_A_PAGE lines is split into several.
    """
    starts = range(LINES_OF_A_PAGE, len(table.frame), LINES_OF_A_PAGE)
    parts = [replace(table, frame=table.frame.iloc[:LINES_OF_A_PAGE])]
    parts += [
        replace(table, title=f"{table.title}, continued", frame=table.frame.iloc[start : start + LINES_OF_A_PAGE])
        for start in starts
    ]
    template = _LATEX.get_template("table.tex.jinja")
    return "".join(template.render(table=part, sides=sides(table)) for part in parts)


def html(table: Table, failures: Collection[str] = ()) -> str:
    """Return the cells of a table in HTML, without its title and sentences.

    A line with one of the words in `failures` as a cell has the class "failure", and so has that cell.
    """
    return _HTML.get_template("cells.html.jinja").render(table=table, sides=sides(table), failures=failures)


FORMATS: dict[str, Callable[[Sequence[Table]], str]] = {
    "md": lambda tables: "\n".join([f"{GENERATED}\n", *markdowns(tables)]),
    "csv": lambda tables: f"{csv(tables)}# {GENERATED}\n",
    "tex": lambda tables: "\n".join([f"% {GENERATED}\n% \\usepackage{{booktabs,graphicx}}", *map(latex, tables)]),
    "html": lambda tables: _HTML.get_template("tables.html.jinja").render(
        tables=tables, cells=html, generated=GENERATED
    ),
}
"""Functions that return the text of a file of tables, by the ending of the file."""


def sides(table: Table) -> list[str]:
    """Return the alignment of each column: "right" if it holds numbers, or words in their place, else "left"."""
    columns = [table.frame.iloc[:, place] for place in range(table.frame.shape[1])]
    return [
        "right" if any(map(_DIGIT.match, cells)) and all(map(_NUMBER.fullmatch, cells)) else "left" for cells in columns
    ]


def _strong(text: str) -> str:
    return f"**{of_markdown(text)}**" if text else ""


def _grid(table: Table) -> str:
    """Return the cells in Markdown, every column as wide as its longest cell."""
    if not len(table.frame):
        return "Nothing to show."
    lines = [[of_markdown(cell) for cell in line] for line in (table.frame.columns, *table.frame.to_numpy())]
    columns = []
    for column, side in zip(zip(*lines, strict=True), sides(table), strict=True):
        width = max(3, *map(len, column))
        head, *cells = (cell.rjust(width) if side == "right" else cell.ljust(width) for cell in column)
        columns.append([head, "-" * (width - 1) + (":" if side == "right" else "-"), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in zip(*columns, strict=True))


_DIGIT = re.compile(r"[-+]?\d")
_WIDE = re.escape(WIDE)
_NUMBER = re.compile(rf"[-+]?\d[-+\d.,e%]*( \(?[-+\d.,e%]+)?( to [-+\d.,e%]+\)?)?( \({_WIDE}\))?|–|n/a|[a-z]+|{_WIDE}")
