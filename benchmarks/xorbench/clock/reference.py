"""The judged reference in a process of its own, which trains from the starts of timed rounds."""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
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
from xorbench.streams import Log
from xorbench.workloads import Array, Parameters, Workload, flat

T = TypeVar("T")
Found = TypeVar("Found", covariant=True)


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
"""The number of times that the reference's process is started again after it has ended, for whatever reason."""


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
