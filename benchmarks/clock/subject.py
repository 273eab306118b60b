"""The worker's side of what is timed: one implementation on one workload, everything converted, and its bookkeeper."""

import gc
from collections.abc import Sequence
from functools import cache
from typing import Any

from benchmarks.clock.ledger import Bookkeeper
from benchmarks.contract import Implementation
from benchmarks.contract import load as load_file
from benchmarks.workloads import Workload

load = cache(load_file)


class Subject:
    """Both sides of the clock: `train` is inside, all else is outside."""

    def __init__(self, implementation: Implementation, workload: Workload) -> None:
        self.workload = workload
        self.bookkeeper = Bookkeeper(load(implementation), implementation.path, workload)
        self._train = self.bookkeeper.module.train
        self._arguments = self.bookkeeper.module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, workload.dtype
        )
        self.bookkeeper.prepare(self._arguments)
        self._result: Sequence[Any] = ()
        self._collecting = True

    def train(self, epochs: int) -> None:
        """What is timed: the parameters after so many epochs, computed and waited for."""
        self._result = self._train(self.workload.recipe, *self._arguments, epochs)
        self._collecting = gc.isenabled()

    def before(self, epochs: int) -> None:
        """Others have been here meanwhile: fill the caches again, then read what the system says."""
        self.train(epochs // 4 + 1)
        self.bookkeeper.before()

    def after(self) -> None:
        """Read it again, and the result."""
        self.bookkeeper.after(self._result, self._collecting)
