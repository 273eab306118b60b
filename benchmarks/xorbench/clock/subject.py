"""The subject that a worker times: one implementation on one workload, and the bookkeeper that observes it."""

import gc
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from time import perf_counter_ns, process_time_ns

import numpy as np

from xorbench.clock.ledger import Bookkeeper, Taken
from xorbench.contract import Data, Implementation, Tensor
from xorbench.contract import load as load_file
from xorbench.judging.answers import answers
from xorbench.judging.points import Point, points_of
from xorbench.workloads import Workload

load = cache(load_file)

SEEDS = 2**32
"""The number of different seeds of a start."""


@dataclass(frozen=True)
class Turn:
    """One turn: the epochs of the timed round, the untimed epochs before it, and the seed of its start.

    The number of warm-up epochs is the same before long and short rounds, so that both start with the same caches.
    """

    epochs: int
    warm_up: int
    seed: int


class Subject:
    """One implementation on one workload: `train` is timed, `before` and `after` are not."""

    def __init__(self, implementation: Implementation, workload: Workload) -> None:
        self.workload = workload
        self.bookkeeper = Bookkeeper(load(implementation), implementation.path, workload)
        self._module = self.bookkeeper.module
        self._train = self._module.train
        self.bookkeeper.prepare(self._converted(list(workload.initial_parameters)))
        self._result: Sequence[Tensor] = ()
        self._taken = Taken(0, 0, collecting=True)

    def compile(self, epochs: Sequence[int]) -> None:
        """Train each number of `epochs` once, untimed, because an implementation may compile for each of them."""
        arguments = self._converted(list(self.workload.initial_parameters))
        for number in epochs:
            self._train(self.workload.recipe, *arguments, number)

    def before(self, turn: Turn) -> None:
        """Prepare a round: draw and convert its start, train from another start, and read the system's counters.

        The untimed training fills the caches.
        """
        other = self._converted(self.workload.drawn((turn.seed + 1) % SEEDS))
        self._arguments = self._converted(self.workload.drawn(turn.seed))
        warm = self._train(self.workload.recipe, *other, turn.warm_up)
        self.bookkeeper.before(self._arguments[0], warm)

    def train(self, epochs: int) -> None:
        """Train `epochs` epochs, wait for the result, and note the wall time and CPU time: this is what is timed."""
        began, began_on_cpu = perf_counter_ns(), process_time_ns()
        self._result = self._train(self.workload.recipe, *self._arguments, epochs)
        cpu_nanoseconds = process_time_ns() - began_on_cpu
        self._taken = Taken(perf_counter_ns() - began, cpu_nanoseconds, gc.isenabled())

    def after(self) -> list[float | None]:
        """Read the system's counters and the result; return the final parameters, None where one is not finite."""
        return self.bookkeeper.after(self._result, self._taken)

    def answers(self, rows: Sequence[Sequence[float]]) -> list[list[float | None]]:
        """Return the gradient, predictions and loss at each of the parameters `rows`, (points, entries), as flat rows.

        A number that is not finite, or is part of an array of wrong shape or dtype, is None. Raises whatever the
        implementation raises.
        """
        points = points_of(self.workload, self.workload.dtype, [Point(np.array(row), "") for row in rows])
        given: list[list[float]] = answers(self._module, points).rows.tolist()
        return [[value if math.isfinite(value) else None for value in row] for row in given]

    def _converted(self, parameters: list[Tensor]) -> Data:
        workload = self.workload
        converted: Data = self._module.convert(parameters, workload.inputs, workload.targets, workload.dtype)
        return converted
