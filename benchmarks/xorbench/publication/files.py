"""All files that are rendered from the records and studies in a folder, and their texts."""

import functools
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, groupby
from pathlib import Path
from typing import cast

from xorbench import places
from xorbench.affinity import allowed_cpus
from xorbench.charts import album, picture
from xorbench.charts.figure import Figure
from xorbench.consistency.rules import read
from xorbench.cores import in_copies
from xorbench.estimates.analysis import Analysis
from xorbench.exports.frames import file_of, frame, keyed
from xorbench.exports.lines import Line, RecordLine, TimingLine
from xorbench.page.render import page
from xorbench.page.sources import Drawing, Sources
from xorbench.publication import pages, pictures, shown_studies
from xorbench.publication.documents import DOCUMENTS, fill
from xorbench.publication.selection import Standing, newest, over
from xorbench.record import store, studies
from xorbench.tables import machines
from xorbench.tables.cells import Table
from xorbench.tables.formats import FORMATS, numbers

DATA = ("records", "timings", "beginnings", "gradients")
"""Names of the frames that are published as CSV files, with lines for every record."""

FILES_ONLY = ("ratios", "ratios-tuned")
"""Names of the figures that are on no page, because the page draws their data by itself."""

FOR_PHONES = ("ratios",)
"""Names of the figures of which there is a file in one column, <name>-narrow.svg, beside the usual one."""

IMPLEMENTATIONS = "implementations"

PARTS = 3
"""The number of parts for each process into which the records are divided to be read: later parts fill up what earlier
ones leave idle. Of each part, only the records that represent a machine leave the process."""

Texts = dict[Path, str]
"""The text of files, by their paths."""


@dataclass(frozen=True)
class Rendered:
    """The text of every rendered file, by its path, and why records and studies were left out, one line each."""

    texts: Texts
    refused: list[str]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector off inside: it would look through all numbers of all records again and again.

    Copies of this process inherit that. What records need is freed all the same, because nothing in it is a cycle.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_uncollected()
def rendered(folder: Path) -> Rendered:
    """Return the text of every rendered file.

    Records and studies that are invalid or contradict themselves are left out. Records are read, and files rendered, on
    all cores. The first machine stands on the page of the folder; each other machine has a page, and its figures as
    files, in its own folder. Raises ValueError if there is no valid record, or if a page would be too large.
    """
    standing, lines, refused = _read(folder)
    of_studies, refused_studies = shown_studies.every(folder)
    found = _Publication(folder, standing, lines, of_studies)
    in_checkout = places.in_checkout() and folder.resolve() == places.results().resolve()
    tasks: list[Callable[[], Texts]] = [
        *(functools.partial(found.page, machine) for machine in found.machines),
        found.tables,
        *(functools.partial(found.document, path) for path in DOCUMENTS if in_checkout),
        *(functools.partial(found.tables_of, machine) for machine in found.machines),
        *(functools.partial(found.data, name) for name in lines),
        found.studies,
    ]
    texts: Texts = {}
    for some in in_copies(tasks):
        texts |= some
    return Rendered(texts, [*refused, *refused_studies])


