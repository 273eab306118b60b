"""Planted faults, each judged by this judge and by fixed tolerances that are in use elsewhere."""

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from types import CodeType, ModuleType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from xorbench.contract import Contract
from xorbench.judging.answers import answers
from xorbench.judging.error_stats import finite
from xorbench.judging.planted_faults import FAULTS, Fault
from xorbench.judging.points import Numbers, Points, random_points
from xorbench.judging.truths import Truths, inside, truths_here
from xorbench.record.report import PlantedFault
from xorbench.workloads import WORKLOADS, Array, Workload
from xorbench.workloads.workload import Dtype

POINTS = 100

STUDIED = [fault for fault in FAULTS if fault.studied]
"""The faults of the published study."""


def fault_points(workload: Workload, dtype: Dtype, seed: int) -> Points:
    """Return the points at which faults are planted.

    With ReLU the biases of the first layer are 0, so that the input (0, 0) is on the kink.
    """
    points = random_points(workload, dtype, POINTS, seed)
    if workload.recipe.activation == "relu":
        points.rows[:, workload.slices["b1"]] = 0
    return points


def plant_all(cores: Executor, dtypes: Sequence[Dtype], seed: int) -> "list[Future[PlantedFault]]":
    """Submit every studied fault in every dtype to `cores` and return the futures, ordered by fault, then dtype."""
    return [cores.submit(planted, fault, dtype, seed) for fault in STUDIED for dtype in dtypes]


def planted(fault: Fault, dtype: Dtype, seed: int) -> PlantedFault:
    """Return what `plant` finds of a fault at the points drawn with `seed`, computed on this core."""
    return plant(fault, *_asked(fault.planted_in, dtype, seed), seed)


@functools.cache
def _asked(workload: str, dtype: Dtype, seed: int) -> tuple[Points, Truths]:
    """Return the points at which faults are planted in a workload, with the truth, found once in a process.

    The truth is by the derivation, which the audit compares with differences.
    """
    points = fault_points(WORKLOADS[workload], dtype, seed)
    return points, truths_here(points, by_differences=False)


def plant(fault: Fault, points: Points, truths: Truths, seed: int) -> PlantedFault:
    """Return at how many of `points` this judge and other tolerances detect `fault`.

    `truths` are the true values and bounds at these points; `seed` draws the signs of a fault that is noise. The other
    tolerances see the gradient alone.
    """
    faulty, honest = module_of(fault.text()), module_of(replace(fault, changes=()).text())
    workload, dtype = points.workload, points.dtype
    random = np.random.RandomState(seed)
    refused = dict.fromkeys(TOLERANCES, 0)
    with np.errstate(all="ignore"):
        right = answers(honest, points)
        given = answers(faulty, points)
        moves = fault.bounds_of_noise * random.choice([-1, 1], given.rows.shape) * truths.bound
        given.rows += moves.astype(dtype)
        for number, (problem, parameters) in enumerate(points):
            given_here = faulty.convert(parameters, problem.inputs, problem.targets, dtype)
            true, move = (workload.shaped(rows[number, : len(workload.entries)]) for rows in (truths.high, moves))
            tensors = map(np.add, faulty.gradient(workload.recipe, *given_here), move)
            found = list(zip(tensors, true, strict=True))
            for name, close in TOLERANCES.items():
                refused[name] += not all(np.all(close(gradient, truth)) for gradient, truth in found)
        apart = np.max(np.abs(given.rows.astype(np.float64) - right.rows) / truths.units(dtype))
        fractions = truths.fractions(given.rows)
    return PlantedFault(
        fault=fault.name,
        workload=workload.name,
        dtype=dtype,
        points=len(points),
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


def module_of(text: str) -> Contract:
    """Return the module of the source of an implementation."""
    module = ModuleType("planted")
    exec(_compiled(text), vars(module))
    return cast(Contract, module)


@functools.cache
def _compiled(text: str) -> CodeType:
    return compile(text, "planted.py", "exec")
