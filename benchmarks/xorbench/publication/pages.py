"""Pages of the results folder: the index, a page for each machine, and the description of the data columns."""

import itertools
from collections.abc import Mapping, Sequence

import pandas as pd

from xorbench.charts.figure import Figure
from xorbench.estimates.analysis import Analysis
from xorbench.exports.columns import COLUMNS
from xorbench.exports.lines import RecordLine
from xorbench.tables.captions import caption
from xorbench.tables.cells import Table
from xorbench.tables.escapes import of_markdown, of_paragraph
from xorbench.tables.formats import FORMATS, GENERATED, markdown, markdowns
from xorbench.tables.headline import headline
from xorbench.tables.names import NAMES, OF_MACHINES

SHOWN = (
    "timings",
    "tuned",
    "parts",
    "decomposition",
    "counts",
    "beginnings",
    "break_even",
    "crossings",
    "growth",
    "history",
    "machines",
)
"""Names of the tables that the index shows; it links to the others."""

ANSWER = "ratios"
"""Name of the figure that stands under the headline; the others follow the tables."""


def machine(analysis: Analysis, found: Mapping[str, Sequence[Table]]) -> str:
    """Return the page of a machine: the caption of its representative record, and all its tables."""
    heading = f"# {of_markdown(analysis.record.machine.cpu)}, {analysis.record.created}\n"
    tables = [*itertools.chain.from_iterable(found.values())]
    return "\n".join([heading, f"{GENERATED}\n", _about(analysis), *markdowns(tables, "##", {caption(analysis)})])


def index(
    analysis: Analysis, found: Mapping[str, Sequence[Table]], drawn: Sequence[Figure], lines: Sequence[RecordLine]
) -> str:
    """Return the page of the folder: tables and figures of the representative record, and a list of all records."""
    about = NAMES | OF_MACHINES
    links = [
        f"- `{name}` ({about[name]}): " + ", ".join(f"[{ending}](tables/{name}.{ending})" for ending in FORMATS)
        for name in found
    ]
    pictures = {figure.name: f"![{of_markdown(figure.text)}]({figure.name}.svg)\n" for figure in drawn}
    answer = pictures.pop(ANSWER, "")
    return "\n".join(
        [
            "# Results\n",
            f"{GENERATED}\n",
            f"{of_paragraph(headline(analysis))}\n",
            *filter(None, [answer]),
            _about(analysis),
            *markdowns([table for name in SHOWN for table in found.get(name, ())], "##", {caption(analysis)}),
            *pictures.values(),
            "## All tables as files\n",
            *links,
            "\nUnformatted numbers of all records: [data/](data/README.md).\n",
            "## All records\n",
            *map(_record, lines),
            "",
        ]
    )


def columns() -> str:
    """Return the page that describes the columns of the published data and of the frames of `xorbench.load`."""
    heading = [
        "# Columns\n",
        f"{GENERATED}\n",
        "Columns of the files in this folder and of the frames of `xorbench.load()`, which reads the records and has "
        "more frames. An empty cell is a missing value.\n",
    ]
    frames = []
    for name, about in COLUMNS.items():
        lines = [{"column": column, "type": dtype, "description": text} for column, (dtype, text) in about.items()]
        frames.append(Table(name, pd.DataFrame(lines)))
    return "\n".join([*heading, *(markdown(table, "##") for table in frames)])


def _about(analysis: Analysis) -> str:
    """Return the paragraph with the caption of the record of a page, which its tables do not repeat."""
    return f"Measured on {of_markdown(caption(analysis))} Tables from other records have their own caption.\n"


def _record(line: RecordLine) -> str:
    sweep = f"sweep on {line['threads']} CPU{'s' * (line['threads'] > 1)}"
    whole = sweep if line["sweep"] else {"run": "full", "count": "instructions"}.get(line["kind"], line["kind"])
    kind = "interrupted" if line["partial"] else "quick" if line["quick"] else whole
    unfit = ", unfit" if line["unfit"] else ""
    about = f"[{line['machine']}, {line['created']}]({line['file']}), {kind}{unfit}: {of_markdown(line['command'])}"
    return f"- {about}; SHA-256 {line['sha256']}"
