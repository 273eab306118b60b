"""What a user asked for, held against what there is. A mistake is one line that says what would be right."""

import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.environment import allowed_cpus
from xorbench.environments import virtualenvs
from xorbench.environments.selection import contestants
from xorbench.estimates.analysis import Analysis
from xorbench.places import results
from xorbench.progress import say
from xorbench.record.store import read
from xorbench.suggestions import unknown
from xorbench.workloads import WORKLOADS, Workload, named

REPORTS = (".md", ".html")


def implementations(
    names: Sequence[str] | None, extra: Sequence[Path] | None, tuned: bool = True
) -> list[Implementation]:
    """Those named, and those in the extra files; where none is named all that are found, the tuned ones if wanted.

    Raises typer.BadParameter.
    """
    for path in extra or ():
        if not path.is_file() or not os.access(path, os.R_OK):
            raise typer.BadParameter(
                f"{path}: no such file to read, expected an implementation's .py file", param_hint="--with"
            )
    try:
        found = {i.name: i for i in discover(extra or ())}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--with") from error
    given = [path.stem for path in extra or ()]
    wanted = [*names, *given] if names else [n for n, i in found.items() if tuned or i.tier != "tuned" or n in given]
    return [found[known(name, list(found), "implementation")] for name in dict.fromkeys(wanted)]


def workloads(names: Sequence[str] | None, otherwise: Iterable[str] = WORKLOADS) -> list[Workload]:
    """Those named, of which "all" means every one; else those others. Raises typer.BadParameter."""
    asked = [each for name in names or otherwise for each in (WORKLOADS if name == "all" else [name])]
    return [_workload(name) for name in dict.fromkeys(asked)]


def _workload(name: str) -> Workload:
    try:
        return named(name)
    except KeyError:
        return WORKLOADS[known(name, list(WORKLOADS), "workload")]  # raises


def with_reference(chosen: Sequence[Implementation]) -> list[Implementation]:
    """The baseline of every ratio first, whether it was asked for or not."""
    reference = next(i for i in discover() if i.name == REFERENCE)
    return [reference, *(i for i in chosen if i.name != REFERENCE)]


def in_environments(chosen: Sequence[Implementation], pythons: Sequence[str] | None) -> list[Implementation]:
    """The chosen, then those of them that run in other environments too, each LABEL or LABEL=PATH of its Python.

    Who is left out there is said. Raises typer.BadParameter.
    """
    found = [*chosen]
    try:
        for label, executable in _pythons(pythons or ()).items():
            field = contestants(chosen, label, executable)
            if not field.contestants:
                raise ValueError(f"{field}; nothing to compare")
            say(str(field))
            found += field.contestants
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--python") from error
    return found


def _pythons(given: Sequence[str]) -> dict[str, str]:
    """The interpreter of each label. Raises ValueError."""
    found: dict[str, str] = {}
    for text in given:
        label, equals, path = text.partition("=")
        if virtualenvs.checked(label) in found:
            raise ValueError(f"the label {label} is given twice, expected one for each environment")
        # Absolute, but not resolved: that the interpreter of an environment is a link is what makes it one.
        found[label] = str((Path(shutil.which(path) or path) if equals else virtualenvs.find(label)).absolute())
    return found


def missing(names: Sequence[str] | None, chosen: Sequence[Implementation]) -> bool:
    """Whether something was asked for, by its name or by its environment's, that cannot run."""
    return any(i.missing and (i.name in (names or ()) or i.interpreter.label) for i in chosen)


def cpu(number: int | None) -> int:
    """The CPU to time on: the last allowed one unless told, for the first serves the interrupts."""
    allowed = allowed_cpus()
    if number is not None and number not in allowed:
        raise typer.BadParameter(f"{number} is not allowed here, expected one of {allowed}", param_hint="--cpu")
    return allowed[-1] if number is None else number


def folder(output: Path | None, option: str = "--output") -> Path:
    """The folder of records, shown to be writable before anything is measured. Raises typer.BadParameter."""
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
    """The file of a report, if one is wanted. Raises typer.BadParameter."""
    return None if path is None else file(path, "--report", REPORTS)


def file(path: Path, option: str, endings: Sequence[str]) -> Path:
    """A file to write, shown to be writable before anything is done. Raises typer.BadParameter."""
    if path.suffix not in endings:
        raise typer.BadParameter(f"{path}: expected a name that ends in {' or '.join(endings)}", param_hint=option)
    if not path.parent.is_dir() or path.is_dir() or not os.access(path.parent, os.W_OK):
        raise typer.BadParameter(f"{path} can't be written; name a file in a folder that is there", param_hint=option)
    return path


def share(percent: str | None, option: str, least: float | None = None) -> float | None:
    """A share that was given as percent, "2%" or "2"; above 0, or at least `least`. Raises typer.BadParameter."""
    if percent is None:
        return None
    try:
        value = float(percent.strip().removesuffix("%")) / 100
    except ValueError:
        value = math.nan
    if not 0 < value < 1 and value != least:
        raise typer.BadParameter(
            f"{percent}: expected a number of percent between 0 and 100, as in 2%", param_hint=option
        )
    return value


def record(path: Path) -> Analysis:
    """The analysis of a record that was named. Raises typer.BadParameter."""
    try:
        return Analysis(read(path))
    except (OSError, ValueError) as error:
        raise no_record(path, error) from error


def no_record(path: Path, error: Exception) -> typer.BadParameter:
    """What to say of a file that is no record."""
    reason = error.strerror if isinstance(error, OSError) else error
    return typer.BadParameter(f"{path}: {reason}; expected a record, results/<machine>/<time>.json")


def known(name: str, names: list[str], kind: str) -> str:
    """The name, if it is one of these. Raises typer.BadParameter, with those that are near."""
    if name in names:
        return name
    raise typer.BadParameter(unknown(name, names, kind), param_hint=f"--{kind}")
