"""The search for the worst point of an implementation: the largest error as a fraction of the judge's bound."""

import functools
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from time import process_time

import numpy as np

from xorbench import progress
from xorbench.contract import Contract, Implementation, load
from xorbench.judging.answers import answers
from xorbench.judging.chunks import DTYPES
from xorbench.judging.error_stats import finite
from xorbench.judging.points import Point, Points, numbered_points, points_of
from xorbench.judging.truths import truths_here
from xorbench.record.studies import Data
from xorbench.workloads import Array, Workload
from xorbench.workloads.workload import Dtype

STEPS = 400
"""The steps of a search from one start."""

LARGEST = 1_000.0
"""The largest size of a parameter in a search: that of the largest logits of numbered points."""


@dataclass(frozen=True)
class Worst:
    """The worst point that a search from a numbered point found: its parameters, and where and how large the error is.

    `of_bound` is the error as a fraction of the bound, and `seconds` is the CPU time of the search.
    """

    implementation: str
    workload: str
    dtype: Dtype
    number: int
    of_bound: float
    entry: str
    parameters: Sequence[str]
    seconds: float


@functools.cache
def _module(implementation: Implementation) -> Contract:
    return load(implementation)


def searched(implementation: Implementation, workload: Workload, dtype: Dtype, number: int, seed: int) -> Worst:
    """Return the worst point that a random search finds from one numbered point: changes that make it worse are kept.

    The data are those of the numbered point.
    """
    begun = process_time()
    chance = random.Random(f"{seed} {number}")
    start = numbered_points(workload, dtype, [number], seed)
    row, (worst, entry) = start.rows[0], _worst_entry(implementation, start)
    for _ in range(STEPS):
        one = points_of(start.problems[0], dtype, [Point(_changed(row, chance), "")])
        found, where = _worst_entry(implementation, one)
        if found >= worst:
            row, worst, entry = one.rows[0], found, where
    parameters = [float(value).hex() for value in row]
    seconds = process_time() - begun
    return Worst(implementation.name, workload.name, dtype, number, worst, entry, parameters, seconds)


def _changed(row: Array, chance: random.Random) -> Array:
    """Return a copy of `row` with one, two or all numbers changed: by a little, by much, or to a round number."""
    changed = row.copy()
    for entry in chance.sample(range(len(row)), chance.choice([1, 1, 2, len(row)])):
        kind = chance.random()
        if kind < 0.1:
            changed[entry] = chance.choice([0.0, 1.0, -1.0, 0.5])
        elif kind < 0.6:
            changed[entry] *= 1 + chance.gauss(0, 1) * 10.0 ** -chance.uniform(0, 8)
        else:
            changed[entry] += chance.gauss(0, 1) * 10.0 ** -chance.uniform(0, 4)
    return changed.clip(-LARGEST, LARGEST)


def _worst_entry(implementation: Implementation, point: Points) -> tuple[float, str]:
    """Return the largest error at a point as a fraction of the bound, and the entry that has it.

    An error of a truth so small that it may be flushed to zero is left out where it is inside: with flushing it is as
    close to the bound as the truth is to the smallest normal number, and a search would find nothing else.
    """
    with np.errstate(all="ignore"):
        given = answers(_module(implementation), point)
    truth = truths_here(point, by_differences=False)
    fractions, limits = truth.fractions(given.rows)[0], np.finfo(point.dtype)
    small = np.abs(truth.high[0]) < float(limits.smallest_normal) / float(limits.eps)
    fractions[small & (fractions <= 1)] = 0
    largest = int(np.argmax(fractions))
    which, index = point.layout.entries[largest]
    return float(fractions[largest]), f"{which}{index or ''}"


def searches(
    searchers: Sequence[Implementation], workloads: Sequence[Workload], seconds: float, seed: int, cores: Executor
) -> Iterator[list[Data]]:
    """Yield what was found of each implementation after each round of searches, until each took so many CPU seconds.

    A round has one search in each workload and dtype.
    """
    worst: dict[str, Worst] = {}
    spent, starts = dict.fromkeys(searchers, 0.0), dict.fromkeys(searchers, 0)
    kinds = [(workload, dtype) for workload in workloads for dtype in DTYPES]
    number = 0
    while left := [i for i in searchers if spent[i] < seconds]:
        waiting = {cores.submit(searched, i, *kind, number, seed): i for i in left for kind in kinds}
        number += 1
        for future in as_completed(waiting):
            implementation, found = waiting[future], future.result()
            spent[implementation] += found.seconds
            starts[implementation] += 1
            worst[found.implementation] = max(worst.get(found.implementation, found), found, key=lambda w: w.of_bound)
        shown = ", ".join(f"{i.name} {worst[i.name].of_bound:.3f} in {spent[i]:.0f} s" for i in searchers)
        progress.say(f"largest error / bound of the searches: {shown}")
        yield [
            vars(worst[i.name]) | {"of_bound": finite(worst[i.name].of_bound), "starts": starts[i], "seconds": spent[i]}
            for i in searchers
        ]
