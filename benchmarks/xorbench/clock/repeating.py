"""The work of a timed round: a training of so many epochs, or as many calls of a function of the implementation.

A call is repeated with the same arguments, and the last result is waited for. Each prediction is waited for, and timed
by itself too.
"""

from array import array
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter_ns

import numpy as np

from xorbench.clock.system_counters import switches
from xorbench.contract import Contract, Data, Tensor, prepared
from xorbench.measures import Measure
from xorbench.record.timing import Latency
from xorbench.workloads import Array, Parameters, Workload

Work = Callable[[int], Sequence[Tensor]]
"""A function that does the work so many times, waits for it, and returns the last result as tensors."""

TOGETHER = 10
"""The calls between two readings of the number of context switches."""


class Latencies:
    """The wall times of single calls that met no context switch."""

    def __init__(self) -> None:
        self._nanoseconds = array("q")

    def repeated(self, call: Callable[[], Tensor], wait: Callable[[Tensor], object], number: int) -> list[Tensor]:
        """Call `number` times, waiting for each result, and return the last one.

        The times of TOGETHER calls are dropped if a context switch happened to this thread during one of them.
        """
        result: Tensor = None
        for done in range(0, number, TOGETHER):
            before, times = switches(), []
            for _ in range(min(TOGETHER, number - done)):
                began = perf_counter_ns()
                result = call()
                wait(result)
                times.append(perf_counter_ns() - began)
            if switches() == before:
                self._nanoseconds.extend(times)
        return [result]

    def summary(self) -> Latency | None:
        """Return the number of calls, their median and their 99th percentile; None without calls."""
        if not self._nanoseconds:
            return None
        median, slow = np.percentile(np.frombuffer(self._nanoseconds, np.int64), (50, 99))
        return Latency(len(self._nanoseconds), max(1, round(median)), max(1, round(slow)))


def data(workload: Workload, measure: Measure, seed: int) -> tuple[Array, Array]:
    """Return the inputs and targets with which a round works: one sample, chosen by `seed`, for a prediction.

    They have the shapes (samples, n0) and (samples, n_last).
    """
    if measure != "predict":
        return workload.inputs, workload.targets
    sample = slice(seed % len(workload.inputs), seed % len(workload.inputs) + 1)
    return workload.inputs[sample], workload.targets[sample]


def converted(module: Contract, workload: Workload, measure: Measure, parameters: Parameters, seed: int = 0) -> Data:
    """Return the arguments of the work in the implementation's own type: `parameters` and the data for `seed`."""
    found: Data = module.convert(parameters, *data(workload, measure, seed), workload.dtype)
    return found


def work(
    module: Contract, workload: Workload, measure: Measure, arguments: Data, latencies: Latencies | None = None
) -> Work:
    """Return the work of a measure with converted `arguments`; `latencies` collects the times of single predictions.

    Everything that users prepare once is prepared when this returns.
    """
    if measure == "epoch":
        return partial(module.train, workload.recipe, *arguments)
    call = prepared(module, measure, workload.recipe, *arguments)
    if measure == "predict":
        return partial((latencies or Latencies()).repeated, call, module.to_numpy)

    def repeated(number: int) -> Sequence[Tensor]:
        for _ in range(number):
            result = call()
        if callable(result):
            result = result()
        arrays: Sequence[Tensor] = result if measure == "gradient" else [result]
        module.to_numpy(arrays[0])
        return arrays

    return repeated
