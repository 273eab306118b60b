"""Faults, and what is lost by each: in real runs, in messages and files, in records, and in implementations that cheat.

`python -m xorbench.studies.faults --seed 1` takes about an hour and a half on two CPUs. `--real`, `--messages`,
`--mutations`, `--published` and `--minutes` state how much of each kind there is; 0 leaves a kind out. It is for Linux.
"""

import dataclasses
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from xorbench import places, progress
from xorbench.cli import choices
from xorbench.cli.options import Output, Seed, count, finite
from xorbench.contract import discover
from xorbench.cores import all_cores
from xorbench.environment import allowed_cpus, is_installed
from xorbench.record import store
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.injection import cheats, guided, large, messages, records, runs
from xorbench.studies.injection.records import Share

REAL, MESSAGES, MUTATIONS, PUBLISHED, MINUTES = 200, 1_000, 1_000_000, 20_000, 10.0

SMALL = Share(in_text=50, shown=200)
PUBLISHED_ONES = Share(in_text=20, shown=100)

BATCH, PUBLISHED_BATCH = 1_000, 25
"""The numbers of changes that a process makes at a time: of the small record, and of a published one."""


def study(
    real: int, number: int, mutations: int, published: int, minutes: float, cheat: bool, seed: int = 0
) -> Iterator[Data]:
    """Inject faults, and yield the data after each step.

    `real` is the number of faults in runs, `number` that of messages and that of files; `mutations` and `published` are
    the numbers of changes of the small record and of the published ones, `minutes` is the time of inputs by coverage,
    and `cheat` says whether the cheats are run.
    """
    data: Data = {"seed": seed, "cpus": len(allowed_cpus())}
    text = records.smallest()
    data["record_bytes"] = len(text)
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        if number:
            progress.say(f"{number:,} messages and as many files")
            data["messages"] = messages.study(number, seed)
            data["files"] = records.odd_files(folder, text.encode(), number, seed)
            yield data
            data["large"] = []
            for found in large.study(folder, text.encode()):
                data["large"].append(found)
                yield data
        for data["mutations"] in _changed(text, mutations, seed):
            yield data
        for data["published"] in _published(published, seed):
            yield data
        if minutes:
            progress.say(f"inputs by coverage for {minutes:g} min")
            data["guided"] = guided.study(minutes, folder, text.encode())
            yield data
    if cheat:
        progress.say(f"implementations that cheat, in {len(cheats.groups())} runs")
        for data["cheats"] in cheats.study(seed):
            yield data
    if real:
        for happened, about in runs.happened(real, seed, threading.Event()):
            progress.say(f"fault {len(happened)} of {real}: {happened[-1].fault}: {happened[-1].outcome}")
            data |= {"real": [*map(dataclasses.asdict, happened)], **about}
            yield data


def _changed(text: str, number: int, seed: int) -> Iterator[Data]:
    """Change the small record so many times, and yield the counts so far."""
    if not number:
        return
    with all_cores() as cores, progress.steps("changes of a small record", -(-number // BATCH)) as advance:
        for found in records.batches(cores, text, seed, number, SMALL, BATCH):
            advance()
            yield found.data


def _published(number: int, seed: int) -> Iterator[Data]:
    """Change published records, all together so many times, and yield the counts so far."""
    paths = store.paths(places.results())
    if not number or not paths:
        return
    each = -(-number // len(paths))
    total = records.Counts()
    with all_cores() as cores, progress.steps("changes of published records", len(paths)) as advance:
        for place, path in enumerate(paths):
            of_path = records.Counts()
            text = path.read_text(encoding="utf-8")
            for of_path in records.batches(cores, text, seed + place, each, PUBLISHED_ONES, PUBLISHED_BATCH):  # noqa: B007
                pass
            total.add(of_path)
            advance()
            yield total.data


def main(
    real: Annotated[int, count("Faults in real runs.", least=0)] = REAL,
    messages: Annotated[int, count("Faulty messages, and faulty files.", least=0)] = MESSAGES,
    mutations: Annotated[int, count("Changes of a record of at most 20 kB.", least=0)] = MUTATIONS,
    published: Annotated[int, count("Changes of the published records.", least=0)] = PUBLISHED,
    minutes: Annotated[
        float,
        typer.Option(
            min=0, callback=finite, metavar="MINUTES", help="Minutes of inputs by coverage, where atheris is installed."
        ),
    ] = MINUTES,
    cheat: Annotated[bool, typer.Option("--cheats/--no-cheats", help="Also run implementations that cheat.")] = True,
    seed: Seed = 0,
    output: Output = None,
) -> None:
    """Inject faults into runs, messages, files and records, and say what was lost by each."""
    folder = choices.folder(output)
    tools = [discover()[0].framework, "pydantic", *(["atheris"] if is_installed("atheris") else [])]
    begun = asking.begun("faults", tools)
    asking.keep_last(begun, study(real, messages, mutations, published, minutes, cheat, seed), folder)


if __name__ == "__main__":
    asking.run("faults", main)
