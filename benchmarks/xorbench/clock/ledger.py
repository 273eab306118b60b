"""The fairness ledger: what was observed of a worker and of what it timed, and which of that breaks a rule.

Nothing in it is assumed: parameters, dtypes and results are read back, threads and CPUs asked for, calls counted. It
catches mistakes, not malice: code that runs as the user can deceive any clock in its own process.
"""

import hashlib
import math
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from types import FrameType

from xorbench.clock.system_counters import Account, Reading, reading
from xorbench.contract import Contract, Data, Tensor
from xorbench.environment import allowed_cpus, observed, without_folders
from xorbench.judge.gradients import plain
from xorbench.record.timing import PROFILED_EPOCHS, Ledger, Usage
from xorbench.workloads import Workload, flat

_GIVEN = dict(os.environ)
"""What this process was started with: read before a framework can add to it."""

_OURS = ("PYTEST_", "KMP_DUPLICATE_LIB_OK")
"""How variables begin that this side of the clock sets: of pytest, and one of threadpoolctl, which counts threads."""

MOST_LATE_NANOSECONDS = 100_000
"""The most by which reading a round's result may take longer than reading a ready one, in the median round."""

MOST_GAINED_BYTES = 64 * 2**20
"""The most resident memory that a worker may gain over its rounds of one workload in a launch."""

MOST_OF_CHILDREN = 0.01
"""The share of its rounds' CPU time that child processes may use meanwhile."""

TICK_NANOSECONDS = 20_000_000
"""Two ticks of the system's clock, in which it counts the CPU time of processes: less is not known."""


@dataclass(frozen=True)
class Taken:
    """The wall time and CPU time of a timed round, and whether garbage collection was enabled during it."""

    wall_nanoseconds: int
    cpu_nanoseconds: int
    collecting: bool


@dataclass
class Bookkeeper:
    """Observes one subject: `prepare` before its turns, `before` and `after` around each round, `close` at the end."""

    module: Contract
    path: Path
    workload: Workload

    def prepare(self, arguments: Data) -> None:
        """The first call, and what can be observed without a clock."""
        parameters, inputs, targets = arguments
        started_from = [plain(self.module, p) for p in parameters]
        as_float64 = b"".join(p.astype("<f8").tobytes() for p in started_from)
        self._sha256 = hashlib.sha256(as_float64).hexdigest()
        recipe = self.workload.recipe

        def train(epochs: int) -> None:
            self.module.train(recipe, parameters, inputs, targets, epochs)

        train(1)
        entered = []
        for epochs in (PROFILED_EPOCHS, 2 * PROFILED_EPOCHS):
            train(epochs)  # may compile for this number of epochs
            entered.append(self._entered(partial(train, epochs)))
        self._entered_later = entered[1] - entered[0]  # what surrounds the loop is in both
        gradients = self.module.gradient(recipe, parameters, inputs, targets)
        self._gradient_dtype = _dtype([*gradients, *(plain(self.module, g) for g in gradients)])
        self._results: list[Sequence[Tensor]] = []  # of the last round of each length
        self._same_arrays = False
        self._late: list[int] = []
        self.readings: list[Reading] = []
        self.taken: list[Taken] = []

    def before(self, start: Sequence[Tensor], warm: Sequence[Tensor]) -> None:
        """Right before a round: its start, and what the warm-up before it gave."""
        self._start, self._warm = start, warm
        self._reading_before = reading()

    def after(self, result: Sequence[Tensor], taken: Taken) -> list[float | None]:
        """Right after a round; return the parameters that it ended with, None for those that are not finite.

        The start is read first, so that the functions of reading are in the caches; the warm-up's result is read last:
        it was asked for before the round, so that it is ready whenever the round's own is.
        """
        self.readings.append(self._reading_before.until(reading()))
        self.taken.append(taken)
        self._read(self._start)
        arrays, of_result = self._read(result)
        _, of_ready = self._read(self._warm)
        self._late.append(of_result - of_ready)
        earlier = [array for results in self._results for array in results]
        self._same_arrays |= any(one is other for one in result for other in earlier)
        self._results = [*self._results[-1:], result]
        return [float(value) if math.isfinite(value) else None for value in flat(arrays)]

    def _read(self, result: Sequence[Tensor]) -> tuple[list[Tensor], int]:
        """Arrays as NumPy's, and the nanoseconds that this took."""
        started = perf_counter_ns()
        arrays = [plain(self.module, p) for p in result]
        return arrays, perf_counter_ns() - started

    def close(self) -> Ledger:
        """All that was observed."""
        variables = {
            name: without_folders(value)
            for name, value in sorted(os.environ.items())
            if _GIVEN.get(name) != value and not name.startswith(_OURS)
        }
        process_threads, pools = observed()
        result = self._results[-1]
        return Ledger(
            parameters_sha256=self._sha256,
            gradient_dtype=self._gradient_dtype,
            result_dtype=_dtype([*result, *(plain(self.module, p) for p in result)]),
            entered_later=self._entered_later,
            late_nanoseconds=statistics.median_low(self._late),  # of few rounds one that was disturbed says nothing
            same_arrays=self._same_arrays,
            collecting=any(taken.collecting for taken in self.taken),
            process_threads=process_threads,
            pools=pools,
            cpus=allowed_cpus(),
            variables=variables,
        )

    def _entered(self, call: Callable[[], object]) -> int:
        """How often functions of the file, or of one beside it, are entered in a call, other than `train`."""
        count = 0
        ours: dict[str, bool] = {}  # asked once for each file: who compiles in a first call makes millions of calls

        def note(frame: FrameType, event: str, _argument: object) -> None:
            nonlocal count
            if event == "call":
                code = frame.f_code
                if code.co_filename not in ours:
                    ours[code.co_filename] = Path(code.co_filename).parent == self.path.parent
                count += ours[code.co_filename] and code.co_name != "train" and not code.co_name.startswith("<")

        sys.settrace(note)  # not setprofile: Numba tells that one of compiled functions, as if they were Python
        try:
            call()
        finally:
            sys.settrace(None)
        return count


