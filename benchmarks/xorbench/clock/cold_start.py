"""Script that measures one cold start in its own process: it imports one implementation and trains one epoch.

It imports nothing but the standard library before the clock starts. The workload is read as JSON from standard input,
and the measurements are written as JSON to the file descriptor whose number is the only argument.
"""

import importlib.util
import json
import os
import sys
from collections import namedtuple
from pathlib import Path
from time import perf_counter
from typing import Any

HIGH_WATER = Path("/proc/self/status")


def main() -> None:
    """Measure one cold start and write the measurements."""
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
    measured = {
        "import_seconds": imported - started,
        "first_call_seconds": trained - converted_at,
        "peak_bytes": peak_bytes(),
    }
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


if __name__ == "__main__":
    main()
