"""All files that are rendered from the records and studies in a folder, and their texts."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from xorbench import places
from xorbench.charts import album, picture
from xorbench.charts.figure import Figure
from xorbench.consistency.rules import read
from xorbench.estimates.analysis import Analysis
from xorbench.exports.frames import file_of, frame, keyed
from xorbench.exports.lines import Line
from xorbench.page.render import page
from xorbench.page.sources import Drawing, Sources
from xorbench.publication import pages, pictures
from xorbench.publication.documents import DOCUMENTS, fill
from xorbench.publication.selection import Standing, newest, over
from xorbench.record import store, studies
from xorbench.tables import machines
from xorbench.tables.formats import FORMATS, numbers
from xorbench.tables.studies import showing

DATA = ("records", "timings", "beginnings", "gradients")
"""Names of the frames that are published as CSV files, with lines for every record."""

OF_A_PAGE = ("records", "timings")
"""Names of the lines of all records of a machine that its page shows."""

FILES_ONLY = ("ratios",)
"""Names of the figures that are on no page, because the page draws their data by itself."""

IMPLEMENTATIONS = "implementations"

SOME = 5
"""The number of records that a process reads as one task: only those that represent a machine leave the process."""


@dataclass(frozen=True)
class Rendered:
    """The text of every rendered file, by its path, and the reasons why records were left out, one line each."""

    texts: dict[Path, str]
    refused: list[str]


def rendered(folder: Path, cores: Executor) -> Rendered:
    """Return the text of every rendered file. Records that are invalid or contradict themselves are left out.

    Records are read, figures drawn and documents filled on `cores`. The first machine stands on the page of the folder;
    each other machine has a page, and its figures as files, in its own folder. Raises ValueError if there is no valid
    record, for a file that is not a study, or if a page would be too large.
    """
    standing, lines, refused = _read(folder, cores)
    shown = functools.reduce(newest, (one.analysis for one in standing.values()))
    ours = dict(sorted(standing.items(), key=lambda item: item[1].analysis is not shown))
    places_of = {machine: folder if one.analysis is shown else machine for machine, one in ours.items()}
    across = over(ours.values())
    beyond = album.of_machines(across)
    drawn = {
        (place, figure.name): cores.submit(picture.drawn, figure)
        for place, some in _figures(folder, {places_of[machine]: one for machine, one in ours.items()}, beyond)
        for figure in some
    }
    first, *_ = ours.values()
    analysis, tables = first.analysis, first.tables | machines.named(across)
    in_checkout = places.in_checkout() and folder.resolve() == places.results().resolve()
    filled = {
        path: cores.submit(fill, path.read_text(encoding="utf-8"), analysis, tables)
        for path in DOCUMENTS
        if in_checkout
    }
    texts = {
        places_of[machine] / f"{figure.name}.csv": pictures.data_of(figure)
        for machine, one in ours.items()
        for figure in (*one.figures, *(beyond if one is first else ()))
    }
    texts |= {
        folder / "tables" / f"{name}.{ending}": write(found)
        for name, found in tables.items()
        for ending, write in FORMATS.items()
    }
    texts |= {machine / "README.md": pages.machine(one.analysis, one.tables) for machine, one in standing.items()}
    texts |= {folder / "data" / f"{name}.csv": numbers(frame(name, found)) for name, found in lines.items()}
    texts[folder / "data" / "README.md"] = pages.columns()
    texts[folder / "README.md"] = pages.index(analysis, tables, [*first.figures, *beyond], lines["records"])
    if of_studies := showing.page(folder):
        texts[folder / studies.FOLDER / "README.md"] = of_studies
    names = [one.analysis.record.machine.name for one in ours.values()]
    for machine, one in ours.items():
        is_first = one is first
        own = {name: [line for line in lines[name] if line["machine"] == machine.name] for name in OF_A_PAGE}
        sources = Sources(
            run=one.analysis,
            tables=tables if is_first else one.tables,
            drawings=[
                Drawing(figure, () if figure.name in FILES_ONLY else drawn[places_of[machine], figure.name].result()[1])
                for figure in (*one.figures, *(beyond if is_first else ()))
            ],
            sweeps=one.sweeps,
            tuned=one.tuned,
            versions=one.versions,
            **own,
            root="" if is_first else "../",
            code=f"{'' if is_first else '../'}../{IMPLEMENTATIONS}" if one.analysis.record.commit else None,
            files=is_first,
        )
        others = [other.analysis for other in ours.values() if other is not one] if is_first else []
        texts[places_of[machine] / "index.html"] = page(sources, others, names)
    texts |= {place / f"{name}.svg": found.result()[0] for (place, name), found in drawn.items()}
    texts |= {path: found.result() for path, found in filled.items()}
    return Rendered(texts, refused)


def _figures(
    folder: Path, shown: Mapping[Path, Standing], of_machines: list[Figure]
) -> Iterator[tuple[Path, list[Figure]]]:
    """Yield the figures of each place, so that those of one are drawn while those of the next are made."""
    yield from ((place, one.figures) for place, one in shown.items())
    yield folder, of_machines
    yield folder / studies.FOLDER, _of_studies(folder)


def _of_studies(folder: Path) -> list[Figure]:
    """Return the figures of the newest studies in a folder of records."""
    found = ((draw, studies.newest(folder, name)) for name, draw in album.OF_STUDIES.items())
    return [draw(study.data) for draw, study in found if study]


Contents = tuple[dict[Path, Standing], dict[str, list[Line]], list[str]]
"""The records that represent each machine, by its folder, the lines of all records, by the name of their frame, and the
reasons why records were left out."""


def _read(folder: Path, cores: Executor) -> Contents:
    """Return the contents of the records in a folder. Raises ValueError if none is valid."""
    standing: dict[Path, Standing] = {}
    lines: dict[str, list[Line]] = {name: [] for name in DATA}
    paths = store.paths(folder)
    refused: list[str] = []
    for of_some, lines_of_some, refused_of_some in cores.map(
        _read_some, [paths[at : at + SOME] for at in range(0, len(paths), SOME)]
    ):
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
