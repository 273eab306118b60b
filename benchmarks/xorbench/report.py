"""The judge's report as one document, Markdown or HTML."""

import re
from collections.abc import Sequence
from pathlib import Path

import jinja2

from xorbench import environment
from xorbench.charts import album, picture
from xorbench.charts.style import DARK, LIGHT
from xorbench.record import store
from xorbench.record.report import FAILED, MISSING, Counterexample, Report
from xorbench.record.run import ImplementationRecord
from xorbench.tables import judge_report, verdicts
from xorbench.tables.escapes import of_markdown, of_paragraph
from xorbench.tables.formats import html, markdown

TITLE = "Report on gradients"

FAILURES = (FAILED, MISSING)
"""The words in a table whose lines stand out."""


def write(path: Path, report: Report, implementations: Sequence[ImplementationRecord], command: str) -> list[Path]:
    """Write `report` to `path` as HTML if its suffix is ".html", otherwise as Markdown, and return the files written.

    The verdict comes first, then the smallest failing examples, tables and charts. In Markdown the charts are SVG files
    beside it. `command` is the command line to be shown. Raises OSError if a file cannot be written.
    """
    about = _about(report, implementations, command)
    tables = [table for table in (verdicts.table(report), *judge_report.tables(report)) if len(table.frame)]
    figures = album.of_report(report)
    if path.suffix == ".html":
        layout = jinja2.Environment(
            autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        text = layout.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
            title=TITLE,
            verdict=verdicts.sentence(report),
            about=about,
            examples=report.counterexamples,
            tables=[(table, html(table, FAILURES)) for table in tables],
            pictures=[(figure, picture.inlined(figure)) for figure in figures],
            light=LIGHT,
            dark=DARK,
        )
        store.write_whole(path, text + "\n")
        return [path]
    files = {path.with_name(f"{path.stem}-{figure.name}.svg"): figure for figure in figures}
    parts = [
        f"# {TITLE}\n",
        f"**{of_markdown(verdicts.sentence(report))}**\n",
        f"{of_paragraph(about)}\n",
        *map(_example, report.counterexamples),
        *(markdown(table, "##") for table in tables),
        *(f"![{of_markdown(figure.words)}]({file.name})\n" for file, figure in files.items()),
    ]
    for file, figure in files.items():
        store.write_whole(file, picture.svg(figure))
    store.write_whole(path, "\n".join(parts))
    return [path, *files]


def _about(report: Report, implementations: Sequence[ImplementationRecord], command: str) -> str:
    """Return a sentence on the machine, the versions, each named once, the points and the command."""
    machine = environment.machine()
    frameworks = dict.fromkeys(f"{i.framework} {i.version}" for i in implementations if not i.missing)
    versions = ", ".join([f"Python {environment.versions()['python']}", *frameworks])
    return (
        f"{machine.cpu}, {machine.cores} cores, {machine.system}; {versions}; "
        f"{report.points} random points, seed {report.seed}; {store.timestamp()}; {command}."
    )


def _example(example: Counterexample) -> str:
    """Return a smallest failing example in Markdown, between more backticks than it has in a row."""
    fence = "`" * max([3, *(len(found) + 1 for found in re.findall("`+", example.script))])
    title = of_markdown(f"The smallest example: {example.implementation}, {example.dtype}")
    return f"## {title}\n\n{fence}python\n{example.script}{fence}\n"


_TEMPLATE = Path(__file__).parent / "report.html.jinja"
