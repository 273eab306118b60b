"""Margin of the judge: the largest error of honest implementations as a fraction of the bound.

`python -m xorbench.studies.margin --questions 1000000 --others 100000 --search 1200` asks NumPy, PyTorch and JAX a
million questions each and all other implementations a hundred thousand, and then searches for the worst point of each
of the three for 1,200 CPU seconds. A value above 1 is a false alarm. A question is one numbered point in one dtype,
with gradient, predictions and loss. Half of the questions are at the workload's own shape, half at eight others.
"""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from typing import Annotated

import numpy as np
import typer

from xorbench import environment, progress
from xorbench.cli import choices, selected
from xorbench.cli.options import Implementations, Output, Seed, count
from xorbench.contract import REFERENCE, Implementation, discover, load
from xorbench.cores import all_cores
from xorbench.failure import HarnessError
from xorbench.judging.answers import answers
from xorbench.judging.chunk_judge import judge_chunk
from xorbench.judging.chunks import DTYPES, Chunk, Found, Row, joined, size_of
from xorbench.judging.layout import LOSS
from xorbench.judging.points import Point, numbered_points, points_of, reshaped, stride
from xorbench.judging.truths import truths_here
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.margin_search import STEPS, searches
from xorbench.workloads import WORKLOADS, Workload

FIRST = (REFERENCE, "torch_autograd", "jax_grad")
"""The implementations that are asked the most questions, and for which a worst point is searched, by default."""

WORKLOADS_ASKED = ("neuron", "hidden", "relu", "deep")
"""One workload of each loss and activation, and the neuron."""

POINTS = 400
"""The points of one round at a workload's own shape in each dtype; there are an eighth as many at each other shape."""

ROUNDS_KEPT = 2
"""The rounds after which what was found is kept, in case that the study is interrupted."""

MOST_REASONS = 5
"""The most false alarms of an implementation that are kept in words."""


