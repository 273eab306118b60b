"""Which planted faults are detected by this judge, and by fixed tolerances that are in use elsewhere."""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from types import ModuleType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from xorbench.contract import Contract
from xorbench.judging.error_stats import finite
from xorbench.judging.gradients import Given, put
from xorbench.judging.planted_faults import FAULTS, Fault
from xorbench.judging.points import shared_points
from xorbench.judging.truths import Numbers, Truths, inside, truths
from xorbench.record.report import PlantedFault
from xorbench.workloads import WORKLOADS, Array, Workload
from xorbench.workloads.workload import Dtype

POINTS = 100


def fault_rows(workload: Workload, dtype: Dtype, seed: int) -> Array:
    """Return the points at which faults are planted, (points, entries).

    With ReLU the biases of the first layer are 0, so that the input (0, 0) is on the kink.
    """
    rows = shared_points(workload, dtype, POINTS, seed, saturation=False).rows
    if workload.recipe.activation == "relu":
        rows[:, workload.slices["b1"]] = 0
    return rows


def plant_all(cores: Executor, dtypes: Sequence[Dtype], seed: int) -> "list[Future[PlantedFault]]":
    """Submit every fault in every dtype to `cores` and return the futures, ordered by fault, then dtype."""
    found: dict[tuple[str, str], Future[PlantedFault]] = {}
    for dtype, name in itertools.product(dtypes, dict.fromkeys(fault.planted_in for fault in FAULTS)):
        faults = [fault for fault in FAULTS if fault.planted_in == name]
        workload = WORKLOADS[name]
        rows = fault_rows(workload, dtype, seed)
        truth = truths(workload, dtype, rows, cores)
        found |= {(fault.name, dtype): cores.submit(plant, fault, dtype, rows, truth, seed) for fault in faults}
    return [found[fault.name, dtype] for fault in FAULTS for dtype in dtypes]


def plant(fault: Fault, dtype: Dtype, rows: Array, truths: Truths, seed: int) -> PlantedFault:
    """Return at how many points of `rows`, (points, entries), this judge and other tolerances detect `fault`.

    `truths` are the true gradients and bounds at these points; `seed` draws the signs of a fault that is noise.
    """
    workload = WORKLOADS[fault.planted_in]
    faulty, honest = _module(fault.text()), _module(replace(fault, changes=()).text())
    given, right = (Given(np.full_like(rows, np.nan)) for _ in range(2))
    refused = dict.fromkeys(TOLERANCES, 0)
    noise = np.random.RandomState(seed).choice([-fault.bounds_of_noise, fault.bounds_of_noise], rows.shape)
    with np.errstate(all="ignore"):
        for number, row in enumerate(rows):
            problem = honest.convert(workload.shaped(row), workload.inputs, workload.targets, dtype)
            put(right, number, workload, dtype, honest.gradient(workload.recipe, *problem))
            tensors = faulty.gradient(workload.recipe, *problem)
            if fault.bounds_of_noise:
                moves = workload.shaped((noise[number] * truths.bound[number]).astype(dtype))
                tensors = [tensor + move for tensor, move in zip(tensors, moves, strict=True)]
            put(given, number, workload, dtype, [np.array(tensor) for tensor in tensors])
            true = workload.shaped(truths.high[number])
            for name, close in TOLERANCES.items():
                refused[name] += not all(np.all(close(g, t)) for g, t in zip(tensors, true, strict=True))
        apart = np.max(np.abs(given.rows.astype(np.float64) - right.rows) / truths.units(dtype))
        fractions = truths.fractions(given.rows)
    return PlantedFault(
        fault=fault.name,
        workload=workload.name,
        dtype=dtype,
        points=len(rows),
        ulps=finite(apart),
        of_bound=finite(np.max(fractions)),
        judge=int(np.count_nonzero(~np.all(inside(fractions), axis=1))),
        **refused,
    )


Inside = NDArray[np.bool_] | bool


def _clipped(value: Array, truth: Numbers, tolerance: float) -> Inside:
    """Return whether |value - truth| / max(1, |truth|) is within `tolerance`: below 1 the error is absolute."""
    return np.abs(value - truth) / np.maximum(np.abs(truth), 1) <= tolerance


TOLERANCES: dict[str, Callable[..., Inside]] = {
    "clipped_1e4": lambda value, truth: _clipped(value, truth, 1e-4),
    "clipped_1e8": lambda value, truth: _clipped(value, truth, 1e-8),
    "allclose": np.allclose,
}
"""Tolerances in use elsewhere: functions of a value and the true value that tell whether the value is accepted."""


def _module(text: str) -> Contract:
    module = ModuleType("planted")
    exec(compile(text, "planted.py", "exec"), vars(module))
    return cast(Contract, module)
