"""Validation of a user's options. A wrong value raises typer.BadParameter, in one line that says what is expected."""

import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer
from packaging.version import Version

from xorbench.affinity import allowed_cpus
from xorbench.consistency.rules import read
from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.contract.source_text import shadows
from xorbench.environments import virtualenvs
from xorbench.environments.releases import FEWEST, asked_for, select_in_release
from xorbench.environments.selection import select
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.comparison import Limits
from xorbench.failure import HarnessError
from xorbench.measures import MEASURES, Measure
from xorbench.places import current, results
from xorbench.progress import say, steps
from xorbench.record import store
from xorbench.suggestions import unknown
from xorbench.tables.names import NAMES
from xorbench.workloads import WORKLOADS, Workload, named

REPORTS = (".md", ".html")
"""The suffixes of a report's file."""


def implementations(
    names: Sequence[str] | None, extra: Sequence[Path] | None, tuned: bool = True, alone: bool = False
) -> list[Implementation]:
    """Return the implementations in `names` and in the `extra` files.

    Without names they are all idiomatic ones and, with `tuned`, the tuned ones; with `alone`, only the reference where
    files are given. Raises typer.BadParameter where a name or a file is unknown, or a file would shadow a library.
    """
    for path in extra or ():
        if not path.is_file() or not os.access(path, os.R_OK):
            raise typer.BadParameter(
                f"{path} is not a readable file, expected the .py file of an implementation", param_hint="--with"
            )
        if complaint := shadows(path):
            raise typer.BadParameter(complaint, param_hint="--with")
    try:
        found = {i.name: i for i in discover(extra or ())}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--with") from error
    given = [path.stem for path in extra or ()]
    if names:
        wanted = [*names, *given]
    elif given and alone:
        wanted = [REFERENCE, *given]
    else:
        wanted = [n for n, i in found.items() if tuned or i.tier != "tuned" or n in given]
    return [found[known(name, list(found), "implementation")] for name in dict.fromkeys(wanted)]


def broken(chosen: Sequence[Implementation], extra: Sequence[Path] | None) -> bool:
    """Print each fault of the files in one line, and return whether one of those in `extra` is broken."""
    for fault in (fault for implementation in chosen for fault in implementation.faults):
        say(f"xorbench: {fault}")
    return any(i.broken and i.path in (extra or ()) for i in chosen)


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


def with_reference(chosen: Sequence[Implementation]) -> list[Implementation]:
    """Return the chosen implementations with the reference, which is the baseline of every ratio, first."""
    reference = next(i for i in discover() if i.name == REFERENCE)
    return [reference, *(i for i in chosen if i.name != REFERENCE)]


def in_environments(chosen: Sequence[Implementation], pythons: Sequence[str] | None) -> list[Implementation]:
    """Return the chosen implementations, followed by those of them that also run in other environments.

    Each of `pythons` is LABEL or LABEL=PATH, with the path of the environment's Python. The implementations that are
    left out are printed. Raises typer.BadParameter where an environment has none to compare.
    """
    found = [*chosen]
    try:
        for label, executable in _pythons(pythons or ()).items():
            selection = select(chosen, label, executable)
            if not selection.implementations:
                raise ValueError(f"{selection}; no implementation to compare, expected other versions there")
            say(str(selection))
            found += selection.implementations
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--python") from error
    return found


def of_framework(framework: str, names: Sequence[str] | None, extra: Sequence[Path] | None) -> list[Implementation]:
    """Return the implementations of a framework in `names` and in the `extra` files; without names, all idiomatic ones.

    Raises typer.BadParameter where the framework is unknown, or an implementation that was asked for has another one.
    """
    known(framework, sorted({i.framework for i in implementations(None, extra, tuned=False)}), "framework", "FRAMEWORK")
    asked = {*(names or ()), *(path.stem for path in extra or ())}
    found = implementations(names, extra, tuned=False)
    for i in found:
        if i.name in asked and i.framework != framework and not i.broken:
            raise typer.BadParameter(
                f"{i.name} uses {i.framework}, expected an implementation of {framework}", param_hint="--implementation"
            )
    return [i for i in found if i.framework == framework or i.broken]


def releases(framework: str, given: Sequence[str], last: int | None) -> list[Version]:
    """Return the releases of a framework that are asked for, from old to new. Raises typer.BadParameter if unknown."""
    try:
        return asked_for(framework, given, last)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="VERSION") from error


def in_releases(framework: str, wanted: Sequence[Version], chosen: Sequence[Implementation]) -> list[Implementation]:
    """Return the chosen implementations of a framework, in the environment of each of its releases, from old to new.

    A release that cannot be installed or used is printed with the reason, and left out. Raises HarnessError where
    fewer than two are left.
    """
    selections = []
    with steps("environments", len(wanted)) as done:
        for version in wanted:
            try:
                selections.append(select_in_release(framework, version, chosen))
            except ValueError as error:
                say(f"{framework} {version} is left out: {error}")
            else:
                say(str(selections[-1]))
            done()
    if len(selections) < FEWEST:
        raise HarnessError(f"{len(selections)} of {len(wanted)} releases of {framework} can be used, expected {FEWEST}")
    return [i for selection in selections for i in selection.implementations]


def _pythons(given: Sequence[str]) -> dict[str, str]:
    """Return the interpreter's path for each label. Raises ValueError where a label is invalid, unknown or repeated."""
    found: dict[str, str] = {}
    for text in given:
        label, equals, path = text.partition("=")
        if virtualenvs.checked(label) in found:
            raise ValueError(f"the label {label} is given twice, expected a different label for each environment")
        # Absolute, but not resolved: an environment's interpreter is a link, and must be called by its path.
        found[label] = str((Path(shutil.which(path) or path) if equals else virtualenvs.find(label)).absolute())
    return found


def missing(
    chosen: Sequence[Implementation], names: Sequence[str] | None = None, extra: Sequence[Path] | None = None
) -> bool:
    """Return whether an implementation is missing that was requested by its name, file or environment's label."""
    return any(
        i.missing and (i.name in (names or ()) or i.path in (extra or ()) or i.interpreter.label) for i in chosen
    )


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
