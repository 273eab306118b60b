"""Comparison of the ends of timed rounds with those that the judged reference reaches from the same starts."""

import math
import random
from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from xorbench.clock.reference import Answer
from xorbench.measures import Measure
from xorbench.record.timing import End
from xorbench.workloads import Array, Workload, flat

K = TypeVar("K")

MOST_ENTRIES = 64
"""The most parameters of a compared round that a record keeps: those with the largest distances."""


@dataclass(frozen=True)
class Round:
    """One timed round of a row: its number in the launch, its epochs, the seed of its start, and its final parameters.

    Where a function is measured, epochs are calls, and the end is the last result. An entry that is not finite is None.
    """

    number: int
    epochs: int
    seed: int
    end: Sequence[float | None]


def chosen(
    rounds: Mapping[K, Sequence[Round]], seconds_per_epoch: float, seconds: float, shuffler: random.Random
) -> dict[K, list[Round]]:
    """Return the rounds to compare, by row and in the order of their numbers.

    One round of each length is always chosen. Others are chosen at random as long as the reference, which takes
    `seconds_per_epoch`, needs at most `seconds` for all chosen rounds.
    """
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


def compared(one: Round, workload: Workload, expected: Answer[Array], measure: Measure = "epoch") -> End:
    """Wait for the `expected` end, and return the end of a round beside it, as a record holds it."""
    try:
        there: Array | None = expected.result()
    except (BrokenProcessPool, Exception):  # noqa: BLE001  the reference may raise anything
        there = None
    entries = len(one.end) if there is None else len(there)
    start = drawn(workload, one.seed) if measure == "epoch" else np.zeros(entries)
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


def allowed(end: End, epochs: int, workload: Workload) -> float:
    """Return the largest allowed `off_course` of the end of a round of so many epochs, as a share of the way."""
    return min(workload.tolerance, end.explained(epochs, workload.dtype))


def violations(
    ends: Sequence[End],
    rounds: Sequence[Round],
    epochs: Sequence[int],
    workload: Workload,
    measure: Measure = "epoch",
) -> list[str]:
    """Return the rules that a row broke, each in one line.

    `ends` are the compared ends of some of its `rounds`, and `epochs` the number of epochs of every round. Where a
    function is measured, every round is compared, so that a result of an earlier round needs no rule of its own: two
    losses in float32 may be equal by chance.
    """
    if measure != "epoch":
        tolerance = workload.tolerance_of_results
        return [_wrong_result(end, epochs, tolerance, measure) for end in ends if not end.off_course <= tolerance]
    found = []
    seeds: dict[tuple[float | None, ...], int] = {}
    finite = [one for one in rounds if None not in one.end]
    again = next((one for one in finite if seeds.setdefault((one.epochs, *one.end), one.seed) != one.seed), None)
    if again:
        found.append(
            f"it returned the result of an earlier round: round {again.number} ended exactly where an earlier round of "
            f"{again.epochs:,} epochs did, expected another end from another start"
        )
    for end in ends:
        off, tolerance = end.off_course, allowed(end, epochs[end.round], workload)
        if math.isnan(off):
            found.append(
                f"no reference end state for a round of {epochs[end.round]:,} epochs: the reference gave no result"
            )
        elif not off <= tolerance:
            found.append(
                f"wrong end state: after {epochs[end.round]:,} epochs its parameters differ from the reference's by "
                f"{off:.2g} of the distance trained, expected at most {tolerance:.2g}"
            )
    return found


def _wrong_result(end: End, calls: Sequence[int], tolerance: float, measure: Measure) -> str:
    if math.isnan(end.off_course):
        return f"no reference {RESULTS[measure]} for round {end.round}: the reference gave no result"
    return (
        f"wrong {RESULTS[measure]}: after {calls[end.round]:,} calls it differs from the reference's by "
        f"{end.off_course:.2g} of the largest entry, expected at most {tolerance:.0e}"
    )


RESULTS: Mapping[Measure, str] = {"gradient": "gradient", "loss": "loss", "predict": "prediction"}
"""The result of each function that is measured, in a word."""


def _largest(distances: Array) -> list[int]:
    return [int(place) for place in np.argsort(-distances, kind="stable")[: MOST_ENTRIES // 2]]


def drawn(workload: Workload, seed: int) -> Array:
    """Return the start drawn with `seed`, rounded to the workload's dtype, as a flat float64 array."""
    return flat([p.astype(workload.dtype).astype(np.float64) for p in workload.drawn(seed)])
