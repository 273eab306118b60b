"""The fairness ledger: what a worker observed of what it timed, and which of that is a breach of the rules.

Nothing in it is assumed: parameters, dtypes and results are read back, threads and CPUs asked for, calls counted.
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
from typing import Any

import numpy as np

from benchmarks.clock.evidence import Reading, reading
from benchmarks.environment import observed, without_folders
from benchmarks.gradients.answers import plain
from benchmarks.workloads import Array, Workload, flat

_GIVEN = dict(os.environ)
"""What this process was started with: read before a framework can add to it."""

_OURS = ("PYTEST_", "KMP_DUPLICATE_LIB_OK")
"""How variables begin that this side of the clock sets: of pytest, and one of threadpoolctl, which counts threads."""

PROFILED_EPOCHS = 20

TOLERANCE = 1e-9
"""How far parameters may be from the reference's after the same epochs; an epoch more or less is much further."""

LATE = 0.05
"""The share of a round that the first reading of its result may take beyond the next: more was not waited for."""


@dataclass(frozen=True)
class Ledger:
    """What one worker observed of one workload.

    `parameters_sha256` is of what training started from, read back; `entered_later` counts calls of the file's own
    functions other than `train`: what PROFILED_EPOCHS more add to a call, which is nothing where all is compiled.
    `late` is the lower median share of a round that reading its result took after the clock was stopped, beyond what
    reading it once more takes; `lowest` and `highest` are the parameters that rounds ended with, entry by entry;
    `same_arrays`, whether a round gave an earlier one's. `variables` are those of the environment that the file or its
    framework set.
    """

    parameters_sha256: str
    gradient_dtype: str
    result_dtype: str
    entered_later: int
    late: float
    lowest: list[float]
    highest: list[float]
    same_arrays: bool
    collecting: bool
    process_threads: int
    pools: list[dict[str, Any]]
    cpus: list[int]
    variables: dict[str, str]


@dataclass
class Bookkeeper:
    """Observes one subject: `prepare` before its turns, `before` and `after` around each round, `close` at the end."""

    module: Any
    path: Path
    workload: Workload

    def prepare(self, arguments: tuple[list[Any], Any, Any]) -> None:
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
        self._result: Sequence[Any] = ()
        self._endings: list[Array] = []
        self._same_arrays = False
        self._late: list[int] = []
        self._collecting = False
        self.readings: list[Reading] = []

    def before(self) -> None:
        """Right before a round."""
        self._reading_before = reading()

    def after(self, result: Sequence[Any], collecting: bool) -> None:
        """Right after it; `collecting` says whether garbage could be collected inside."""
        self.readings.append(self._reading_before.until(reading()))
        taken = []
        for _ in range(2):  # the second time there is nothing left to wait for
            started = perf_counter_ns()
            arrays = [plain(self.module, p) for p in result]
            taken.append(perf_counter_ns() - started)
        self._late.append(max(0, taken[0] - taken[1]))
        self._collecting |= collecting
        self._same_arrays |= any(one is other for one in result for other in self._result)
        self._result = result
        self._endings.append(flat(arrays))

    def close(self, round_seconds: Sequence[float]) -> Ledger:
        """All that was observed."""
        endings = np.array(self._endings, dtype=np.float64)
        variables = {
            name: without_folders(value)
            for name, value in sorted(os.environ.items())
            if _GIVEN.get(name) != value and not name.startswith(_OURS)
        }
        threads = observed()
        return Ledger(
            parameters_sha256=self._sha256,
            gradient_dtype=self._gradient_dtype,
            result_dtype=_dtype([*self._result, *(plain(self.module, p) for p in self._result)]),
            entered_later=self._entered_later,
            late=statistics.median_low(  # of few rounds one that was disturbed says nothing
                late / (seconds * 1e9) for late, seconds in zip(self._late, round_seconds, strict=True)
            ),
            lowest=endings.min(axis=0).tolist(),
            highest=endings.max(axis=0).tolist(),
            same_arrays=self._same_arrays,
            collecting=self._collecting,
            process_threads=threads["process_threads"],
            pools=threads["pools"],
            cpus=threads["cpus"],
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


def violations(
    ledger: Ledger, workload: Workload, execution: str, cpus: Sequence[int], expected: Array | None
) -> list[str]:
    """What in a ledger breaks the rules, each in one line; `expected` is the flat row that a round must end with.

    None: the reference itself did not get there.
    """
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
    if not ledger.late <= LATE:
        found.append(f"it did not wait: {ledger.late:.0%} of a round went on after the clock was stopped")
    off = off_trajectory(ledger, expected)
    if expected is None:
        found.append("nobody knows where its rounds must end: the reference gave no answer after as many epochs")
    elif not off <= TOLERANCE:
        found.append(f"it did not do the epochs that were asked for: its parameters are {off:.2g} from the judged ones")
    if ledger.same_arrays:
        found.append("a round gave arrays of an earlier one: nothing was computed")
    if ledger.collecting:
        found.append("garbage may be collected inside its rounds, and in nobody else's")
    found += [
        f"the {pool['library']} that it loaded has {pool['threads']} threads, expected {len(cpus)}"
        for pool in ledger.pools
        if pool["threads"] > len(cpus)
    ]
    if ledger.cpus != [*cpus]:
        found.append(f"it may use the CPUs {ledger.cpus}, expected {', '.join(map(str, cpus))} alone")
    return found


def off_trajectory(ledger: Ledger, expected: Array | None) -> float:
    """The largest distance of a parameter, at the end of any round, from where it must be; NaN where it is none."""
    if expected is None:
        return math.nan
    ends = np.array([ledger.lowest, ledger.highest])
    return float(np.max(np.abs(ends - expected))) if ends.shape[1:] == expected.shape else math.nan


def _dtype(arrays: Sequence[Any]) -> str:
    """The dtypes of arrays, a framework's own or NumPy's, without the name of the library.

    Those that do not say of how many bits they are, as "double", are left to their NumPy reading.
    """
    names = {str(getattr(array, "dtype", "float64")).rpartition(".")[2] for array in arrays}
    return " and ".join(sorted(name for name in names if name[-1:].isdigit()))
