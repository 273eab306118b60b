"""What a user asked for, held against what there is. A mistake is one line that says what would be right."""

import difflib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import typer

from benchmarks.contract import REFERENCE, Implementation, discover
from benchmarks.environment import allowed_cpus
from benchmarks.records import FOLDER
from benchmarks.workloads import WORKLOADS, Workload

REPORTS = (".md", ".html")


def implementations(names: Sequence[str] | None, extra: Sequence[Path] | None) -> list[Implementation]:
    """Those named, and those in the extra files; all that are found where none is named. Raises typer.BadParameter."""
    for path in extra or ():
        if not path.exists():
            raise typer.BadParameter(
                f"{path}: no such file, expected an implementation's .py file", param_hint="--with"
            )
    try:
        found = {i.name: i for i in discover(extra or ())}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--with") from error
    wanted = [*names, *(path.stem for path in extra or ())] if names else list(found)
    return [found[_known(name, list(found), "implementation")] for name in dict.fromkeys(wanted)]


def workloads(names: Sequence[str] | None) -> list[Workload]:
    """Those named, else all. Raises typer.BadParameter."""
    wanted = dict.fromkeys(names or WORKLOADS)
    return [WORKLOADS[_known(name, list(WORKLOADS), "workload")] for name in wanted]


def with_reference(chosen: Sequence[Implementation]) -> list[Implementation]:
    """The baseline of every ratio first, whether it was asked for or not."""
    reference = next(i for i in discover() if i.name == REFERENCE)
    return [reference, *(i for i in chosen if i.name != REFERENCE)]


def missing(names: Sequence[str] | None, chosen: Sequence[Implementation]) -> bool:
    """Whether something was asked for by name that cannot run here."""
    return any(i.missing and i.name in (names or ()) for i in chosen)


def cpu(number: int | None) -> int:
    """The CPU to time on: the last allowed one unless told, for the first serves the interrupts."""
    allowed = allowed_cpus()
    if number is not None and number not in allowed:
        raise typer.BadParameter(f"{number} is not allowed here, expected one of {allowed}", param_hint="--cpu")
    return allowed[-1] if number is None else number


def folder(output: Path | None) -> Path:
    """The folder of records, shown to be writable before anything is measured. Raises typer.BadParameter."""
    output = FOLDER if output is None else output
    existing = next(path for path in (output.absolute(), *output.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return output
    except OSError as error:
        raise typer.BadParameter(
            f"{output} can't be written: {error.strerror or error}; name another folder", param_hint="--output"
        ) from error


def report(file: Path | None) -> Path | None:
    """The file of a report, shown to be writable before anything is judged. Raises typer.BadParameter."""
    if file is None:
        return None
    if file.suffix not in REPORTS:
        raise typer.BadParameter(f"{file}: expected a name that ends in {' or '.join(REPORTS)}", param_hint="--report")
    if not file.parent.is_dir() or file.is_dir() or not os.access(file.parent, os.W_OK):
        raise typer.BadParameter(
            f"{file} can't be written; name a file in a folder that is there", param_hint="--report"
        )
    return file


def _known(name: str, names: list[str], kind: str) -> str:
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"expected one of {', '.join(names)}"
    raise typer.BadParameter(f"no {kind} is named {name!r}; {hint}", param_hint=f"--{kind}")
