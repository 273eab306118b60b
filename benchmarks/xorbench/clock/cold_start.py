"""One cold start, measured from inside: a bare Python that imports one implementation and trains one epoch.

Run as a script, by itself: nothing is loaded before the clock runs but what Python itself needs. The workload comes
as JSON on standard input, the measurements go as JSON to the file descriptor that is its argument.
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
    """Measure and answer."""
    job: dict[str, Any] = json.load(sys.stdin)
    recipe = namedtuple("Recipe", job["recipe"])(**job["recipe"])
    started = perf_counter()
    spec = importlib.util.spec_from_file_location("implementation", job["path"])
    if spec is None or spec.loader is None:
        raise ImportError(f"{job['path']} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["implementation"] = module
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
    """The most memory that was resident; of this program alone, which getrusage would mix with its parent's."""
    if not HIGH_WATER.exists():
        return None
    line = next(line for line in HIGH_WATER.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