class _Publication:
    """All that is published: machines, which `standing` represents, the `lines` of all records, and studies."""

    def __init__(
        self,
        folder: Path,
        standing: Mapping[Path, Standing],
        lines: Mapping[str, Sequence[Line]],
        of_studies: Sequence[shown_studies.Shown],
    ) -> None:
        self._folder = folder
        self._lines = lines
        self._studies = of_studies
        shown = functools.reduce(newest, (one.analysis for one in standing.values()))
        self.machines = dict(sorted(standing.items(), key=lambda item: item[1].analysis is not shown))
        """The records that represent each machine, by its folder; the first machine is that of the start page."""
        self._first, *_ = self.machines.values()
        self._across = over(self.machines.values())

    def page(self, machine: Path) -> Texts:
        """Return the page of a machine, and the files of its figures."""
        one = self.machines[machine]
        is_first = one is self._first
        place = self._folder if is_first else machine
        figures = self._figures_of(one)
        records, timings = (
            [line for line in self._lines[name] if line["machine"] == machine.name] for name in ("records", "timings")
        )
        sources = Sources(
            run=one.analysis,
            tables=self._tables_of(one),
            drawings=[
                Drawing(figure, () if figure.name in FILES_ONLY else picture.inlined(figure)) for figure in figures
            ],
            sweeps=one.sweeps,
            tuned=one.tuned,
            versions=one.versions,
            records=cast("list[RecordLine]", records),
            timings=cast("list[TimingLine]", timings),
            root="" if is_first else "../",
            code=f"{'' if is_first else '../'}../{IMPLEMENTATIONS}" if one.analysis.record.commit else None,
            files=is_first,
        )
        others = [other.analysis for other in self.machines.values() if other is not one] if is_first else []
        names = [every.analysis.record.machine.name for every in self.machines.values()]
        texts = {place / "index.html": page(sources, others, names)}
        for figure in figures:
            texts[place / f"{figure.name}.csv"] = pictures.data_of(figure)
            texts[place / f"{figure.name}.svg"] = picture.svg(figure)
            if figure.name in FOR_PHONES:
                texts[place / f"{figure.name}-narrow.svg"] = picture.svg(figure, most_columns=1)
        return texts

    def tables(self) -> Texts:
        """Return the tables of the first machine as files, and the description of the folder, which shows some."""
        first, tables = self._first, self._tables_of(self._first)
        records = cast("list[RecordLine]", self._lines["records"])
        index = pages.index(first.analysis, tables, self._figures_of(first), records)
        return {self._folder / "README.md": index} | {
            self._folder / "tables" / f"{name}.{ending}": write(found)
            for name, found in tables.items()
            for ending, write in FORMATS.items()
        }

    def tables_of(self, machine: Path) -> Texts:
        """Return the description of a machine, with all of its tables."""
        one = self.machines[machine]
        return {machine / "README.md": pages.machine(one.analysis, one.tables)}

    def document(self, path: Path) -> Texts:
        """Return a document of the project with its blocks rendered anew."""
        text, tables = path.read_text(encoding="utf-8"), self._tables_of(self._first)
        return {path: fill(text, self._first.analysis, tables, self._known, self._studies)}

    def data(self, name: str) -> Texts:
        """Return the lines of a frame as a file."""
        return {self._folder / "data" / f"{name}.csv": numbers(frame(name, self._lines[name]))}

    def studies(self) -> Texts:
        """Return the page of the studies and their figures, if there are any, and the description of the data."""
        texts = {self._folder / "data" / "README.md": pages.columns()}
        here = self._folder / studies.FOLDER
        if self._studies:
            texts[here / "README.md"] = shown_studies.page(self._studies)
        for name in album.OF_STUDIES:
            if (one := shown_studies.newest(self._studies, name)) and one.figure:
                texts[here / f"{name}.svg"] = one.figure
        return texts

    def _tables_of(self, one: Standing) -> dict[str, list[Table]]:
        """Return the tables of a machine; with those of the first stand those of all machines."""
        return one.tables | (machines.named(self._across) if one is self._first else {})

    def _figures_of(self, one: Standing) -> list[Figure]:
        """Return the figures of a machine; with those of the first stands that of all machines."""
        return [*one.figures, *(album.of_machines(self._across) if one is self._first else ())]

    @property
    def _known(self) -> dict[str, Analysis]:
        """The records that represent machines, by machine and time as in their paths."""
        return {
            store.path_of(one.record, Path()).with_suffix("").as_posix(): one
            for standing in self.machines.values()
            for one in standing.every
        }


Contents = tuple[dict[Path, Standing], dict[str, list[Line]], list[str]]
"""The records that represent each machine, by its folder, the lines of all records, by the name of their frame, and the
reasons why records were left out."""


def _read(folder: Path) -> Contents:
    """Return the contents of the records in a folder. Raises ValueError if none is valid."""
    standing: dict[Path, Standing] = {}
    lines: dict[str, list[Line]] = {name: [] for name in DATA}
    refused: list[str] = []
    parts = _parts(store.paths(folder), PARTS * len(allowed_cpus()))
    for of_some, lines_of_some, refused_of_some in in_copies([functools.partial(_read_some, some) for some in parts]):
        for machine, one in of_some.items():
            if machine in standing:
                standing[machine].join(one)
            else:
                standing[machine] = one
        for name, found in lines_of_some.items():
            lines[name] += found
        refused += refused_of_some
    if not standing:
        why = "; ".join(refused) or "no record in it, expected <machine>/<time>.json; write one with xorbench run"
        raise ValueError(f"{folder}: {why}")
    return standing, lines, refused


def _parts(paths: Sequence[Path], number: int) -> list[list[Path]]:
    """Return the paths in at most `number` parts of about the same size in bytes, in their order."""
    sizes = [path.stat().st_size for path in paths]
    middles = [before + size / 2 for before, size in zip(accumulate(sizes, initial=0), sizes, strict=False)]
    share = sum(sizes) / number or 1.0
    found = groupby(zip(paths, middles, strict=True), key=lambda item: int(item[1] / share))
    return [[path for path, _ in some] for _, some in found]


def _read_some(paths: Sequence[Path]) -> Contents:
    """Return the contents of the records at `paths`, which are read one at a time to save memory."""
    standing: dict[Path, Standing] = {}
    lines: dict[str, list[Line]] = {name: [] for name in DATA}
    refused = []
    for path in paths:
        try:
            analysis = Analysis(read(path))
        except ValueError as error:
            refused.append(str(error))
            continue
        for name in DATA:
            lines[name] += keyed(analysis, name)
        lines["records"][-1] |= file_of(path)
        if path.parent in standing:
            standing[path.parent].meet(analysis)
        else:
            standing[path.parent] = Standing(analysis)
    return standing, lines, refused
