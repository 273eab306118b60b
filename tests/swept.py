"""Records of sweeps that are made to measure: what an epoch costs is a formula."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.planted import planted_record
from xorbench.contract import REFERENCE
from xorbench.workloads import sizes

Cost = Callable[[int, int], float]
"""Nanoseconds of an epoch, of a width and a batch."""


def planted_sweep(
    costs: dict[str, Cost],
    widths: Sequence[int] = (2, 8, 32, 128),
    batches: Sequence[int] = (4, 16, 64),
    at_width: int = 8,
    launches: int = 6,
    noise: float = 0.01,
    seed: int = 0,
    threads: int = 1,
    **changes: Any,
) -> dict[str, Any]:
    """Every width at batch 4, and every batch at one width; each launch of each point is off by its own noise.

    `costs` has the baseline in it, whose second copy costs the same.
    """
    random = np.random.RandomState(seed)
    others = [name for name in costs if name != REFERENCE]
    record = planted_record({name: [0.0] * launches for name in others}, launches=launches, rounds=3, **changes)
    template = record["timings"][0]
    points = sizes.cross(widths, batches, at_width, 4)
    record["workloads"] = [workload.description() for workload in points]
    record["settings"] |= {"sweep": True, "threads": threads}
    record["cold_starts"] = []
    record["products"] = [
        {"implementation": REFERENCE, "dtype": "float64", "side": 100, "nanoseconds": [250_000, 260_000, 240_000]}
    ]
    record["timings"] = []
    for workload in points:
        width, batch = workload.layer_sizes[1], len(workload.inputs)
        for launch in range(launches):
            for number, (name, copy) in enumerate([*((n, False) for n in costs), (REFERENCE, True)]):
                a_round = costs[name](width, batch) * 1_000 * np.exp(noise * random.normal())
                about = {"launch": launch, "workload": workload.name, "implementation": name, "copy": copy}
                positions = [(number + turn) % (len(costs) + 1) for turn in range(3)]
                taken = [round(a_round), round(a_round / 2), round(a_round)]
                times = {"epochs": [1_000, 500, 1_000], "round_nanoseconds": taken, "cpu_nanoseconds": [*taken]}
                nothing = {"positions": positions, "involuntary_switches": [0] * 3, "waited_nanoseconds": [0] * 3}
                record["timings"].append({**template, **about, **times, **nothing})
    return record


def straight(fixed: float, each: float, power: float = 1.0) -> Cost:
    """A fixed cost, and one for each unit of the width to a power."""
    return lambda width, _batch: fixed + each * width**power
