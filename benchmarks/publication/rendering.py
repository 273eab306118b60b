"""Every file that the records in a folder stand behind, and what is in it; records are read one at a time."""

import functools
import itertools
from concurrent.futures import Executor
from pathlib import Path

from benchmarks import records
from benchmarks.cores import all_cores
from benchmarks.exports.frames import file_of, frame, keyed
from benchmarks.exports.lines import Line
from benchmarks.page.render import page
from benchmarks.pictures import vega
from benchmarks.pictures.figure import specification
from benchmarks.publication import pages
from benchmarks.publication.documents import DOCUMENTS, fill
from benchmarks.publication.standing import Standing, newest
from benchmarks.tables.formats import FORMATS, numbers

DATA = ("records", "timings", "beginnings", "gradients")
"""The frames that stand in files, with a line for every record: what was computed from it, for programs."""


def rendered(folder: Path) -> dict[Path, str]:
    """By file what belongs into it. Raises ValueError where there is no record, or a file that is none."""
    with all_cores() as cores:
        return _rendered(folder, cores)


def _rendered(folder: Path, cores: Executor) -> dict[Path, str]:
    """What Vega does holds a core for seconds, so others do it meanwhile: asked first, waited for last."""
    bundle = cores.submit(vega.bundle)
    texts: dict[Path, str] = {}
    lines: dict[str, list[Line]] = {name: [] for name in DATA}
    of_machines: list[Standing] = []
    for machine, paths in itertools.groupby(records.paths(folder), key=lambda path: path.parent):
        standing: Standing | None = None
        for path in paths:
            record = records.read(path)
            for name in DATA:
                lines[name] += keyed(record, name)
            lines["records"][-1] |= file_of(path)
            if standing is None:
                standing = Standing(record)
            else:
                standing.meet(record)
        assert standing is not None
        texts[machine / "README.md"] = pages.machine(standing.record, standing.tables)
        of_machines.append(standing)
    if not of_machines:
        raise ValueError(f"{folder}: no record in it, expected <machine>/<time>.json; xorbench run writes one")
    shown = functools.reduce(newest, (standing.record for standing in of_machines))
    of_machines.sort(key=lambda standing: standing.record is not shown)
    first = of_machines[0]
    record, tables, drawn = first.record, first.tables, first.figures
    pictures = {figure.name: cores.submit(vega.svg, specification(figure)) for figure in drawn}
    sweeps = {one.record["machine"]["name"]: one.sweeps for one in of_machines}
    texts[folder / "index.html"] = page([one.record for one in of_machines], drawn, bundle.result(), sweeps)
    texts |= {
        folder / "tables" / f"{name}.{ending}": write(found)
        for name, found in tables.items()
        for ending, write in FORMATS.items()
    }
    texts |= {folder / "data" / f"{name}.csv": numbers(frame(name, found)) for name, found in lines.items()}
    texts[folder / "data" / "README.md"] = pages.columns()
    texts[folder / "README.md"] = pages.index(record, tables, drawn, lines["records"])
    texts |= {folder / f"{name}.svg": picture.result() for name, picture in pictures.items()}
    if folder.resolve() == records.FOLDER:
        texts |= {document: fill(document.read_text(encoding="utf-8"), record, tables) for document in DOCUMENTS}
    return texts
