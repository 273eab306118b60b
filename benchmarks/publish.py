"""Render what is published from the records alone: tables in the results folder, and those that stand in a README."""

import itertools
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import conditions, judgements, records, tables, timings
from benchmarks.estimates import costs, rows
from benchmarks.markup import markdown
from benchmarks.page.render import page
from benchmarks.pictures import album
from benchmarks.pictures.figure import Figure, svg
from benchmarks.records import Record

ROOT = Path(__file__).parent.parent

DOCUMENTS = tuple(
    ROOT / page
    for page in ("README.md", "implementations/README.md", "benchmarks/README.md", "benchmarks/gradients/README.md")
)
"""The project's own documents that show tables: each stands between `<!-- table: NAME -->` and `<!-- end -->`."""


def publish(folder: Path) -> list[Path]:
    """Write everything that the records in a folder say; for the project's own folder its documents too.

    Returns the files that are now there. Raises OSError where one can't be written, ValueError as `rendered` does.
    """
    texts = rendered(folder)
    for path, text in texts.items():
        records.write_whole(path, text)
    return list(texts)


def verify(folder: Path) -> list[str]:
    """Render again, and say of each file that is there and not the same where it differs first, in one line.

    A page that no record stands behind is named too. Raises OSError, ValueError as `rendered` does.
    """
    texts = rendered(folder)
    complaints = []
    for path, text in texts.items():
        if not path.exists():
            complaints.append(f"{path}: missing")
        elif (there := path.read_text(encoding="utf-8")) != text:
            lines = itertools.zip_longest(there.splitlines(), text.splitlines())
            numbered = ((number, *pair) for number, pair in enumerate(lines, start=1) if pair[0] != pair[1])
            number, found, expected = next(numbered, (0, "another end of line", ""))
            complaints.append(f"{path}:{number}: found {_short(found)}, expected {_short(expected)}")
    strays = [path for path in sorted(folder.glob("*/*")) if path not in texts and path.suffix != ".json"]
    return complaints + [f"{path}: no record stands behind it" for path in strays]


def _short(line: str | None) -> str:
    return "no such line" if line is None else repr(textwrap.shorten(line, 120))


def rendered(folder: Path) -> dict[Path, str]:
    """Every file that the records in a folder stand behind, and what is in it.

    Raises ValueError where there is no record, or a file that is none.
    """
    found = {path: records.read(path) for path in records.paths(folder)}
    if not found:
        raise ValueError(f"{folder}: no record in it, expected <machine>/<time>.json; xorbench run writes one")
    headline = newest(found.values())
    drawn = album.of_record(headline)
    texts = {path.with_suffix(".md"): _page(record) for path, record in found.items()}
    texts |= {folder / f"{figure.name}.svg": svg(figure) for figure in drawn}
    texts[folder / "index.html"] = page(of_each_machine(found.values()), drawn)
    texts[folder / "README.md"] = _index(folder, found, drawn)
    texts[folder / "timings.csv"] = _csv(found, lambda record: [asdict(row) for row in rows.rows(record)])
    texts[folder / "beginnings.csv"] = _csv(found, lambda record: [asdict(cost) for cost in costs.costs(record)])
    texts[folder / "gradients.csv"] = _csv(found, lambda record: record["gradients"]["rows"])
    texts[folder / "accuracy.csv"] = _csv(found, lambda record: record["gradients"]["accuracy"])
    if folder.resolve() == records.FOLDER:
        texts |= {document: fill(document.read_text(encoding="utf-8"), headline) for document in DOCUMENTS}
    return texts


def publish_one(path: Path, record: Record) -> Path:
    """Render the tables of one record beside it."""
    page = path.with_suffix(".md")
    records.write_whole(page, _page(record))
    return page


def newest(found: Iterable[Record]) -> Record:
    """The record that is shown first: the newest whole and fit one of full length, else the newest."""
    return max(found, key=lambda r: (not r["partial"] and not r["settings"]["quick"], not r["unfit"], r["created"]))


def of_each_machine(found: Iterable[Record]) -> list[Record]:
    """The one of each machine that is shown first; the machine of the one that is shown first of all comes first."""
    machines: dict[str, list[Record]] = {}
    for record in found:
        machines.setdefault(record["machine"]["name"], []).append(record)
    firsts = [newest(records_) for records_ in machines.values()]
    front = newest(firsts)
    return [front, *(record for record in firsts if record is not front)]


def fill(document: str, record: Record) -> str:
    """The document with the tables between its markers rendered anew. Raises ValueError for an unknown name."""
    blocks = {
        "timings": lambda: timings.timings(record),
        "beginnings": lambda: [timings.beginnings(record)],
        "order": lambda: [conditions.order(record)],
        "ledger": lambda: [conditions.ledger(record)],
        "quietness": lambda: [conditions.quietness(record)],
        "gradients": lambda: [judgements.gradients(record["gradients"])],
        "endings": lambda: [judgements.endings(record["gradients"])],
        "conduct": lambda: [judgements.conduct(record["gradients"])],
        "accuracy": lambda: [judgements.accuracy(record["gradients"])],
        "trajectories": lambda: [judgements.trajectories(record["gradients"])],
        "audits": lambda: [judgements.audits(record["gradients"])],
        "faults": lambda: judgements.faults(record["gradients"]),
    }

    def render(found: re.Match[str]) -> str:
        if found[1] not in blocks:
            raise ValueError(f"no table is named {found[1]}, expected one of {', '.join(blocks)}")
        return "\n".join([f"<!-- table: {found[1]} -->\n", *map(markdown, blocks[found[1]]()), "<!-- end -->"])

    return re.sub(r"<!-- table: (\w+) -->.*?<!-- end -->", render, document, flags=re.DOTALL)


def _page(record: Record) -> str:
    heading = f"# {record['machine']['cpu']}, {record['created']}\n"
    return "\n".join([heading, _GENERATED, *(markdown(table, "##") for table in tables.tables(record))])


def _index(folder: Path, found: dict[Path, Record], drawn: list[Figure]) -> str:
    shown = newest(found.values())
    lines = [
        "# Results\n",
        _GENERATED,
        *(markdown(table, "##") for table in tables.tables(shown)),
        *(f"![{figure.text}]({figure.name}.svg)\n" for figure in drawn),
        "## All records\n",
    ]
    for path, record in found.items():
        place = path.with_suffix(".md").relative_to(folder).as_posix()
        kind = "interrupted" if record["partial"] else "quick" if record["settings"]["quick"] else "full"
        kind += ", unfit" if record["unfit"] else ""
        lines.append(f"- [{record['machine']['name']}, {record['created']}]({place}), {kind}: `{record['command']}`")
    return "\n".join(lines) + "\n"


def _csv(found: dict[Path, Record], rows: Callable[[Record], list[dict[str, Any]]]) -> str:
    about = [
        {"machine": record["machine"]["name"], "created": record["created"], **row}
        for record in found.values()
        for row in rows(record)
    ]
    return str(pd.json_normalize(about).to_csv(index=False, lineterminator="\n"))


_GENERATED = "Rendered from the records by `xorbench publish`; do not edit.\n"
