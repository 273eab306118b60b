"""Every file that records and studies in a folder stand behind, and what is in it; records are read one at a time."""

import functools
from concurrent.futures import Executor, Future
from pathlib import Path

from xorbench import places, records
from xorbench.exports.frames import file_of, frame, keyed
from xorbench.exports.lines import Line
from xorbench.page.render import page
from xorbench.pictures import vega
from xorbench.pictures.figure import specification
from xorbench.publication import pages
from xorbench.publication.documents import DOCUMENTS, fill
from xorbench.publication.standing import Standing, newest
from xorbench.studies import kept, showing
from xorbench.tables.formats import FORMATS, numbers

DATA = ("records", "timings", "beginnings", "gradients")
"""The frames that stand in files, with a line for every record: what was computed from it, for programs."""


def rendered(folder: Path, cores: Executor, bundle: "Future[str]") -> dict[Path, str]:
    """By file what belongs into it. Raises ValueError where there is no record, or a file that is no record or study.

    Vega draws on the cores, asked first and waited for last; `bundle` is its own text, for the page.
    """
    standing, lines = _read(folder)
    shown = functools.reduce(newest, (one.record for one in standing.values()))
    first, *others = sorted(standing.values(), key=lambda one: one.record is not shown)
    record, drawn = first.record, first.figures
    pictures = {folder / f"{figure.name}.svg": cores.submit(vega.svg, specification(figure)) for figure in drawn}
    tables = first.tables
    texts = {
        folder / "tables" / f"{name}.{ending}": write(found)
        for name, found in tables.items()
        for ending, write in FORMATS.items()
    }
    texts |= {machine / "README.md": pages.machine(one.record, one.tables) for machine, one in standing.items()}
    texts |= {folder / "data" / f"{name}.csv": numbers(frame(name, found)) for name, found in lines.items()}
    texts[folder / "data" / "README.md"] = pages.columns()
    texts[folder / "README.md"] = pages.index(record, tables, drawn, lines["records"])
    if studies := showing.page(folder):
        texts[folder / kept.FOLDER / "README.md"] = studies
    if places.in_checkout() and folder.resolve() == places.results().resolve():
        texts |= {document: fill(document.read_text(encoding="utf-8"), record, tables) for document in DOCUMENTS}
    ours = [first, *others]
    sweeps = {one.record["machine"]["name"]: one.sweeps for one in ours}
    texts[folder / "index.html"] = page([one.record for one in ours], drawn, bundle.result(), sweeps)
    return texts | {path: picture.result() for path, picture in pictures.items()}


def _read(folder: Path) -> tuple[dict[Path, Standing], dict[str, list[Line]]]:
    """By machine's folder what stands for it, and the lines of all records. Raises ValueError."""
    standing: dict[Path, Standing] = {}
    lines: dict[str, list[Line]] = {name: [] for name in DATA}
    for path in records.paths(folder):
        record = records.read(path)
        for name in DATA:
            lines[name] += keyed(record, name)
        lines["records"][-1] |= file_of(path)
        if path.parent in standing:
            standing[path.parent].meet(record)
        else:
            standing[path.parent] = Standing(record)
    if not standing:
        raise ValueError(f"{folder}: no record in it, expected <machine>/<time>.json; xorbench run writes one")
    return standing, lines
