"""The pages of the results folder: its index, one for each machine, and what the columns of the data mean."""

import itertools
from collections.abc import Mapping, Sequence

import pandas as pd

from xorbench.charts.figure import Figure
from xorbench.estimates.analysis import Analysis
from xorbench.exports.columns import COLUMNS
from xorbench.exports.lines import Line
from xorbench.tables.cells import Table
from xorbench.tables.escapes import of_markdown, of_paragraph
from xorbench.tables.formats import FORMATS, GENERATED, markdown
from xorbench.tables.headline import headline

SHOWN = ("timings", "tuned", "decomposition", "beginnings", "break_even", "crossings", "growth")
"""The tables that the index shows; of the others it has links."""


def machine(analysis: Analysis, found: Mapping[str, Sequence[Table]]) -> str:
    """All tables of the record that stands for a machine."""
    heading = f"# {of_markdown(analysis.record.machine.cpu)}, {analysis.record.created}\n"
    tables = itertools.chain.from_iterable(found.values())
    return "\n".join([heading, f"{GENERATED}\n", *(markdown(table, "##") for table in tables)])


def index(
    analysis: Analysis, found: Mapping[str, Sequence[Table]], drawn: Sequence[Figure], lines: Sequence[Line]
) -> str:
    """The page of the folder: the record that is shown, and a list of all, each with its SHA-256."""
    links = [
        f"- {of_markdown(tables[0].title if len(tables) == 1 else name)}: "
        + ", ".join(f"[{ending}](tables/{name}.{ending})" for ending in FORMATS)
        for name, tables in found.items()
    ]
    return "\n".join(
        [
            "# Results\n",
            f"{GENERATED}\n",
            f"{of_paragraph(headline(analysis))}\n",
            *(markdown(table, "##") for name in SHOWN for table in found.get(name, ())),
            *(f"![{of_markdown(figure.text)}]({figure.name}.svg)\n" for figure in drawn),
            "## Every table, to read, to compute with, for a paper, for a page\n",
            *links,
            "\nAs numbers, with a line for every record: [data/](data/README.md).\n",
            "## All records\n",
            *map(_record, lines),
            "",
        ]
    )


def columns() -> str:
    """What the columns mean: of the files here, and of the frames that `xorbench.load` gives."""
    heading = [
        "# Columns\n",
        f"{GENERATED}\n",
        "Of the files here, and of the frames of `xorbench.load()`, which has more of them and reads the records. "
        "A cell is empty where there is nothing to say.\n",
    ]
    frames = []
    for name, about in COLUMNS.items():
        lines = [{"column": column, "type": dtype, "what it is": text} for column, (dtype, text) in about.items()]
        frames.append(Table(name, pd.DataFrame(lines)))
    return "\n".join([*heading, *(markdown(table, "##") for table in frames)])


def _record(line: Line) -> str:
    whole = f"sweep on {line['threads']} CPU{'s' * (line['threads'] > 1)}" if line["sweep"] else "full"
    kind = "interrupted" if line["partial"] else "quick" if line["quick"] else whole
    unfit = ", unfit" if line["unfit"] else ""
    about = f"[{line['machine']}, {line['created']}]({line['file']}), {kind}{unfit}: {of_markdown(line['command'])}"
    return f"- {about}; SHA-256 {line['sha256']}"
