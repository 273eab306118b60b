"""The observer of what a worker times: results, dtypes, calls and threads are read back, and counters are compared.

What it observes is a ledger, whose rules are in `clock/ledger.py`.
"""

import hashlib
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from types import FrameType

from xorbench.affinity import allowed_cpus
from xorbench.clock.system_counters import Account, Reading, other_threads_nanoseconds, reading
from xorbench.contract import Contract, Tensor
from xorbench.contract.source_text import parsed, siblings
from xorbench.environment import ONE_THREAD, observed
from xorbench.judging.answers import plain
from xorbench.record.timing import PROFILED_EPOCHS, Ledger, Usage
from xorbench.workloads import Workload, flat

_GIVEN = dict(os.environ)
"""The environment variables of this process, copied before a framework can change them."""


@dataclass(frozen=True)
class Taken:
    """The wall time and CPU time of a timed round, and whether garbage collection was enabled during it.

    `other_threads_nanoseconds` is the CPU time of all threads but that of the clock from the start of the process to
    the end of the round.
    """

    wall_nanoseconds: int
    cpu_nanoseconds: int
    collecting: bool
    other_threads_nanoseconds: int


@dataclass
class Bookkeeper:
    """The observer of one timed implementation.

    Call `prepare` before its turns, `before` and `after` around each turn, and `close` last.
    """

    module: Contract
    path: Path
    workload: Workload

    def prepare(
        self,
        parameters: Sequence[Tensor],
        train: Callable[[int], object],
        gradient: Callable[[], Sequence[Tensor]],
    ) -> None:
        """Train for the first time from the converted `parameters`, and observe what needs no timing.

        That is: the SHA-256 of the initial parameters, the calls of Python functions in so many epochs of `train`, and
        the dtype of the gradients.
        """
        started_from = [plain(self.module, p) for p in parameters]
        as_float64 = b"".join(p.astype("<f8").tobytes() for p in started_from)
        self._sha256 = hashlib.sha256(as_float64).hexdigest()
        train(1)
        entered = []
        for epochs in (PROFILED_EPOCHS, 2 * PROFILED_EPOCHS):
            train(epochs)  # may compile for this number of epochs
            entered.append(self._entered(partial(train, epochs)))
        self._entered_later = entered[1] - entered[0]  # calls outside the loop cancel
        gradients = gradient()
        self._gradient_dtype = _dtype([*gradients, *(plain(self.module, g) for g in gradients)])
        self._results: list[Sequence[Tensor]] = []  # the last two rounds: one of each length
        self._same_arrays = False
        self._late: list[int] = []
        self.readings: list[Reading] = []
        self.taken: list[Taken] = []

    def before(self, start: Sequence[Tensor], warm: Sequence[Tensor]) -> None:
        """Note the `start` of a round and the result of the warm-up before it, and read the system's counters."""
        self._start, self._warm = start, warm
        self._reading_before = reading()

    def after(self, result: Sequence[Tensor], taken: Taken) -> list[float | None]:
        """Observe a round that has just ended, and return its final parameters, None for those that are not finite.

        The start is read first, so that the code that reads arrays is in the caches. The warm-up's result is read last:
        it was requested before the round, so it is ready whenever the result of the round is. A thread that goes on
        computing the result may have finished before it is read, so that its CPU time since the round counts as well.
        """
        self.readings.append(self._reading_before.until(reading()))
        self.taken.append(taken)
        self._read(self._start)
        arrays, of_result = self._read(result)
        by_other_threads = other_threads_nanoseconds() - taken.other_threads_nanoseconds
        _, of_ready = self._read(self._warm)
        self._late.append(max(of_result - of_ready, by_other_threads))
        earlier = [array for results in self._results for array in results]
        self._same_arrays |= any(one is other for one in result for other in earlier)
        self._results = [*self._results[-1:], result]
        return [float(value) if math.isfinite(value) else None for value in flat(arrays)]

    def _read(self, result: Sequence[Tensor]) -> tuple[list[Tensor], int]:
        """Return the arrays as NumPy arrays, and the nanoseconds that reading them took."""
        started = perf_counter_ns()
        arrays = [plain(self.module, p) for p in result]
        return arrays, perf_counter_ns() - started

    def close(self) -> Ledger:
        """Return all observations as a ledger."""
        changed = sorted(name for name, value in os.environ.items() if _GIVEN.get(name) != value)
        variables = {name: os.environ[name] if name in ONE_THREAD else "" for name in changed}
        process_threads, pools = observed()
        result = self._results[-1]
        return Ledger(
            parameters_sha256=self._sha256,
            gradient_dtype=self._gradient_dtype,
            result_dtype=_dtype([*result, *(plain(self.module, p) for p in result)]),
            entered_later=self._entered_later,
            late_nanoseconds=_quartile(self._late),
            same_arrays=self._same_arrays,
            collecting=any(taken.collecting for taken in self.taken),
            process_threads=process_threads,
            pools=pools,
            cpus=allowed_cpus(),
            variables=variables,
        )

    def _entered(self, call: Callable[[], object]) -> int:
        """Return how often `call` enters functions, other than `train`, of the file, its folder or its siblings."""
        count = 0
        text = parsed(self.path)
        imports = siblings(text) if text else []
        ours: dict[str, bool] = {}  # cached by file: compiling in a first call makes millions of calls

        def note(frame: FrameType, event: str, _argument: object) -> None:
            nonlocal count
            if event == "call":
                code = frame.f_code
                if code.co_filename not in ours:
                    file = Path(code.co_filename)
                    ours[code.co_filename] = file.parent == self.path.parent or file in imports
                count += ours[code.co_filename] and code.co_name != "train" and not code.co_name.startswith("<")

        sys.settrace(note)  # not setprofile: Numba reports compiled functions to a profiler as if they were Python
        try:
            call()
        finally:
            sys.settrace(None)
        return count


def usage(epochs: int, first: Account | None, warm: Account | None, last: Account | None) -> Usage:
    """Return what the process of a worker used during its rounds, in which it trained `epochs` epochs.

    `first`, `warm` and `last` are its accounts before the first round, after the first round of each length, and after
    the last round; all differences are None where one of them is missing.
    """
    if first is None or warm is None or last is None:
        return Usage(epochs, None, None, None, None)
    return Usage(
        epochs,
        last.cpu_nanoseconds - first.cpu_nanoseconds,
        last.child_nanoseconds - first.child_nanoseconds,
        last.executable_bytes - warm.executable_bytes,
        last.resident_bytes - warm.resident_bytes,
    )


def _quartile(late: Sequence[int]) -> int:
    """Return the lower quartile of the nanoseconds by which the results of the rounds were late.

    Work that is left until a result is read is left in every round. Where reading takes a millisecond, as in tinygrad,
    and other processes disturb it, the median over 30 rounds of an honest file was up to 0.12 ms off.
    """
    return sorted(late)[(len(late) - 1) // 4]


def _dtype(arrays: Sequence[Tensor]) -> str:
    """Return the names of the dtypes of framework or NumPy arrays, without the name of the library, joined by "and".

    Names that do not end in a number of bits, such as "double", are ignored: the array's NumPy copy has one that does.
    """
    names = {str(getattr(array, "dtype", "float64")).rpartition(".")[2] for array in arrays}
    return " and ".join(sorted(name for name in names if name[-1:].isdigit()))
