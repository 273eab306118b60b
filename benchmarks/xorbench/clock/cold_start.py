"""Script that measures one implementation in its own process: its start, or the instructions of its epochs.

It imports nothing but the standard library before the clock starts. The workload is read as JSON from standard input,
and the measurements are written as JSON to the file descriptor whose number is the only argument.
"""

import importlib
import importlib.util
import json
import os
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

HIGH_WATER = Path("/proc/self/status")


def main() -> None:
    """Measure a cold start or, if the job names the library of `callgrind.c`, instructions; write the measurements."""
    job: dict[str, Any] = json.load(sys.stdin)
    recipe = namedtuple("Recipe", job["recipe"])(**job["recipe"])
    sys.path.append(job["siblings"])  # at the end: no file can shadow a library
    name = f"implementation_{Path(job['path']).stem}"
    started = perf_counter()
    spec = importlib.util.spec_from_file_location(name, job["path"])
    if spec is None or spec.loader is None:
        raise ImportError(f"{job['path']} can't be imported, expected a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    imported = perf_counter()
    import numpy as np

    arrays = [np.array(values, np.float64) for values in job["arrays"]]
    converted = module.convert(arrays[:-2], *arrays[-2:], job["dtype"])
    converted_at = perf_counter()
    module.train(recipe, *converted, 1)
    trained = perf_counter()
    measured: dict[str, float | None] | dict[str, list[str]] = {
        "import_seconds": imported - started,
        "first_call_seconds": trained - converted_at,
        "peak_bytes": peak_bytes(),
    }
    if "callgrind" in job:

        def train(epochs: int) -> None:
            for parameter in module.train(recipe, *converted, epochs):
                module.to_numpy(parameter)  # waits for a training that is still running

        measured = instructions(train, job["epochs"], job["callgrind"])
    with os.fdopen(int(sys.argv[1]), "w") as answer:
        json.dump(measured, answer)


def peak_bytes() -> int | None:
    """Return the peak resident memory of this process; None where the system does not report it.

    `getrusage` would report the parent's peak where that is larger, because it is kept across fork and exec.
    """
    if not HIGH_WATER.exists():
        return None
    line = next(line for line in HIGH_WATER.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def instructions(train: Callable[[int], None], lengths: list[int], library: str) -> dict[str, list[str]]:
    """Let Callgrind write the instructions of a training of each length, and return the processor's features.

    `library` is the path of the compiled `callgrind.c`. Callgrind writes a file for each training, with the number of
    epochs as its label. Each training is run before, so that nothing is compiled while instructions are counted.
    Garbage collection, which empties Python's lists of free objects, is disabled before, as in timed rounds.
    """
    import ctypes
    import gc

    try:
        core = importlib.import_module("numpy._core._multiarray_umath")
    except ImportError:  # NumPy 1
        core = importlib.import_module("numpy.core._multiarray_umath")
    callgrind = ctypes.CDLL(library)
    gc.collect()
    gc.disable()
    for epochs in 2 * lengths:
        train(epochs)
    callgrind.dump(b"0")  # ctypes prepares a function at its first call, which would count for the first training
    callgrind.begin()
    for epochs in lengths:
        train(epochs)
        callgrind.dump(str(epochs).encode())
    return {"features": [name for name, there in core.__cpu_features__.items() if there]}


if __name__ == "__main__":
    main()
