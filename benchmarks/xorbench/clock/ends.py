"""The ends of timed rounds beside those of the reference, which was judged, from the same starts."""

import math
import os
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np

from xorbench import cores, environment
from xorbench.contract import Contract, Implementation, load, read
from xorbench.judge.gradients import plain
from xorbench.record.timing import End
from xorbench.workloads import Array, Workload, flat

K = TypeVar("K")

MOST_ENTRIES = 64
"""The most parameters that a record keeps of a compared round: those that decide whether it ended where it should."""


@dataclass(frozen=True)
class Round:
    """One timed round of a row: its number among the rounds, its epochs, the seed of its start, and where it ended."""

    number: int
    epochs: int
    seed: int
    end: Sequence[float | None]


class Reference:
    """The reference in a process of its own, which trains while others are timed elsewhere. A context."""

    def __init__(self, implementation: Implementation, cpus: Sequence[int]) -> None:
        self._pool = cores.pool(1, _begin, implementation.path, [*cpus])

    def __enter__(self) -> "Reference":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def trained(self, workload: Workload, epochs: int, seed: int) -> "Future[Array]":
        """The parameters after so many epochs from the start of this seed, as a flat row; once they are there."""
        return self._pool.submit(_trained, workload, epochs, seed)


def chosen(
    rounds: Mapping[K, Sequence[Round]], seconds_per_epoch: float, seconds: float, shuffler: random.Random
) -> dict[K, list[Round]]:
    """Rounds to compare, by row: one of each length, and others by chance while the reference needs fewer seconds."""
    found: dict[K, list[Round]] = {}
    left: list[tuple[K, Round]] = []
    for row, of_row in rounds.items():
        by_chance = shuffler.sample(of_row, len(of_row))
        first = {one.epochs: one for one in reversed(by_chance)}
        found[row] = [*first.values()]
        left += [(row, one) for one in by_chance if first[one.epochs] is not one]
    spent = sum(one.epochs for several in found.values() for one in several) * seconds_per_epoch
    for row, one in shuffler.sample(left, len(left)):
        spent += one.epochs * seconds_per_epoch
        if spent > seconds:
            break
        found[row].append(one)
    return {row: sorted(several, key=lambda one: one.number) for row, several in found.items()}


def compared(one: Round, workload: Workload, expected: "Future[Array]") -> End:
    """A round beside the reference, waited for."""
    start = _timed(workload, one.seed)
    try:
        there: Array | None = expected.result()
    except (BrokenProcessPool, Exception):  # noqa: BLE001  the reference is a file that may be anyone's
        there = None
    if there is None or len(one.end) != len(start):
        return End(one.number, one.seed, start.tolist(), list(one.end), None if there is None else there.tolist())
    end = np.array([math.nan if value is None else value for value in one.end])
    distance = np.where(np.isfinite(end), np.abs(end - there), np.inf)
    kept = np.unique([*_largest(distance), *_largest(np.abs(there - start))])
    return End(
        one.number,
        one.seed,
        start[kept].tolist(),
        [one.end[place] for place in kept],
        there[kept].astype(float).tolist(),
    )


def violations(ends: Sequence[End], rounds: Sequence[Round], epochs: Sequence[int], tolerance: float) -> list[str]:
    """Return the rules that the ends of a row's rounds break, each in one line; `ends` are the compared ones."""
    found = []
    seeds: dict[tuple[float | None, ...], int] = {}
    finite = [one for one in rounds if None not in one.end]
    again = next((one for one in finite if seeds.setdefault((one.epochs, *one.end), one.seed) != one.seed), None)
    if again:
        found.append(
            f"it remembered a result: round {again.number} ended exactly where an earlier one of {again.epochs:,} "
            "epochs did, which had another start"
        )
    for end in ends:
        off = end.off_course
        if math.isnan(off):
            found.append("the reference gave no answer, so that it is not known where its rounds must end")
        elif not off <= tolerance:
            found.append(
                f"it did not do the epochs that were asked for: a round of {epochs[end.round]:,} epochs ended "
                f"{off:.2g} of the way from where the reference did, expected at most {tolerance:.0e}"
            )
    return found


def _largest(distances: Array) -> list[int]:
    return [int(place) for place in np.argsort(-distances, kind="stable")[: MOST_ENTRIES // 2]]


def _timed(workload: Workload, seed: int) -> Array:
    """The start of this seed as the workload's dtype holds it, in float64."""
    return flat([p.astype(workload.dtype).astype(np.float64) for p in workload.drawn(seed)])


def _begin(path: Path, cpus: Sequence[int]) -> None:
    """In the reference's process: import it, on CPUs that are not timed on."""
    global _module
    environment.end_with_parent()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cpus)
    _module = load(read(path))


_module: Contract


def _trained(workload: Workload, epochs: int, seed: int) -> Array:
    with np.errstate(all="ignore"):
        converted = _module.convert(workload.drawn(seed), workload.inputs, workload.targets, workload.dtype)
        trained = _module.train(workload.recipe, *converted, epochs)
        return flat([plain(_module, p) for p in trained]).astype(np.float64)