def problems(seed: int) -> dict[str, tuple[Workload, int]]:
    """Return all workloads that are asked about, at each shape, by name, with the points of a round in each dtype."""
    found: dict[str, tuple[Workload, int]] = {}
    for own in map(WORKLOADS.__getitem__, WORKLOADS_ASKED):
        others = [*reshaped(own, seed)]
        found |= {own.name: (own, POINTS)} | {one.name: (one, max(1, POINTS // len(others))) for one in others}
    return found


def again(found: Data, seed: int) -> float:
    """Return the largest error at a worst point that a study with `seed` found, over the bound, computed anew."""
    workload, _ = problems(seed)[found["workload"]]
    point = numbered_points(workload, found["dtype"], [found["number"]], seed)
    if "parameters" in found:
        row = np.array([float.fromhex(number) for number in found["parameters"]])
        point = points_of(point.problems[0], found["dtype"], [Point(row, "")])
    module = load(next(i for i in discover() if i.name == found["implementation"]))
    with np.errstate(all="ignore"):
        given = answers(module, point)
    return float(truths_here(point).fractions(given.rows).max())


def study(
    asked: Mapping[Implementation, int],
    searchers: Sequence[Implementation],
    seconds: float,
    seed: int = 0,
    earlier: Data | None = None,
) -> Iterator[Data]:
    """Yield the data after some rounds of questions and after each round of searches; see the module.

    `asked` are the implementations with the least number of questions to each; `searchers` are those for which the
    worst point is searched, for so many CPU seconds each. The rounds of questions in the data of an `earlier` study are
    not repeated, and its searches are kept if they took as long.
    """
    begin: Data = {"seed": seed, "steps": STEPS, "questions": [], "search_seconds": seconds, "searches": []}
    data = begin | (earlier or {})
    searched = [one for one in data["searches"] if one["seconds"] >= seconds]
    those = {one["implementation"] for one in searched}
    own = [WORKLOADS[name] for name in WORKLOADS_ASKED]
    with all_cores() as cores:
        for every in _questions(asked, seed, cores, data["questions"]):
            yield (data := data | {"questions": every})
        for found in searches([i for i in searchers if i.name not in those], own, seconds, seed, cores):
            yield (data := data | {"searches": [*searched, *found]})


def _questions(
    asked: Mapping[Implementation, int], seed: int, cores: Executor, earlier: Sequence[Data]
) -> Iterator[list[Data]]:
    """Yield what was found of all implementations after some rounds, with what was found in `earlier` rounds."""
    workloads = [*problems(seed).values()]
    of_round = sum(len(DTYPES) * (points // stride(workload)) for workload, points in workloads)
    before = {one["implementation"]: one for one in earlier}
    begun = {i: before.get(i.name, {}).get("rounds", 0) for i in asked}
    wanted = {i: -(-questions // of_round) for i, questions in asked.items()}
    left = [i for i in asked if begun[i] < wanted[i]]
    numbers = range(min((begun[i] for i in left), default=0), max((wanted[i] for i in left), default=0))
    found: dict[str, Found] = {}
    with progress.steps("questions", len(numbers) * len(workloads)) as advance:
        for first in numbers[::ROUNDS_KEPT]:
            some = range(first, min(first + ROUNDS_KEPT, numbers.stop))
            waiting = {
                cores.submit(judge_chunk, those, [workload], Chunk(number * n, n), seed): workload.name
                for number in some
                for workload, n in workloads
                if (those := [i for i in left if begun[i] <= number < wanted[i]])
            }
            for future in as_completed(waiting):
                workload = waiting[future]
                found[workload] = joined(found.get(workload, Found()), future.result())
                advance()
            every = [row for of_workload in found.values() for row in of_workload.rows]
            now = dict(before)
            for i in left:
                if rows := [row for row in every if row.implementation == i.name]:
                    rounds = {"rounds": min(some[-1] + 1, wanted[i])}
                    now[i.name] = (_together(before[i.name], _of(i, rows)) if begun[i] else _of(i, rows)) | rounds
            yield [*now.values()]


def _together(one: Data, other: Data) -> Data:
    """Return what was found of an implementation in some rounds and in others: sums, and the larger errors."""
    worst = max(one, other, key=lambda found: math.inf if (size := found.get("of_bound", 0.0)) is None else size)
    sums = {key: one[key] + other[key] for key in ("questions", "not_offered", "outside")}
    reasons = [*one["reasons"], *other["reasons"]][:MOST_REASONS]
    return worst | sums | {"factor": max(one["factor"], other["factor"]), "reasons": reasons}


def _of(implementation: Implementation, rows: Sequence[Row]) -> Data:
    """Return what was found of one implementation: its questions, its false alarms and its largest error."""
    worst = max(rows, key=size_of)
    factors = {row.key: factor for row in rows if (factor := row.sums.factor)}
    reasons = [f"{row.workload} in {row.dtype}, {row.failures[0].reason}" for row in rows if row.wrong or row.failed]
    reasons += [f"{key[1]} in {key[2]}, {why}" for key, one in factors.items() if (why := one.complaint(key[3]))]
    found: Data = {
        "implementation": implementation.name,
        "questions": sum(row.points + row.failed for row in rows if row.parameter == LOSS),
        "not_offered": sum(row.not_offered for row in rows if row.parameter == LOSS),
        "outside": sum(row.wrong + row.failed for row in rows),
        "factor": max((factor.certain for factor in factors.values()), default=0.0),
        "reasons": reasons[:MOST_REASONS],
    }
    if reading := worst.largest:
        found |= {
            "of_bound": reading.largest,
            "workload": worst.workload,
            "dtype": worst.dtype,
            "entry": f"{worst.parameter}{reading.index or ''}",
            "point": reading.where,
            "number": worst.at,
            "value": reading.value,
            "truth": reading.truth,
        }
    return found


def main(
    implementation: Implementations = None,
    questions: Annotated[int, count("Questions to each of NumPy, PyTorch and JAX, or of those chosen.")] = 100_000,
    others: Annotated[int, count("Questions to each other implementation that is installed.", least=0)] = 0,
    without: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An implementation that --others does not ask.")
    ] = None,
    anew: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="An implementation that is asked anew, although --after has its answers."),
    ] = None,
    search: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="CPU time of the search for each.")] = 60,
    seed: Seed = 0,
    after: asking.After = None,
    output: Output = None,
) -> None:
    """Ask honest implementations many questions, and search for the worst error as a fraction of the bound."""
    folder = choices.folder(output)
    chosen = selected.implementations(implementation or FIRST, None)
    if unusable := [f"{i.name}: {i.missing or i.broken}" for i in chosen if not i.usable]:
        raise HarnessError(f"not all implementations can be asked: {'; '.join(unusable)}")
    left_out = selected.implementations(without, None) if without else []
    forgotten = {i.name for i in selected.implementations(anew, None)} if anew else set()
    others_asked = [i for i in selected.implementations(None, None) if i.usable and i not in left_out] if others else []
    asked = dict.fromkeys(others_asked, others) | dict.fromkeys(chosen, questions)
    os.environ.update(environment.thread_variables(1))  # for the processes of the pool, one for each CPU
    begun = asking.begun("margin", [i.framework for i in asked])
    begun, earlier = asking.continued(begun, after, {"seed": seed, "steps": STEPS, "search_seconds": search})
    earlier = earlier | {
        key: [one for one in earlier.get(key, []) if one["implementation"] not in forgotten]
        for key in ("questions", "searches")
    }
    asking.keep_last(begun, study(asked, chosen, search, seed, earlier), folder)


if __name__ == "__main__":
    asking.run("margin", main)
