"""Tables as Markdown and as HTML."""

import re

from benchmarks.tables.cells import Table


def markdown(table: Table, heading: str = "**") -> str:
    """A table in Markdown, its title above it and its notes under it."""
    cells = table.frame.map(lambda cell: " ".join(str(cell).split()).replace("|", "\\|"))
    sides = ["right" if all(map(_NUMBER.match, cells[head])) else "left" for head in cells]
    body = cells.to_markdown(index=False, disable_numparse=True, colalign=sides) if len(cells) else "Nothing to show."
    title = f"{heading} {table.title}" if heading.startswith("#") else f"**{table.title}**"
    return "\n\n".join([title, body, *table.notes]) + "\n"


def html(table: Table) -> str:
    """The cells of a table in HTML, everything in them escaped."""
    return str(table.frame.to_html(index=False, border=0))


_NUMBER = re.compile(r"[-\d.,e+]*( to [-\d.,e+]+)?$|–$")
