"""Synthetic records of sweeps, in which the cost of an epoch is given by a formula."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tests.planted import changed, planted, report, timing, with_durations, with_settings
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.run import WorkloadRecord
from xorbench.record.timing import Products
from xorbench.workloads import sizes

Cost = Callable[[int, int], float]
"""A function from width and batch to the nanoseconds of an epoch."""


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
) -> Analysis:
    """Return the analysis of a sweep: all `widths` at batch 4, and all `batches` at the width `at_width`.

    `costs` gives the cost of each implementation and must include the baseline, whose second copy costs the same. Each
    launch of each point has its own log-normal noise with the standard deviation `noise`.
    """
    random = np.random.RandomState(seed)
    others = [name for name in costs if name != REFERENCE]
    analysis = planted({name: [0.0] * launches for name in others}, launches=launches, rounds=3, **changes)
    points = sizes.cross(widths, batches, at_width, 4)
    timings = []
    for workload in points:
        width, batch = workload.layer_sizes[1], len(workload.inputs)
        for launch in range(launches):
            for number, (name, copy) in enumerate([*((n, False) for n in costs), (REFERENCE, True)]):
                a_round = costs[name](width, batch) * 1_000 * np.exp(noise * random.normal())
                taken = [round(a_round), round(a_round / 2), round(a_round)]
                positions = [(number + turn) % (len(costs) + 1) for turn in range(3)]
                about = {"workload": workload.name, "positions": positions}
                timings.append(timing(launch, name, taken, [1_000, 500, 1_000], copy, **about))
    cpus = [*range(threads)]
    timings = [replace(timing, ledger=replace(timing.ledger, cpus=cpus)) for timing in timings]
    found = changed(
        with_settings(analysis, sweep=True, threads=threads),
        kind="sweep",
        command="xorbench sweep",
        workloads=[WorkloadRecord.of(workload) for workload in points],
        cold_starts=[],
        products=[Products(REFERENCE, "float64", 100, [250_000, 260_000, 240_000])],
        timings=timings,
        gradients=report([REFERENCE, *others], points),
    )
    return Analysis(with_durations(found.record))


def straight(fixed: float, each: float, power: float = 1.0) -> Cost:
    """Return the cost `fixed` + `each` * width^`power`, in nanoseconds, whatever the batch."""
    return lambda width, _batch: fixed + each * width**power
