"""Gradients as an implementation gives them, asked for in its own process: shapes, dtype and numbers as they came."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from xorbench.contract import Contract, Tensor
from xorbench.workloads import Array, Parameters, Workload
from xorbench.workloads.workload import Dtype


@dataclass(eq=False)
class Given:
    """Gradients as flat rows, (points, entries), NaN in each parameter tensor that was not as it should be.

    `complaints` says of a parameter what was the matter with it first, and at which point.
    """

    rows: Array
    complaints: dict[str, tuple[int, str]] = field(default_factory=dict)


def gradients(
    module: Contract, workload: Workload, dtype: Dtype, rows: Array, alive: Callable[[], None] = lambda: None
) -> Given:
    """An implementation's gradients at points, (points, entries). `alive` is called now and then."""
    given = Given(np.full(rows.shape, np.nan, dtype))
    for number, row in enumerate(rows):
        converted = module.convert(workload.shaped(row.copy()), workload.inputs, workload.targets, dtype)
        put(given, number, workload, dtype, [plain(module, g) for g in module.gradient(workload.recipe, *converted)])
        if number % 1_000 == 999:
            alive()
    return given


def put(given: Given, number: int, workload: Workload, dtype: Dtype, tensors: list[Array]) -> None:
    """Note one gradient, or what is the matter with it."""
    if len(tensors) != len(workload.shapes):
        complaint = f"{len(tensors)} gradients, expected {len(workload.shapes)},"
        for name in workload.parameter_names:
            given.complaints.setdefault(name, (number, complaint))
        return
    for (name, where), shape, tensor in zip(workload.slices.items(), workload.shapes, tensors, strict=True):
        if tensor.shape != shape:
            given.complaints.setdefault(name, (number, f"{name} has the shape {tensor.shape}, expected {shape},"))
        elif tensor.dtype != dtype:
            given.complaints.setdefault(name, (number, f"{name} is {tensor.dtype}, expected {dtype},"))
        else:
            given.rows[number, where] = tensor.ravel()


def malformed(workload: Workload, dtype: Dtype, arrays: Parameters) -> str | None:
    """How arrays are not like the workload's parameters, or not finite; None where they are."""
    if [a.shape for a in arrays] != workload.shapes:
        return f"arrays of shapes {[a.shape for a in arrays]}, expected {workload.shapes}"
    for array in arrays:
        if array.dtype != dtype:
            return f"{array.dtype}, expected {dtype}"
        if not np.all(np.isfinite(array)):
            return "a number that is not finite"
    return None


def plain(module: Contract, array: Tensor) -> Array:
    """A copy as a NumPy array: what the implementation does to its own afterwards changes nothing."""
    result = module.to_numpy(array)
    if not isinstance(result, np.ndarray | np.generic):
        raise TypeError(f"to_numpy gave {type(result).__name__}, expected a NumPy array")
    return np.array(result)


def same_bits(one: Array, other: Array) -> bool:
    """Whether two arrays are the same to the last bit: a NaN equals itself, and -0.0 is not 0.0."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
