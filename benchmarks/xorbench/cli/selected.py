"""The implementations that a user's options select, in this environment and in others.

A wrong value raises typer.BadParameter, in one line that says what is expected.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import typer
from packaging.version import Version

from xorbench.cli.choices import known
from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.contract.source_text import shadows
from xorbench.environments import virtualenvs
from xorbench.environments.releases import FEWEST, asked_for, select_in_release
from xorbench.environments.selection import select
from xorbench.failure import HarnessError
from xorbench.progress import say, steps


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


def missing(
    chosen: Sequence[Implementation], names: Sequence[str] | None = None, extra: Sequence[Path] | None = None
) -> bool:
    """Return whether an implementation is missing that was requested by its name, file or environment's label."""
    return any(
        i.missing and (i.name in (names or ()) or i.path in (extra or ()) or i.interpreter.label) for i in chosen
    )


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
