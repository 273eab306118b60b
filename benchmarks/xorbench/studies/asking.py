"""Studies as commands: their start, their progress, and the storage and printing of their results."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import typer

from xorbench import environment, progress
from xorbench.cli import process
from xorbench.record import store, studies
from xorbench.record.studies import COMMAND, Data, Study
from xorbench.tables.formats import markdown
from xorbench.tables.studies import showing

Item = TypeVar("Item")


def run(name: str, main: Callable[..., None]) -> None:
    """Run the study `name` as a command and exit with its code; the parameters of `main` are its options."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(main)
    process.run(lambda: app, f"{COMMAND}{name}")


def begun(name: str, frameworks: Iterable[str]) -> Study:
    """Return a study that begins now, by the command line of the process, without data."""
    asked = environment.command().removeprefix("xorbench")
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


def announced(items: Sequence[Item], name: Callable[[Item], str]) -> Iterator[tuple[int, Item]]:
    """Yield each item of a study with its place from 0.

    The item's `name` and the estimated time of the items that are left are printed to standard error before it.
    """
    began = perf_counter()
    for place, item in enumerate(items):
        spent = perf_counter() - began
        left = f", about {spent / place * (len(items) - place) / 60:.0f} min left" if place else ""
        progress.say(f"run {place + 1} of {len(items)}: {name(item)}{left}")
        yield place, item
