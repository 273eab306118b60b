"""The gradients that an implementation returns, collected in its own process, with a check of shapes and dtypes."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from xorbench.contract import Contract, Tensor
from xorbench.workloads import Array, Parameters, Workload
from xorbench.workloads.workload import Dtype


@dataclass(eq=False)
class Given:
    """Gradients as flat rows, (points, entries), with NaN for each tensor of wrong shape or dtype.

    `complaints` holds, by name of the parameter, the number of the first such point and what was wrong there.
    """

    rows: Array
    complaints: dict[str, tuple[int, str]] = field(default_factory=dict)


def gradients(
    module: Contract, workload: Workload, dtype: Dtype, rows: Array, alive: Callable[[], None] = lambda: None
) -> Given:
    """Return the gradients of `module` at the points `rows`, (points, entries).

    `alive` is called after every 1,000 points. Raises TypeError if `to_numpy` returns anything but a NumPy array, and
    whatever the implementation raises.
    """
    given = Given(np.full(rows.shape, np.nan, dtype))
    for number, row in enumerate(rows):
        converted = module.convert(workload.shaped(row.copy()), workload.inputs, workload.targets, dtype)
        put(given, number, workload, dtype, [plain(module, g) for g in module.gradient(workload.recipe, *converted)])
        if number % 1_000 == 999:
            alive()
    return given


def put(given: Given, number: int, workload: Workload, dtype: Dtype, tensors: list[Array]) -> None:
    """Write the gradient `tensors` into row `number` of `given`, or note what is wrong with its shapes or dtypes."""
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
    """Return how `arrays` differ in shape or dtype from the workload's parameters, or that a number is not finite.

    Returns None if they are as they should be.
    """
    if [a.shape for a in arrays] != workload.shapes:
        return f"arrays of shapes {[a.shape for a in arrays]}, expected {workload.shapes}"
    for array in arrays:
        if array.dtype != dtype:
            return f"{array.dtype}, expected {dtype}"
        if not np.all(np.isfinite(array)):
            return "a number that is not finite"
    return None


def plain(module: Contract, array: Tensor) -> Array:
    """Return a copy of `array` as a NumPy array, which later changes to `array` do not affect.

    Raises TypeError if `to_numpy` of `module` returns anything else.
    """
    result = module.to_numpy(array)
    if not isinstance(result, np.ndarray | np.generic):
        raise TypeError(f"to_numpy returned {type(result).__name__}, expected a NumPy array")
    return np.array(result)


def same_bits(one: Array, other: Array) -> bool:
    """Return whether two arrays are equal in shape, dtype and every bit: a NaN equals itself, and -0.0 is not 0.0."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
