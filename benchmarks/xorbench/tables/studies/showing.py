"""Tables of stored studies: the newest study of a name as a block of a document, and the page of all studies."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from xorbench.record import store, studies
from xorbench.record.studies import AFTER, Data, Study
from xorbench.tables.cells import Table
from xorbench.tables.escapes import of_markdown
from xorbench.tables.formats import markdown
from xorbench.tables.studies import (
    contest,
    coverage,
    faults,
    fleet,
    functions,
    ledger,
    load,
    margin,
    methods,
    overhead,
    planted,
    releases,
    repeated,
)

TABLES: dict[str, Callable[[Data], Table]] = {
    "load": load.table_of,
    "planted": planted.table_of,
    "releases": releases.table_of,
    "repeated": repeated.table_of,
    "contest": contest.table_of,
    "coverage": coverage.table_of,
    "methods": methods.table_of,
    "overhead": overhead.table_of,
    "ledger": ledger.table_of,
    "margin": margin.table_of,
    "functions": functions.table_of,
    "faults": faults.table_of,
    "fleet": fleet.table_of,
}
"""Functions that return the table of a study from its data, by the name of the study, in the order of the page."""

PICTURED = ("functions",)
"""Names of the studies that have a figure beside the page, `<name>.svg`."""

GENERATED = "Rendered from the studies by xorbench publish; do not edit."

NOTHING = "Nothing to show.\n"


def table(study: Study) -> Table:
    """Return the table of a study, with machine, versions, date and command as its caption.

    Raises ValueError, in one line, if the name of the study is unknown or its data do not fit the name.
    """
    if study.study not in TABLES:
        raise ValueError(f"no study is named {study.study}, expected one of {', '.join(TABLES)}")
    try:
        found = TABLES[study.study](study.data)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        why = str(error) if isinstance(error, ValueError) else repr(error)
        raise ValueError(f"its data are not those of a study named {study.study}: {why}") from error
    return replace(found, caption=caption(study))


def caption(study: Study) -> str:
    """Return the machine, versions, date and command of a study in one line, and which studies it continues."""
    machine = study.machine
    versions = {**study.versions}
    python = versions.pop("python")
    parts = [
        f"{machine.cpu}, {machine.cores} CPUs, {machine.system}",
        ", ".join([f"Python {python}", *(f"{name} {version}" for name, version in versions.items())]),
        study.created,
        f"{study.command}.",
    ]
    return "; ".join(parts) + _continued(study.data.get(AFTER, ()))


def _continued(earlier: Sequence[str | None]) -> str:
    pairs = zip(earlier[::2], earlier[1::2], strict=True)
    said = " and ".join(f"at {created}, of commit {str(commit)[:12]}" for created, commit in pairs)
    return f" It continues what began {said}." if said else ""


def block(folder: Path, name: str) -> str:
    """Return the newest study called `name` in a folder of records as Markdown, or a sentence if there is none.

    Raises OSError; ValueError if the name is unknown or a file is not a valid study.
    """
    if name not in TABLES:
        raise ValueError(f"no study is named {name}, expected one of {', '.join(TABLES)}")
    found = studies.newest(folder, name)
    return markdown(table(found)) if found else NOTHING


def page(folder: Path) -> str | None:
    """Return the page of all studies in a folder of records, or None if there are none.

    It has the table of the newest study of each name, and a list of all studies with the SHA-256 of each file. Raises
    OSError; ValueError, in one line that names the file, if one is not a valid study.
    """
    paths = studies.paths(folder)
    if not paths:
        return None
    lines: list[str] = []
    newest: dict[str, tuple[Path, Study]] = {}
    for path in paths:
        study = studies.read(path)
        if study.study not in newest or study.created >= newest[study.study][1].created:
            newest[study.study] = path, study
        about = f"[{study.study}, {study.machine.name}, {study.created}]({path.parent.name}/{path.name})"
        lines.append(f"- {about}: {of_markdown(study.command)}; SHA-256 {store.digest(path)}")
    parts: list[str] = []
    for name in [name for name in TABLES if name in newest]:
        shown = _table_of(*newest.pop(name))
        picture = [f"![{of_markdown(shown.title)}]({name}.svg)\n"] if name in PICTURED else []
        parts += [markdown(shown, "##"), *picture]
    for path, study in newest.values():
        _table_of(path, study)  # raises ValueError, because the name is unknown
    heading = ["# Studies\n", f"{GENERATED}\n"]
    return "\n".join([*heading, *parts, "## All studies\n", *lines, ""])


def _table_of(path: Path, study: Study) -> Table:
    try:
        return table(study)
    except ValueError as error:
        raise ValueError(f"{path} is not a study: {error}") from error