def usage(epochs: int, first: Account | None, warm: Account | None, last: Account | None) -> Usage:
    """What became of the accounts before the first round, after the first round of each length, and after the last."""
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
    """What breaks the rules, each in one line; `timed_nanoseconds` is the CPU time of all rounds that was handed in."""
    found = []
    if ledger.parameters_sha256 != workload.timed_parameters_sha256:
        found.append("it started from other parameters than the workload's")
    for what, dtype in (("gradients", ledger.gradient_dtype), ("results", ledger.result_dtype)):
        if dtype != workload.dtype:
            found.append(f"its {what} are {dtype}, expected {workload.dtype}")
    if execution == "eager" and ledger.entered_later < PROFILED_EPOCHS:
        found.append(
            f"it calls itself eager, but in {PROFILED_EPOCHS} epochs its Python was entered {ledger.entered_later}"
            " times: something was compiled"
        )
    if execution == "compiled" and ledger.entered_later:
        found.append(
            f"it calls itself compiled, but in {PROFILED_EPOCHS} epochs its Python was entered {ledger.entered_later}"
            " times: it is not"
        )
    if (late := ledger.late_nanoseconds or 0) > MOST_LATE_NANOSECONDS:
        found.append(
            f"it did not wait: reading a result took {late / 1e3:,.0f} µs longer than reading one "
            f"that was ready, expected at most {MOST_LATE_NANOSECONDS / 1e3:.0f} µs"
        )
    if ledger.same_arrays:
        found.append("a round gave arrays of an earlier one: nothing was computed")
    if ledger.collecting:
        found.append("garbage collection was enabled during timed rounds")
    found += [
        f"the {pool.library} that it loaded has {pool.threads} threads, expected {len(cpus)}"
        for pool in ledger.pools
        if pool.threads > len(cpus)
    ]
    if ledger.cpus != [*cpus]:
        found.append(f"it may use the CPUs {ledger.cpus}, expected {', '.join(map(str, cpus))} alone")
    return found + _of_usage(used, timed_nanoseconds)


def _of_usage(used: Usage, timed_nanoseconds: int) -> list[str]:
    found = []
    if (cpu := used.cpu_nanoseconds) is not None and timed_nanoseconds > 1.02 * cpu + TICK_NANOSECONDS:
        found.append(
            f"it handed in {timed_nanoseconds / 1e9:.2f} s of CPU time, the system counted {cpu / 1e9:.2f} s in all"
        )
    children = used.child_nanoseconds or 0
    if children > max(TICK_NANOSECONDS, MOST_OF_CHILDREN * timed_nanoseconds):
        found.append(f"its child processes used {children / 1e9:.2f} s of CPU time during its rounds, expected none")
    if (used.executable_bytes_gained or 0) > 0:
        found.append(
            f"it gained {(used.executable_bytes_gained or 0) / 2**10:,.0f} KiB of executable memory during its rounds: "
            "something was compiled"
        )
    if (used.resident_bytes_gained or 0) > MOST_GAINED_BYTES:
        found.append(
            f"it gained {(used.resident_bytes_gained or 0) / 2**20:,.0f} MiB of memory during its rounds, expected at "
            f"most {MOST_GAINED_BYTES // 2**20} MiB"
        )
    return found


def _dtype(arrays: Sequence[Tensor]) -> str:
    """The dtypes of arrays, a framework's own or NumPy's, without the name of the library.

    Those that do not say of how many bits they are, as "double", are left to their NumPy reading.
    """
    names = {str(getattr(array, "dtype", "float64")).rpartition(".")[2] for array in arrays}
    return " and ".join(sorted(name for name in names if name[-1:].isdigit()))
