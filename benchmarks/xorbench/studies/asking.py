"""Command-line options of the studies, and functions that store and print the result of a study."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from xorbench import environment, places
from xorbench.record import store, studies
from xorbench.record.studies import COMMAND, Data, Study
from xorbench.tables.formats import markdown
from xorbench.tables.studies import showing


def parser(name: str, about: str) -> argparse.ArgumentParser:
    """Return the argument parser of the study `name`, with the option --output; the study adds its own options."""
    found = argparse.ArgumentParser(prog=f"{COMMAND}{name}", description=about)
    found.add_argument(
        "--output",
        type=folder,
        default=str(places.results()),
        metavar="FOLDER",
        help="folder of records [default: results]",
    )
    return found


def folder(text: str) -> Path:
    """Return `text` as a folder. Raises ArgumentTypeError if it cannot be written, before anything is measured."""
    path = Path(text)
    existing = next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text} can't be written; name another folder")
    return path


def number(text: str) -> int:
    """Return `text` as a whole number of at least 1. Raises ArgumentTypeError if it is none."""
    return _at_least(1, text)


def number_or_0(text: str) -> int:
    """Return `text` as a whole number of at least 0. Raises ArgumentTypeError if it is none."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    try:
        found = int(text)
    except ValueError:
        found = least - 1
    if found < least:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number of at least {least}")
    return found


def begun(name: str, frameworks: Iterable[str], arguments: Iterable[str] = ()) -> Study:
    """Return a study that begins now, without data; `arguments` default to the command line of the process."""
    asked = environment.command(arguments).removeprefix("xorbench")
    versions = environment.versions()["python"]
    return Study(
        study=name,
        created=store.timestamp(),
        command=f"{COMMAND}{name}{asked}",
        commit=environment.commit(),
        machine=environment.machine(),
        versions={"python": versions, **{one: environment.version_of(one) for one in dict.fromkeys(frameworks)}},
        data={},
    )


def keep(begun: Study, data: Data, folder: Path) -> Path:
    """Write a study with its data, print its table and the file's path, and return it. Raises OSError, ValueError."""
    study = replace(begun, data=dict(data))
    path = studies.write(study, folder)
    print(markdown(showing.table(study)), f"The study: {path}", sep="\n")
    return path


def keep_last(begun: Study, states: Iterator[Data], folder: Path) -> None:
    """Write and print the last of the `states` of a study, even if the study is interrupted or fails after it."""
    data = None
    try:
        for data in states:  # noqa: B007  only the last state is written
            pass
    finally:
        if data is not None:
            keep(begun, data, folder)


def say_run(number: int, runs: int, what: str, seconds: float) -> None:
    """Print to standard error which run begins, and the estimated time of the remaining runs."""
    left = f", about {seconds / (number - 1) * (runs - number + 1) / 60:.0f} min left" if number > 1 else ""
    print(f"run {number} of {runs}: {what}{left}", file=sys.stderr, flush=True)
