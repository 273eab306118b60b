"""Margin of the judge: the largest error of honest implementations as a fraction of the bound.

`python -m xorbench.studies.margin --questions 1000000` asks random questions of all kinds, at the workload's own shape
and at others, in both dtypes; `--search 1200` then searches for the worst point of each implementation for so many
seconds. A value above 1 is a false alarm. A question is one point at one dtype, with gradient, predictions and loss.
"""

import functools
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from time import perf_counter
from typing import Annotated

import numpy as np
import typer

from xorbench import progress
from xorbench.cli import choices
from xorbench.cli.options import Implementations, Output, Seed
from xorbench.contract import REFERENCE, Contract, discover, load
from xorbench.cores import all_cores
from xorbench.judging.answers import answers
from xorbench.judging.judge import DTYPES
from xorbench.judging.points import Point, Points, points_of, shaped_points, shared_points
from xorbench.judging.truths import truths_here
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.workloads import WORKLOADS, Array
from xorbench.workloads.workload import Dtype

WORKLOADS_ASKED = ("neuron", "hidden", "relu", "deep")
"""One workload of each loss and activation, and the neuron."""

RANDOM_POINTS = 200
"""The random points of one batch; those of other kinds come in addition."""

STEPS = 400
"""The steps of a search from one start."""


@dataclass(frozen=True)
class Worst:
    """The largest error of one implementation over its bound in some questions, and where it was."""

    implementation: str
    workload: str
    dtype: Dtype
    questions: int
    of_bound: float
    entry: str
    point: str
    parameters: Sequence[str]


@functools.cache
def _module(name: str) -> Contract:
    return load(next(implementation for implementation in discover() if implementation.name == name))


def asked(names: Sequence[str], workload: str, dtype: Dtype, seed: int) -> list[Worst]:
    """Return the worst of each implementation over one batch of questions of all kinds, drawn with `seed`."""
    own = shared_points(WORKLOADS[workload], dtype, RANDOM_POINTS, seed)
    found = []
    for points in (own, *shaped_points(WORKLOADS[workload], dtype, seed, thorough=True)):
        truth = truths_here(points, by_differences=False)
        for name in names:
            with np.errstate(all="ignore"):
                fractions = truth.fractions(answers(_module(name), points).rows)
            found.append(_worst(name, points, fractions))
    return found


def _worst(name: str, points: Points, fractions: Array) -> Worst:
    point, entry = np.unravel_index(np.argmax(fractions), fractions.shape)
    which, index = points.layout.entries[int(entry)]
    return Worst(
        implementation=name,
        workload=points.workload.name,
        dtype=points.dtype,
        questions=len(points),
        of_bound=float(fractions[point, entry]),
        entry=f"{which}{index or ''}",
        point=points.labels[int(point)],
        parameters=[float(value).hex() for value in points.rows[int(point)]],
    )


def searched(name: str, workload: str, dtype: Dtype, seed: int) -> Worst:
    """Return the worst point that a random search finds from one random start: changes that make it worse are kept."""
    chance = random.Random(seed)
    points = shared_points(WORKLOADS[workload], dtype, 8, seed, saturation=False)
    start = chance.randrange(len(points))
    problem, best, row = points.problems[start], None, points.rows[start]
    for _ in range(STEPS):
        changed = row.copy()
        for entry in chance.sample(range(len(row)), chance.choice([1, 1, 2, len(row)])):
            kind = chance.random()
            if kind < 0.1:
                changed[entry] = chance.choice([0.0, 1.0, -1.0, 0.5])
            elif kind < 0.6:
                changed[entry] *= 1 + chance.gauss(0, 1) * 10.0 ** -chance.uniform(0, 8)
            else:
                changed[entry] += chance.gauss(0, 1) * 10.0 ** -chance.uniform(0, 4)
        one = points_of(problem, dtype, [Point(changed, f"search from seed {seed}")])
        with np.errstate(all="ignore"):
            fractions = truths_here(one, by_differences=False).fractions(answers(_module(name), one).rows)
        found = _worst(name, one, fractions)
        if best is None or found.of_bound >= best.of_bound:
            best, row = found, one.rows[0]
    assert best is not None
    return best


def study(names: Sequence[str], questions: int, seconds: float, seed: int = 0) -> Iterator[Data]:
    """Yield the data after every batch of questions and of searches; see the module."""
    kinds = [(workload, dtype) for workload in WORKLOADS_ASKED for dtype in DTYPES]
    total: dict[str, Worst] = {}
    best: dict[str, Worst] = {}
    searches = dict.fromkeys(names, 0)

    def data() -> Data:
        return {
            "seed": seed,
            "steps": STEPS,
            "questions": [vars(worst) for worst in total.values()],
            "search_seconds": seconds,
            "searches": [vars(worst) | {"starts": searches[name]} for name, worst in best.items()],
        }

    with all_cores() as cores:
        done, number = 0, 0
        while done < questions:
            waiting = [cores.submit(asked, names, *kind, seed + number) for kind in kinds]
            number += 1
            for worst in (worst for future in as_completed(waiting) for worst in future.result()):
                total[worst.implementation] = _larger(total.get(worst.implementation), worst)
            done = max(worst.questions for worst in total.values())
            progress.say(f"{done:,} of {questions:,} questions to each implementation")
            yield data()
        for name in names:
            until = perf_counter() + seconds
            while perf_counter() < until:
                starts = [(w, d, seed + searches[name] + n) for n, (w, d) in enumerate(kinds)]
                for future in as_completed([cores.submit(searched, name, *start) for start in starts]):
                    best[name] = _larger(best.get(name), future.result())
                    searches[name] += 1
                progress.say(f"{name}: {searches[name]} starts, the worst is {best[name].of_bound:.3f} of the bound")
                yield data()


def _larger(one: Worst | None, other: Worst) -> Worst:
    """Return the worse of two, with the questions of both."""
    if one is None:
        return other
    worse = other if other.of_bound > one.of_bound else one
    return Worst(**(vars(worse) | {"questions": one.questions + other.questions}))


def main(
    implementation: Implementations = None,
    questions: Annotated[int, typer.Option(min=1, metavar="N", help="Questions to each.")] = 100_000,
    search: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Search for each so long.")] = 60,
    seed: Seed = 0,
    output: Output = None,
) -> None:
    """Ask honest implementations many questions, and search for the worst error as a fraction of the bound."""
    folder = choices.folder(output)
    chosen = choices.implementations(implementation or [REFERENCE, "torch_autograd", "jax_grad"], None)
    begun = asking.begun("margin", [i.framework for i in chosen])
    asking.keep_last(begun, study([i.name for i in chosen], questions, search, seed), folder)


if __name__ == "__main__":
    asking.run("margin", main)
