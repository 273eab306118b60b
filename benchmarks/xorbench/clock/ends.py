"""Comparison of the ends of timed rounds with those that the judged reference reaches from the same starts."""

import math
import os
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, TypeVar

import numpy as np

from xorbench import cores
from xorbench.clock.repeating import converted, work
from xorbench.contract import Contract, Implementation, load, read
from xorbench.judging.answers import plain
from xorbench.judging.points import Points
from xorbench.judging.truths import Truths, truths_here
from xorbench.measures import Measure
from xorbench.record.timing import End
from xorbench.streams import Log
from xorbench.workloads import Array, Parameters, Workload, flat

K = TypeVar("K")
T = TypeVar("T")
Found = TypeVar("Found", covariant=True)

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


class Answer(Protocol[Found]):
    """An answer of the reference that may not be there yet."""

    def done(self) -> bool:
        """Return whether the answer is there, so that nothing is waited for."""

    def exception(self) -> BaseException | None:
        """Wait for the answer, and return what was raised instead of it; BrokenProcessPool where the process ended."""

    def result(self) -> Found:
        """Wait for the answer and return it, or raise what was raised instead of it."""


NEIGHBOURS = 4
"""The number of starts beside a start from which the reference trains to see how far trainings amplify rounding."""

MOST_RESTARTS = 3
"""How often the process of the reference is started again, after it was ended from outside or by the reference."""


class Reference:
    """The reference implementation in a process of its own, which works on CPUs that are not timed on.

    If its process is ended, it is started again, and what was not answered is asked once more. It is a context manager:
    its process is stopped at the end.
    """

    def __init__(self, implementation: Implementation, cpus: Sequence[int]) -> None:
        self._log = Log()
        self._begin = implementation.path, implementation.source_sha256, [*cpus]
        self._restarts = MOST_RESTARTS
        self._pool = cores.pool(self._log, 1, _begin, *self._begin)

    def __enter__(self) -> "Reference":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._log.close()

    def reached(self, workload: Workload, measure: Measure, epochs: int, seed: int) -> Answer[Array]:
        """Return the future end of a round with the parameters drawn with `seed`, as a flat array.

        It is the parameters after `epochs` epochs, or the result of so many calls of the function that is measured.
        """
        return _Asked(lambda lost: self._submit(lost, _reached, workload, measure, epochs, seed))

    def grown(self, workload: Workload, epochs: int, seed: int) -> Answer[float]:
        """Return how far the end of a training moves if its start, drawn with `seed`, moves in the last place.

        It is the future largest distance of a parameter, of NEIGHBOURS such trainings from that from the start itself.
        """
        return _Asked(lambda lost: self._submit(lost, _grown, workload, epochs, seed))

    def truths(self, points: Points) -> Answer[Truths]:
        """Return the future true values and bounds at `points`, which the oracle computes in the same process."""
        return _Asked(lambda lost: self._submit(lost, truths_here, points))

    def _submit(
        self, lost: Executor | None, call: Callable[..., T], *arguments: object
    ) -> "tuple[Executor, Future[T]]":
        """Return the future result of a call and its pool, which is made anew where it is the one that was `lost`."""
        if lost is self._pool and self._restarts:
            self._restarts -= 1
            lost.shutdown(wait=False)
            self._pool = cores.pool(self._log, 1, _begin, *self._begin)
        return self._pool, self._pool.submit(call, *arguments)


class _Asked(Generic[T]):
    """An answer that is asked for at once, and once more if the process ends before it is there.

    `ask` is given the pool whose process ended.
    """

    def __init__(self, ask: "Callable[[Executor | None], tuple[Executor, Future[T]]]") -> None:
        self._ask = ask
        self._pool, self._answer = ask(None)
        self._again = True

    def done(self) -> bool:
        """Return whether the answer is there: see `Answer`."""
        return self._answer.done() and not self._is_lost()

    def exception(self) -> BaseException | None:
        """Wait for the answer, and return what was raised instead of it: see `Answer`."""
        if self._is_lost():
            self._again = False
            self._pool, self._answer = self._ask(self._pool)
        return self._answer.exception()

    def result(self) -> T:
        """Wait for the answer and return it: see `Answer`."""
        if error := self.exception():
            raise error
        return self._answer.result()

    def _is_lost(self) -> bool:
        """Wait for the answer, and return whether it is to be asked for once more."""
        return self._again and isinstance(self._answer.exception(), BrokenProcessPool)


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
    if measure == "epoch":
        start = _timed(workload, one.seed)
    else:
        start = np.zeros(len(one.end) if there is None else len(there))
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


def _timed(workload: Workload, seed: int) -> Array:
    """Return the start drawn with `seed`, rounded to the workload's dtype, as a flat float64 array."""
    return flat([p.astype(workload.dtype).astype(np.float64) for p in workload.drawn(seed)])


def _begin(path: Path, source_sha256: str | None, cpus: Sequence[int]) -> None:
    """Import the reference in its own process, which may then use only `cpus`.

    Raises ValueError if its text is not the one that was judged.
    """
    global _module
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cpus)
    _module = load(read(path))
    read(path).must_be(source_sha256)


_module: Contract


def _reached(workload: Workload, measure: Measure, epochs: int, seed: int) -> Array:
    return _from(workload, measure, epochs, workload.drawn(seed), seed)


def _grown(workload: Workload, epochs: int, seed: int) -> float:
    shuffler = np.random.default_rng(seed)
    start = [p.astype(workload.dtype) for p in workload.drawn(seed)]
    end = _from(workload, "epoch", epochs, start, seed)
    distances = []
    for _ in range(NEIGHBOURS):
        moved = [np.nextafter(p, np.copysign(np.inf, shuffler.random(p.shape) - 0.5).astype(p.dtype)) for p in start]
        distances.append(float(np.max(np.abs(_from(workload, "epoch", epochs, moved, seed) - end))))
    return found if math.isfinite(found := max(distances)) else 0.0


def _from(workload: Workload, measure: Measure, epochs: int, start: Parameters, seed: int) -> Array:
    with np.errstate(all="ignore"):
        reached = work(_module, workload, measure, converted(_module, workload, measure, start, seed))(epochs)
        return flat([plain(_module, array) for array in reached]).astype(np.float64)
