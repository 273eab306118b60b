"""Every file that the records in a folder stand behind, and what is in it; records are read one at a time."""

import itertools
from concurrent.futures import Executor
from pathlib import Path

from benchmarks import records
from benchmarks.cores import all_cores
from benchmarks.exports.frames import file_of, frame, keyed
from benchmarks.exports.lines import Line
from benchmarks.page.render import page
from benchmarks.pictures import album, vega
from benchmarks.pictures.figure import specification
from benchmarks.publication import pages
from benchmarks.publication.documents import DOCUMENTS, fill
from benchmarks.records import Record
from benchmarks.tables.catalogue import named
from benchmarks.tables.cells import Table
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
    of_machines: list[Record] = []
    first: tuple[Record, dict[str, list[Table]]] | None = None
    for machine, paths in itertools.groupby(records.paths(folder), key=lambda path: path.parent):
        shown: Record | None = None
        for path in paths:
            record = records.read(path)
            for name in DATA:
                lines[name] += keyed(record, name)
            lines["records"][-1] |= file_of(path)
            shown = record if shown is None else newest(shown, record)
        assert shown is not None
        tables = named(shown)
        texts[machine / "README.md"] = pages.machine(shown, tables)
        of_machines.append(shown)
        if first is None or newest(first[0], shown) is shown:
            first = shown, tables
    if first is None:
        raise ValueError(f"{folder}: no record in it, expected <machine>/<time>.json; xorbench run writes one")
    record, tables = first
    drawn = album.of_record(record)
    pictures = {figure.name: cores.submit(vega.svg, specification(figure)) for figure in drawn}
    others = [other for other in of_machines if other is not record]
    texts[folder / "index.html"] = page([record, *others], drawn, bundle.result())
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


def newest(one: Record, other: Record) -> Record:
    """Which of two is shown: a whole and fit one of full length before another, then the newer."""

    def worth(record: Record) -> tuple[bool, bool, str]:
        full = not record["partial"] and not record["settings"]["quick"]
        return full, not record["unfit"], record["created"]

    return max(one, other, key=worth)
