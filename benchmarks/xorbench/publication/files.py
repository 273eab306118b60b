"""Every file that records and studies in a folder stand behind, and what is in it; records are read one at a time."""

import functools
from concurrent.futures import Executor, Future
from pathlib import Path

from xorbench import places
from xorbench.charts import vega
from xorbench.charts.figure import specification
from xorbench.estimates.analysis import Analysis
from xorbench.exports.frames import file_of, frame, keyed
from xorbench.exports.lines import Line
from xorbench.page.render import page
from xorbench.publication import pages
from xorbench.publication.documents import DOCUMENTS, fill
from xorbench.publication.selection import Standing, newest
from xorbench.record import store
from xorbench.studies import kept, showing
from xorbench.tables.formats import FORMATS, numbers

DATA = ("records", "timings", "beginnings", "gradients")
"""The frames that stand in files, with a line for every record: what was computed from it, for programs."""


def rendered(folder: Path, cores: Executor, bundle: "Future[str]") -> dict[Path, str]:
    """By file what belongs into it. Raises ValueError where there is no record, or a file that is no record or study.

    Vega draws on the cores, asked first and waited for last; `bundle` is its own text, for the page.
    """
    standing, lines = _read(folder)
    shown = functools.reduce(newest, (one.analysis for one in standing.values()))
    first, *others = sorted(standing.values(), key=lambda one: one.analysis is not shown)
    analysis, drawn = first.analysis, first.figures
    pictures = {folder / f"{figure.name}.svg": cores.submit(vega.svg, specification(figure)) for figure in drawn}
    tables = first.tables
    texts = {
        folder / "tables" / f"{name}.{ending}": write(found)
        for name, found in tables.items()
        for ending, write in FORMATS.items()
    }
    texts |= {machine / "README.md": pages.machine(one.analysis, one.tables) for machine, one in standing.items()}
    texts |= {folder / "data" / f"{name}.csv": numbers(frame(name, found)) for name, found in lines.items()}
    texts[folder / "data" / "README.md"] = pages.columns()
    texts[folder / "README.md"] = pages.index(analysis, tables, drawn, lines["records"])
    if studies := showing.page(folder):
        texts[folder / kept.FOLDER / "README.md"] = studies
    if places.in_checkout() and folder.resolve() == places.results().resolve():
        texts |= {document: fill(document.read_text(encoding="utf-8"), analysis, tables) for document in DOCUMENTS}
    ours = [first, *others]
    sweeps = {one.analysis.record.machine.name: one.sweeps for one in ours}
    texts[folder / "index.html"] = page([one.analysis for one in ours], drawn, bundle.result(), sweeps)
    return texts | {path: picture.result() for path, picture in pictures.items()}


def _read(folder: Path) -> tuple[dict[Path, Standing], dict[str, list[Line]]]:
    """By machine's folder what stands for it, and the lines of all records. Raises ValueError."""
    standing: dict[Path, Standing] = {}
    lines: dict[str, list[Line]] = {name: [] for name in DATA}
    for path in store.paths(folder):
        analysis = Analysis(store.read(path))
        for name in DATA:
            lines[name] += keyed(analysis, name)
        lines["records"][-1] |= file_of(path)
        if path.parent in standing:
            standing[path.parent].meet(analysis)
        else:
            standing[path.parent] = Standing(analysis)
    if not standing:
        raise ValueError(f"{folder}: no record in it, expected <machine>/<time>.json; xorbench run writes one")
    return standing, lines
