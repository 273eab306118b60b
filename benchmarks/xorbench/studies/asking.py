"""Studies as commands: their start, their progress, and the storage and printing of their results."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Annotated, TypeVar

import typer

from xorbench import environment, progress
from xorbench.cli import process
from xorbench.record import store, studies
from xorbench.record.studies import AFTER, COMMAND, Data, Study
from xorbench.tables.formats import markdown
from xorbench.tables.studies import showing

Item = TypeVar("Item")

After = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="A stored study of this kind that is continued: what it has is not measured again.",
    ),
]
"""The option of studies that may be continued."""


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


def continued(begun: Study, after: Path | None, about: Data) -> tuple[Study, Data]:
    """Return a study that begins now with the versions of the stored one that it continues, and the data of that one.

    The data are extended by time and commit of what is continued, and are `about` where nothing is. Raises
    typer.BadParameter if the stored study is of another kind, machine or version of a framework, or differs in what
    is in `about`, which decides a study.
    """
    if after is None:
        return begun, about
    try:
        stored = studies.read(after)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--after") from error
    there = {"study": stored.study, **asdict(stored.machine), **stored.versions, **stored.data}
    for key, value in {"study": begun.study, **asdict(begun.machine), **begun.versions, **about}.items():
        if there.get(key, value) != value:
            reason = f"{after} is of {key} {there[key]}, expected {value}"
            raise typer.BadParameter(reason, param_hint="--after")
    earlier = [*stored.data.get(AFTER, ()), stored.created, stored.commit]
    return replace(begun, versions={**stored.versions, **begun.versions}), {**stored.data, AFTER: earlier}


def keep(begun: Study, data: Data, folder: Path) -> Path:
    """Write a study with its data, print its table and the file's path, and return it. Raises OSError, ValueError."""
    study = replace(begun, data=dict(data))
    path = studies.write(study, folder)
    print(markdown(showing.table(study)), f"The study: {path}", sep="\n")
    return path


def keep_last(begun: Study, states: Iterator[Data], folder: Path) -> None:
    """Write and print the last of the `states` of a study, even if the study is interrupted or fails after it.

    Where there is none, as where all that is asked for was measured earlier, a line says so.
    """
    data = None
    try:
        for data in states:  # noqa: B007  only the last state is written
            pass
        if data is None:
            progress.say("nothing is left to be measured")
    finally:
        if data is not None:
            keep(begun, data, folder)


def announced(items: Sequence[Item], name: Callable[[Item], str], done: int = 0) -> Iterator[tuple[int, Item]]:
    """Yield each item of a study but the first `done` ones with its place from 0.

    The item's `name` and the estimated time of the items that are left are printed to standard error before it.
    """
    began = perf_counter()
    for place, item in enumerate(items[done:], done):
        spent = perf_counter() - began
        each = spent / (place - done) if place > done else None
        left = f", about {each * (len(items) - place) / 60:.0f} min left" if each else ""
        progress.say(f"run {place + 1} of {len(items)}: {name(item)}{left}")
        yield place, item
