"""Tables of stored studies, by the name of the study."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from xorbench.record.studies import AFTER, Data, Study
from xorbench.tables.cells import Table
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

UNFITTING = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""The exceptions that a function of TABLES or of a figure raises for data of another format than it reads."""


def unknown(name: str) -> str:
    """Return a message which says that no study has this name, and which names there are."""
    return f"no study is named {name}, expected one of {', '.join(TABLES)}"


def table(study: Study) -> Table:
    """Return the table of a study, with machine, versions, date and command as its caption.

    Raises ValueError, in one line, if the name of the study is unknown or its data do not fit the name.
    """
    if study.study not in TABLES:
        raise ValueError(unknown(study.study))
    try:
        found = TABLES[study.study](study.data)
    except UNFITTING as error:
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
