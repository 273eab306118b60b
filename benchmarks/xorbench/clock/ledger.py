"""The fairness ledger: observations of a worker and of what it timed, and the rules that they break.

Every entry is observed, not declared: parameters, dtypes and results are read back, threads and CPUs are queried, calls
are counted. The ledger detects mistakes, not deception: an implementation can manipulate any clock in its own process.
"""

import hashlib
import math
import os
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
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
from xorbench.record.timing import PROFILED_EPOCHS, LaunchRecord, Ledger, Timing, Usage
from xorbench.workloads import Workload, flat

_GIVEN = dict(os.environ)
"""The environment variables of this process, copied before a framework can change them."""

MOST_LATE_NANOSECONDS = 100_000
"""The most nanoseconds by which reading a round's result may exceed reading a finished one, in the median round.

It is also the most CPU time that other threads may use from the end of the round until its result is read."""

MOST_GAINED_BYTES = 64 * 2**20
"""The most resident memory that a worker may gain over its rounds of one workload in a launch."""

MOST_OF_CHILDREN = 0.01
"""The largest CPU time of child processes during the rounds, as a share of the CPU time of the rounds."""

MOST_UNTIMED = 100
"""The largest ratio of the CPU time of a worker to that of its rounds; those of honest ones were up to 8."""

TICK_NANOSECONDS = 20_000_000
"""Two ticks of 10 ms, the unit in which the system counts the CPU time of processes: smaller times are not resolved."""


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
            late_nanoseconds=statistics.median_low(self._late),  # one disturbed round among few has no effect
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


def violations(
    ledger: Ledger, used: Usage, timed_nanoseconds: int, workload: Workload, execution: str, cpus: Sequence[int]
) -> list[str]:
    """Return the rules that a worker broke, each in one line.

    `timed_nanoseconds` is the CPU time of all its rounds as the worker reported it, `cpus` are the CPUs to time on.
    `execution` is what the implementation declares of its epochs, and "" where a function is measured: its calls may
    run Python code, and may write to the same arrays in every round, because the end of every round is compared.
    """
    found = []
    if ledger.parameters_sha256 != workload.timed_parameters_sha256:
        found.append("it started from other parameters than the workload's")
    for what, dtype in (("gradients", ledger.gradient_dtype), ("results", ledger.result_dtype)):
        if dtype != workload.dtype:
            found.append(f"its {what} are {dtype}, expected {workload.dtype}")
    if execution == "eager" and ledger.entered_later < PROFILED_EPOCHS:
        found.append(
            f"it is declared eager, but {PROFILED_EPOCHS} epochs called its Python functions {ledger.entered_later} "
            f"times, expected at least {PROFILED_EPOCHS}: something was compiled"
        )
    if execution == "compiled" and ledger.entered_later:
        found.append(
            f"it is declared compiled, but {PROFILED_EPOCHS} epochs called its Python functions {ledger.entered_later} "
            "times, expected none: it is not compiled"
        )
    if (late := ledger.late_nanoseconds or 0) > MOST_LATE_NANOSECONDS:
        found.append(
            f"its result was not synchronised: it was finished {late / 1e3:,.0f} µs after the clock had stopped, "
            f"expected at most {MOST_LATE_NANOSECONDS / 1e3:.0f} µs"
        )
    if ledger.same_arrays and execution:
        found.append("a round returned arrays of an earlier round, expected new ones: nothing was computed")
    if ledger.collecting:
        found.append("garbage collection was enabled during timed rounds, expected it disabled")
    found += [
        f"its {pool.library} thread pool has {pool.threads} threads, expected {len(cpus)}"
        for pool in ledger.pools
        if pool.threads > len(cpus)
    ]
    if ledger.cpus != [*cpus]:
        found.append(f"its CPU affinity is {ledger.cpus}, expected {[*cpus]}")
    return found + _of_usage(used, timed_nanoseconds)


def with_left(timings: Iterable[Timing], launches: Iterable[LaunchRecord]) -> list[Timing]:
    """Return `timings`, with a violation where the implementation left a process running after the launch."""
    left = {(launch.number, name): names for launch in launches for name, names in launch.left.items()}
    return [
        replace(timing, violations=[*timing.violations, f"it left a process running after its launch: {names}"])
        if (names := left.get((timing.launch, timing.implementation)))
        else timing
        for timing in timings
    ]


def _of_usage(used: Usage, timed_nanoseconds: int) -> list[str]:
    found = []
    if (cpu := used.cpu_nanoseconds) is not None and timed_nanoseconds > 1.02 * cpu + TICK_NANOSECONDS:
        found.append(
            f"it reported {timed_nanoseconds / 1e9:.2f} s of CPU time in its rounds, expected at most the "
            f"{cpu / 1e9:.2f} s that the system counted for its process"
        )
    if (used.cpu_nanoseconds or 0) > MOST_UNTIMED * timed_nanoseconds + TICK_NANOSECONDS:
        found.append(
            f"it reported {timed_nanoseconds / 1e9:.3f} s of CPU time in its rounds, less than a {MOST_UNTIMED}th of "
            f"the {(used.cpu_nanoseconds or 0) / 1e9:.2f} s that the system counted for its process meanwhile"
        )
    children = used.child_nanoseconds or 0
    if children > max(TICK_NANOSECONDS, MOST_OF_CHILDREN * timed_nanoseconds):
        found.append(f"its child processes used {children / 1e9:.2f} s of CPU time during its rounds, expected none")
    if (used.executable_bytes_gained or 0) > 0:
        found.append(
            f"its executable memory grew by {(used.executable_bytes_gained or 0) / 2**10:,.0f} KiB during its rounds, "
            "expected no growth: something was compiled"
        )
    if (used.resident_bytes_gained or 0) > MOST_GAINED_BYTES:
        found.append(
            f"its resident memory grew by {(used.resident_bytes_gained or 0) / 2**20:,.0f} MiB during its rounds, "
            f"expected at most {MOST_GAINED_BYTES // 2**20} MiB"
        )
    return found


def _dtype(arrays: Sequence[Tensor]) -> str:
    """Return the names of the dtypes of framework or NumPy arrays, without the name of the library, joined by "and".

    Names that do not end in a number of bits, such as "double", are ignored: the array's NumPy copy has one that does.
    """
    names = {str(getattr(array, "dtype", "float64")).rpartition(".")[2] for array in arrays}
    return " and ".join(sorted(name for name in names if name[-1:].isdigit()))
