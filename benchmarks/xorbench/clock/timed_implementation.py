"""The unit that a worker times: one measure of one implementation on one workload, with a ledger of what it did."""

import gc
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from time import perf_counter_ns, process_time_ns

import numpy as np

from xorbench.clock.bookkeeper import Bookkeeper, Taken
from xorbench.clock.repeating import Latencies, converted, work
from xorbench.clock.system_counters import other_threads_nanoseconds
from xorbench.contract import Data, Implementation, Tensor
from xorbench.contract import load as load_file
from xorbench.judging.answers import answers
from xorbench.judging.points import Point, points_of
from xorbench.measures import Measure
from xorbench.record.timing import Latency
from xorbench.workloads import Parameters, Workload

load = cache(load_file)

SEEDS = 2**32
"""The number of different seeds of a start."""


@dataclass(frozen=True)
class Turn:
    """One turn: the epochs of the timed round, the untimed epochs before it, and the seed of its start.

    An epoch is a call where a function is measured. The number of warm-up epochs is the same before long and short
    rounds, so that both start with the same caches.
    """

    epochs: int
    warm_up: int
    seed: int


class TimedImplementation:
    """One measure of one implementation on one workload: `train` is timed, `before` and `after` are not."""

    def __init__(self, implementation: Implementation, workload: Workload, measure: Measure = "epoch") -> None:
        self.workload = workload
        self.measure: Measure = measure
        self.bookkeeper = Bookkeeper(load(implementation), implementation.path, workload)
        self._module = self.bookkeeper.module
        self._latencies = Latencies()
        arguments = self._converted(list(workload.initial_parameters))
        first = work(self._module, workload, measure, arguments)
        gradient = partial(self._module.gradient, workload.recipe, *arguments)
        self.bookkeeper.prepare(arguments[0], first, gradient if measure == "epoch" else partial(first, 1))
        self._result: Sequence[Tensor] = ()
        self._taken = Taken(0, 0, collecting=True, other_threads_nanoseconds=0)

    def compile(self, epochs: Sequence[int]) -> None:
        """Train each number of `epochs` once, untimed, because an implementation may compile for each of them."""
        arguments = self._converted(list(self.workload.initial_parameters))
        untimed = work(self._module, self.workload, self.measure, arguments)
        for number in epochs:
            untimed(number)

    def before(self, turn: Turn) -> None:
        """Prepare a round: draw and convert its start, train from another start, and read the system's counters.

        The untimed training fills the caches.
        """
        module, workload, measure = self._module, self.workload, self.measure
        another = (turn.seed + 1) % SEEDS
        other = self._converted(workload.drawn(another), another)
        arguments = self._converted(workload.drawn(turn.seed), turn.seed)
        untimed = work(module, workload, measure, other)
        self._work = work(module, workload, measure, arguments, self._latencies)
        self.bookkeeper.before(arguments[0], untimed(turn.warm_up))

    def train(self, epochs: int) -> None:
        """Train `epochs` epochs, or call as often, wait for the result, and note wall time and CPU time: the round."""
        began, began_on_cpu = perf_counter_ns(), process_time_ns()
        self._result = self._work(epochs)
        cpu_nanoseconds = process_time_ns() - began_on_cpu
        wall_nanoseconds = perf_counter_ns() - began
        self._taken = Taken(wall_nanoseconds, cpu_nanoseconds, gc.isenabled(), other_threads_nanoseconds())

    def after(self) -> list[float | None]:
        """Read the system's counters and the result; return the final parameters, None where one is not finite."""
        return self.bookkeeper.after(self._result, self._taken)

    def latency(self) -> Latency | None:
        """Return the latency of single predictions over all rounds; None for other measures."""
        return self._latencies.summary()

    def answers(self, rows: Sequence[Sequence[float]]) -> list[list[float | None]]:
        """Return the gradient, predictions and loss at each of the parameters `rows`, (points, entries), as flat rows.

        A number that is not finite, or is part of an array of wrong shape or dtype, is None. Raises whatever the
        implementation raises.
        """
        points = points_of(self.workload, self.workload.dtype, [Point(np.array(row), "") for row in rows])
        given: list[list[float]] = answers(self._module, points).rows.tolist()
        return [[value if math.isfinite(value) else None for value in row] for row in given]

    def _converted(self, parameters: Parameters, seed: int = 0) -> Data:
        return converted(self._module, self.workload, self.measure, parameters, seed)
