"""Validation of a user's options. A wrong value raises typer.BadParameter, in one line that says what is expected."""

import math
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from xorbench.affinity import allowed_cpus
from xorbench.consistency.rules import read
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.comparison import Limits
from xorbench.measures import MEASURES, Measure
from xorbench.places import current, results
from xorbench.record import store
from xorbench.suggestions import unknown
from xorbench.tables.names import NAMES
from xorbench.workloads import WORKLOADS, Workload, named

REPORTS = (".md", ".html")
"""The suffixes of a report's file."""


def workloads(names: Sequence[str] | None, otherwise: Iterable[str] = WORKLOADS) -> list[Workload]:
    """Return the workloads in `names`, where "all" stands for every one; without names, those in `otherwise`.

    Raises typer.BadParameter where a name is unknown.
    """
    asked = [each for name in names or otherwise for each in (WORKLOADS if name == "all" else [name])]
    return [_workload(name) for name in dict.fromkeys(asked)]


def _workload(name: str) -> Workload:
    try:
        return named(name)
    except KeyError:
        raise typer.BadParameter(
            f"{unknown(name, WORKLOADS, 'workload')}; a point of a sweep is named as in width-64-batch-256",
            param_hint="--workload",
        ) from None


def measures(text: str) -> list[Measure]:
    """Return the measures in a list with commas, where "all" stands for every one.

    Raises typer.BadParameter where one is unknown.
    """
    wanted = {known(name.strip(), [*MEASURES, "all"], "measure") for name in text.split(",")}
    return [measure for measure in MEASURES if wanted & {measure, "all"}]


def cpu(number: int | None) -> int:
    """Return the number of the CPU to time on, by default the last allowed one, because the first serves interrupts.

    Raises typer.BadParameter where this process may not use the CPU.
    """
    allowed = allowed_cpus()
    if number is not None and number not in allowed:
        raise typer.BadParameter(
            f"this process may not use CPU {number}, expected one of {allowed}", param_hint="--cpu"
        )
    return allowed[-1] if number is None else number


def folder(output: Path | None, option: str = "--output") -> Path:
    """Return the folder of records, by default results/. Raises typer.BadParameter where it can't be written."""
    output = results() if output is None else output
    existing = next(path for path in (output.absolute(), *output.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return output
    except OSError as error:
        raise typer.BadParameter(
            f"{output} can't be written: {error.strerror or error}; name another folder", param_hint=option
        ) from error


def report(path: Path | None) -> Path | None:
    """Return the path of a report's file, or None. Raises typer.BadParameter where it can't be written."""
    return None if path is None else file(path, "--report", REPORTS)


def file(path: Path, option: str, endings: Sequence[str]) -> Path:
    """Return `path`. Raises typer.BadParameter unless it has one of the `endings` and can be written."""
    if path.suffix not in endings:
        raise typer.BadParameter(f"{path}: expected a name that ends in {' or '.join(endings)}", param_hint=option)
    if not path.parent.is_dir() or path.is_dir() or not os.access(path.parent, os.W_OK):
        raise typer.BadParameter(
            f"{path} can't be written; name a file in an existing, writable folder", param_hint=option
        )
    return path


def share(percent: str | None, option: str, least: float | None = None) -> float | None:
    """Return a percentage, such as "2%" or "2", as a share; None where none is given.

    Raises typer.BadParameter unless the share is between 0 and 1 exclusive, or equal to `least`.
    """
    if percent is None:
        return None
    try:
        value = float(percent.strip().removesuffix("%")) / 100
    except ValueError:
        value = math.nan
    if not 0 < value < 1 and value != least:
        raise typer.BadParameter(f"{percent}: expected a percentage between 0 and 100, such as 2%", param_hint=option)
    return value


def limits(given: Sequence[str], option: str) -> Limits:
    """Return the limits in `given`, each PERCENT for every row or NAME=PERCENT for those of an implementation.

    Raises typer.BadParameter where a percentage is invalid or a limit is given twice.
    """
    found: dict[str, float] = {}
    for text in given:
        name, _, percent = text.rpartition("=")
        if name in found:
            raise typer.BadParameter(f"a second limit for {name or 'every row'}, expected one", param_hint=option)
        found[name] = share(percent, option) or 0.0
    return Limits(found.pop("", None), found)


def record(path: Path) -> Analysis:
    """Return the analysis of the record at `path`. Raises typer.BadParameter where it can't be read or is invalid."""
    try:
        return Analysis(read(path))
    except (OSError, ValueError) as error:
        raise no_record(path, error) from error


def newest_record() -> Path:
    """Return the path of the newest record in results/. Raises typer.BadParameter where there is none."""
    found = store.paths(results())
    if not found:
        raise none_in(results())
    return max(found, key=lambda path: path.name)


def none_in(folder: Path) -> typer.BadParameter:
    """Return the usage error for a folder of records in which there is no record."""
    return typer.BadParameter(
        f"there is no record in {near(folder)}; measure one with xorbench run, or name a file", param_hint="RECORD"
    )


def table(name: str, present: list[str]) -> str:
    """Return `name` if the record has this table. Otherwise raises typer.BadParameter, with those `present`."""
    if name in NAMES and name not in present:
        raise typer.BadParameter(
            f"this record has no table {name}, expected one of {', '.join(present)}", param_hint="--table"
        )
    return known(name, present, "table")


def near(path: Path) -> Path:
    """Return `path` as it is written from the current folder, if it lies below it."""
    here = current()
    return path.relative_to(here) if here is not None and path.is_absolute() and path.is_relative_to(here) else path


def no_record(path: Path, error: Exception) -> typer.BadParameter:
    """Return the usage error for a file that is not a readable record, with the reason from `error`."""
    reason = f"{path}: {error.strerror}" if isinstance(error, OSError) else error
    return typer.BadParameter(f"{reason}; expected a record, results/<machine>/<time>.json")


def known(name: str, names: list[str], kind: str, option: str | None = None) -> str:
    """Return `name` if it is in `names`. Otherwise raises typer.BadParameter, with similar names."""
    if name in names:
        return name
    raise typer.BadParameter(unknown(name, names, kind), param_hint=option or f"--{kind}")
