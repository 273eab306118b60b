"""Faults, and what is lost by each: in real runs, in messages and files, in records, and in implementations that cheat.

`python -m xorbench.studies.faults --seed 1` takes about an hour and a half on two CPUs. `--real`, `--messages`,
`--mutations`, `--published` and `--minutes` state how much of each kind there is; 0 leaves a kind out. With
`--blocks FILE` it can be interrupted and continues with what was not finished. It is for Linux.
"""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from xorbench import places, progress
from xorbench.affinity import allowed_cpus
from xorbench.cli import choices
from xorbench.cli.options import Output, Seed, count, finite
from xorbench.contract import discover
from xorbench.cores import all_cores
from xorbench.environment import is_installed
from xorbench.record import store
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.injection import cheats, files, guided, joining, large, messages, records, runs
from xorbench.studies.injection.blocks import Block, Finished, done, ranges
from xorbench.studies.injection.cheat import Cheat
from xorbench.studies.injection.records import Share
from xorbench.suite.about import harness_sha256

REAL, MESSAGES, MUTATIONS, PUBLISHED, MINUTES = 200, 1_000, 1_000_000, 20_000, 10.0

SMALL = Share(in_text=50, shown=200)
PUBLISHED_ONES = Share(in_text=20, shown=100)

BATCH, PUBLISHED_BATCH, MESSAGES_BATCH = 1_000, 25, 100
"""The numbers of changes of the small record, of changes of a published one, and of messages or files in a block."""


@dataclass(frozen=True)
class Amounts:
    """The number of faults of each kind that the study injects, and the time of the inputs by atheris.

    `real` is the number of faults in runs, `messages` that of messages and that of files; `mutations` and `published`
    are the numbers of changes of the small record and of the published ones, `minutes` is the time of inputs by
    coverage, and `cheats` says whether the cheats are run.
    """

    real: int = REAL
    messages: int = MESSAGES
    mutations: int = MUTATIONS
    published: int = PUBLISHED
    minutes: float = MINUTES
    cheats: bool = True
    seed: int = 0


def about(amounts: Amounts, text: str) -> Data:
    """Return what decides a study: its amounts, the text of this package, and the records that are changed."""
    return {
        **asdict(amounts),
        "text of the package": harness_sha256(),
        "small record": hashlib.sha256(text.encode()).hexdigest(),
        "set of published records": [path.name for path in store.paths(places.results())],
    }


def study(amounts: Amounts, text: str, finished: Finished) -> None:
    """Inject the faults that are not `finished`, and note each block there. `text` is the small record."""
    blocks = [block for block in _untimed(amounts, text) if block.name not in finished]
    if blocks:
        with all_cores() as cores, progress.steps("messages, files and changes of records", len(blocks)) as advance:
            for name, data in done(blocks, cores, 2 * len(allowed_cpus())):
                finished.note(name, data)
                advance()
    for name, group in _cheats(amounts):
        if name not in finished:
            progress.say(f"{name}: {', '.join(cheat.name for cheat in group)}")
            finished.note(name, {"cheats": cheats.study(group, amounts.seed)})
    if amounts.real:
        for name, data in runs.happened(amounts.real, amounts.seed, threading.Event(), finished):
            finished.note(name, data)
            one = data["happened"]
            progress.say(f"{name}: {one['fault']}: {one['outcome']}" if one else f"{name}: {data['not_possible']}")


def _cheats(amounts: Amounts) -> Iterator[tuple[str, list[Cheat]]]:
    if amounts.cheats:
        for number, group in enumerate(cheats.groups()):
            yield f"cheats {number}", group


def _untimed(amounts: Amounts, text: str) -> Iterator[Block]:
    """Yield the blocks that are done on all CPUs, the longest first."""
    seed, as_bytes = amounts.seed, text.encode()
    if amounts.minutes:
        yield Block("guided 0", partial(guided.study, amounts.minutes, as_bytes))
    if amounts.messages:
        for place, name in enumerate(large.FILES):
            yield Block(f"large {place}", partial(large.study, name, as_bytes))
    for numbers in ranges(amounts.messages, MESSAGES_BATCH):
        yield Block(f"messages {numbers.start}", partial(messages.study, seed, numbers))
        yield Block(f"files {numbers.start}", partial(files.study, as_bytes, seed, numbers))
    for numbers in ranges(amounts.mutations, BATCH):
        yield Block(f"mutations {numbers.start}", partial(records.batch, text, seed, SMALL, numbers))
    paths = store.paths(places.results()) if amounts.published else []
    for place, path in enumerate(paths):
        for numbers in ranges(-(-amounts.published // len(paths)), PUBLISHED_BATCH):
            change = partial(records.batch_of_file, path, seed + place, PUBLISHED_ONES, numbers)
            yield Block(f"published {place} {numbers.start}", change)


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
    blocks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep what is finished in this file, and continue it. [default: it is kept in memory]"
        ),
    ] = None,
    after: asking.After = None,
    output: Output = None,
) -> None:
    """Inject faults into runs, messages, files and records, and say what was lost by each.

    With --after, kinds of faults of which none are asked for keep what the stored study has.

    The study is written to the folder of records when it is complete. What is finished of one that was interrupted is
    in the file of --blocks, if there is one, and is written to the folder if there is none.
    """
    folder, text = choices.folder(output), records.smallest()
    amounts = Amounts(real, messages, mutations, published, minutes, cheat, seed)
    try:
        finished = Finished(about(amounts, text), blocks)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--blocks") from error
    tools = [discover()[0].framework, "pydantic", *(["atheris"] if is_installed("atheris") else [])]
    begun, earlier = asking.continued(asking.begun("faults", tools), after, {"seed": seed})
    is_complete = False
    try:
        study(amounts, text, finished)
        is_complete = True
    finally:
        finished.close()
        if is_complete or (blocks is None and len(finished)):
            asking.keep(begun, earlier | joining.joined(seed, len(text), finished), folder)
        elif blocks is not None:
            progress.say(f"{len(finished):,} finished blocks are in {blocks}; the same command continues")


if __name__ == "__main__":
    asking.run("faults", main)
