"""The judge's report as one document, Markdown or HTML."""

from collections.abc import Sequence
from pathlib import Path

import jinja2

from xorbench import environment
from xorbench.charts import album, picture
from xorbench.charts.style import DARK, LIGHT
from xorbench.record import store
from xorbench.record.report import FAILED, MISSING, OUTSIDE, Report
from xorbench.record.run import ImplementationRecord
from xorbench.tables import judge_report
from xorbench.tables.formats import html, markdown

TITLE = "Gradients, judged"

FAILURES = (OUTSIDE, FAILED, MISSING)
"""The words in a table whose lines stand out."""


def write(path: Path, report: Report, implementations: Sequence[ImplementationRecord], command: str) -> list[Path]:
    """Write `report` to `path` as HTML if its suffix is ".html", otherwise as Markdown, and return the files written.

    In Markdown the charts are SVG files beside it. `command` is the command line to be shown. Raises OSError if a file
    cannot be written.
    """
    machine = environment.machine()
    versions = ", ".join(dict.fromkeys(f"{i.framework} {i.version}" for i in implementations if not i.missing))
    about = (
        f"{machine.cpu}, {machine.cores} cores, {machine.system}; Python {environment.versions()['python']}, "
        f"{versions}; {report.points} random points, seed {report.seed}; {store.timestamp()}; {command}."
    )
    shown, examples = judge_report.tables(report), report.counterexamples
    summary = judge_report.summary(report)
    drawn = [(figure, *picture.drawn(figure)) for figure in album.of_report(report)]
    if path.suffix == ".html":
        layout = jinja2.Environment(
            autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        text = layout.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
            title=TITLE,
            summary=summary,
            about=about,
            tables=[(table, html(table, FAILURES)) for table in shown],
            pictures=[(figure, panels) for figure, _, panels in drawn],
            examples=examples,
            light=LIGHT,
            dark=DARK,
        )
        store.write_whole(path, text + "\n")
        return [path]
    files = {path.with_name(f"{path.stem}-{figure.name}.svg"): (figure.text, svg) for figure, svg, _ in drawn}
    parts = [
        f"# {TITLE}\n",
        f"**{summary}**\n",
        f"{about}\n",
        *(markdown(table, "##") for table in shown),
        *(f"![{words}]({file.name})\n" for file, (words, _) in files.items()),
        *(f"## The smallest example: {e.implementation}, {e.dtype}\n\n```python\n{e.script}```\n" for e in examples),
    ]
    for file, (_, svg) in files.items():
        store.write_whole(file, svg)
    store.write_whole(path, "\n".join(parts))
    return [path, *files]


_TEMPLATE = Path(__file__).parent / "report.html.jinja"
