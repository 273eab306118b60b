"""Script that measures one implementation in its own process: its start, or the instructions of its epochs.

It imports nothing but the standard library before the clock starts. The workload is read as JSON from standard input,
and the measurements are written as JSON to the file descriptor whose number is the only argument.
"""

import importlib
import importlib.util
import json
import os
import re
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

HIGH_WATER = Path("/proc/self/status")

COUNTED = re.compile(r"^desc: Trigger: Client Request: (\d+)$.*^totals: (\d+)$", re.MULTILINE | re.DOTALL)
"""The label and the number of instructions in a file that Callgrind wrote."""


def main() -> None:
    """Measure a cold start or, if the job has the options of Callgrind, instructions; write the measurements."""
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
    measured: dict[str, Any] = {
        "import_seconds": imported - started,
        "first_call_seconds": trained - converted_at,
        "peak_bytes": peak_bytes(),
    }
    if "callgrind" in job:

        def train(epochs: int) -> None:
            for parameter in module.train(recipe, *converted, epochs):
                module.to_numpy(parameter)  # waits for a training that is still running

        measured = instructions(train, **job["callgrind"])
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


def instructions(
    train: Callable[[int], None],
    lengths: list[int],
    least: int,
    share: float,
    much: int,
    most: int,
    library: str,
    place: str,
) -> dict[str, Any]:
    """Let Callgrind count the instructions of a training of each length, and return them with the processor's features.

    `lengths` are three numbers of epochs, rising by the same number. While the trainings must be `longer`, by `least`,
    `share` and `much`, all are counted again in trainings that are `times` as long, and at most `most` times. `library`
    is the path of the compiled `callgrind.c`, `place` that of the files that Callgrind writes, without their endings.

    Each training is run before, so that nothing is compiled while instructions are counted. Garbage collection, which
    empties Python's lists of free objects, is disabled before, as in timed rounds. There are no numbers of instructions
    if Callgrind wrote none.
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

    def counted(times: int) -> list[int]:
        for epochs in 2 * lengths:
            train(times * epochs)
        callgrind.start()
        callgrind.dump(b"0")  # all trainings then begin alike, after a dump
        for epochs in lengths:
            train(times * epochs)
            callgrind.dump(str(epochs).encode())
        callgrind.stop()
        found = totals(Path(place))
        return [found[epochs] for epochs in lengths if epochs in found]

    times, numbers = 1, counted(1)
    while (factor := min(longer(numbers, least, share, much), most // times)) > 1:
        times *= factor
        numbers = counted(times)
    return {
        "instructions": numbers,
        "times": times,
        "features": [name for name, there in core.__cpu_features__.items() if there],
    }


def longer(numbers: list[int], least: int, share: float, much: int) -> int:
    """Return by which factor, a power of two, trainings with these instructions must be longer; 1 if they need not be.

    The instructions by which the longest training exceeds the shortest must be `least`, and so many that those by which
    the two halves of this difference are apart, which are noise, would be at most a `share` of it; they are not raised
    above `much`. There is nothing to compare in fewer than three trainings.
    """
    if len(numbers) < 3:
        return 1
    short, middle, long = numbers
    difference, apart = max(1, long - short), abs(long - 2 * middle + short)
    factor = 1
    while factor * difference < max(least, apart / share) and 2 * factor * difference <= much:
        factor *= 2
    return factor


def totals(place: Path) -> dict[int, int]:
    """Return the instructions in the files that Callgrind wrote, by their labels, and remove the files."""
    found = {}
    for path in place.parent.glob(f"{place.name}.*"):
        if counted := COUNTED.search(path.read_text(errors="replace")):
            found[int(counted[1])] = int(counted[2])
        path.unlink()
    return found


if __name__ == "__main__":
    main()
