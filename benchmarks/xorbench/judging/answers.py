"""The arrays that an implementation returns, collected in its own process, with a check of shapes and dtypes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from xorbench.contract import Contract, Data, Tensor
from xorbench.judging.codec import ExactArray, must_be
from xorbench.judging.layout import Layout
from xorbench.judging.points import Points
from xorbench.judging.trouble import note_point, shortened, trouble
from xorbench.record.parts import Natural, Part, Text
from xorbench.record.report import NOT_OFFERED
from xorbench.workloads import Array, Parameters, Workload
from xorbench.workloads.workload import Dtype


@dataclass(eq=False)
class Given(Part):
    """The answers of an implementation as flat rows, (points, entries), with NaN for an array of wrong shape or dtype.

    `complaints` holds, by name of the group, the number of the first such point and what was wrong there. `unanswered`
    are the numbers of the points at which the implementation raised that it does not offer an answer, if it answered at
    others; their rows are NaN and are not judged.
    """

    rows: ExactArray
    complaints: dict[str, tuple[Natural, Text]] = field(default_factory=dict)
    unanswered: list[Natural] = field(default_factory=list)

    def must_fit(self, points: int, layout: Layout, dtype: Dtype) -> None:
        """Raise ValueError, in one line, if these are not answers at so many points in `layout` and `dtype`."""
        must_be("answers", self.rows, (points, layout.size), dtype)
        for group, (number, _) in self.complaints.items():
            if group not in layout.groups or number >= points:
                raise ValueError(f"a complaint about {group!r} at point {number}, which was not asked for")
            if number in self.unanswered:
                raise ValueError(f"a complaint about {group!r} at point {number}, which was not answered")
        if self.unanswered and (max(self.unanswered) >= points or {*range(points)} <= {*self.unanswered}):
            raise ValueError(f"no answer at points {shortened(str(self.unanswered), 60)}, expected some of {points}")

    def answered(self, points: int) -> "tuple[Given, list[int]]":
        """Return the answers at those of so many points that were answered, and the numbers of these."""
        kept = sorted({*range(points)} - {*self.unanswered})
        complaints = {group: (kept.index(number), text) for group, (number, text) in self.complaints.items()}
        return Given(self.rows[kept], complaints), kept


def answers(module: Contract, points: Points, alive: Callable[[], None] = lambda: None) -> Given:
    """Return the gradients, predictions and losses of `module` at `points`.

    `alive` is called after every 1,000 points. Raises TypeError if a function returns anything but tensors that
    `to_numpy` converts, and whatever the implementation raises, with a note of the point if it is not the first one.
    """
    layout, dtype, recipe = points.layout, points.dtype, points.workload.recipe
    given = Given(np.full((len(points), layout.size), np.nan, dtype))
    for number, (problem, parameters) in enumerate(points):
        try:
            theirs = converted(module, parameters, problem.inputs, problem.targets, dtype)
            gradient = tensors(module, "gradient", module.gradient(recipe, *theirs), problem)
            predictions = tensor(module, "predict", module.predict(recipe, *theirs[:2]))
            loss = tensor(module, "loss", module.loss(recipe, *theirs))
        except BaseException as error:
            if number:  # an exception at the first point does not depend on the point
                note_point(error, points.labels[number])
            raise
        put(given, number, layout, [*gradient, predictions, loss])
        if number % 1_000 == 999:
            alive()
    return given


def answers_where_offered(module: Contract, points: Points, alive: Callable[[], None]) -> Given | None:
    """Return the answers of `module` at those of `points` at which it offers one; None if that is at none of them.

    `alive` is called after every 1,000 points. Raises whatever else the implementation raises, with a note of the
    point.
    """
    given = Given(np.full((len(points), points.layout.size), np.nan, points.dtype))
    for number, label in enumerate(points.labels):
        try:
            alone = answers(module, points[number : number + 1])
        except Exception as error:
            if trouble(error).verdict != NOT_OFFERED:
                note_point(error, label)
                raise
            given.unanswered.append(number)
        else:
            given.rows[number] = alone.rows[0]
            for group, (_, text) in alone.complaints.items():
                given.complaints.setdefault(group, (number, text))
        if number % 1_000 == 999:
            alive()
    return given if len(given.unanswered) < len(points) else None


def converted(module: Contract, parameters: Parameters, inputs: Array, targets: Array, dtype: Dtype) -> Data:
    """Return what `convert` makes of the arrays. Raises TypeError if it does not return three things."""
    returned: object = module.convert(parameters, inputs, targets, dtype)
    try:
        theirs, of_inputs, of_targets = cast("Data", returned)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"convert returned {_named(returned)}, expected the parameters, the inputs and the targets"
        ) from error
    return theirs, of_inputs, of_targets


def parameters_in(function: str, state: object) -> Sequence[Tensor]:
    """Return the parameters in a state that a function returned. Raises TypeError if it has no first item."""
    try:
        return cast("Sequence[Tensor]", cast("Sequence[object]", state)[0])
    except (TypeError, LookupError) as error:
        raise TypeError(
            f"{function} returned {_named(state)}, expected a state whose first item is the parameters"
        ) from error


def tensors(module: Contract, function: str, returned: Sequence[Tensor], workload: Workload) -> list[Array]:
    """Return what a function returned, one tensor for each parameter, as NumPy arrays.

    Raises TypeError if there are not as many tensors as parameters, or if one of them is not a tensor.
    """
    names, count = workload.parameter_names, _count(returned)
    if count != len(names):
        found = _named(returned) if count is None else f"{count} tensor{'s' if count != 1 else ''}"
        raise TypeError(f"{function} returned {found}, expected {len(names)} tensors: {', '.join(names)}")
    return [tensor(module, function, one, f" for {name}") for name, one in zip(names, returned, strict=True)]


def tensor(module: Contract, function: str, returned: Tensor, which: str = "") -> Array:
    """Return the tensor that a function returned as a NumPy array; `which` says in words which of several it is.

    Raises TypeError, which names the function, if it returned None or a built-in object that `to_numpy` does not
    convert. Other exceptions are those of `to_numpy`.
    """
    if returned is None:
        raise TypeError(f"{function} returned None{which}, expected a tensor")
    try:
        return plain(module, returned)
    except (TypeError, AttributeError, ValueError) as error:
        if type(returned).__module__ != "builtins":
            raise
        raise TypeError(
            f"{function} returned {_named(returned)}{which}, expected a tensor that to_numpy converts"
        ) from error


def _count(returned: object) -> int | None:
    """Return the number of items of a sequence; None for anything else, such as an array without dimensions."""
    if isinstance(returned, Mapping) or not hasattr(returned, "__getitem__"):
        return None
    try:
        return len(cast("Sequence[object]", returned))
    except TypeError:
        return None


def _named(returned: object) -> str:
    return "None" if returned is None else type(returned).__name__


def put(given: Given, number: int, layout: Layout, arrays: Sequence[Array]) -> None:
    """Write `arrays` into row `number` of `given`, or note what is wrong with their shapes or dtypes."""
    expected = given.rows.dtype
    for (group, name, shape), where, array in zip(layout.arrays, layout.places, arrays, strict=True):
        if array.shape != shape:
            given.complaints.setdefault(group, (number, f"{name} has the shape {array.shape}, expected {shape},"))
        elif array.dtype != expected:
            given.complaints.setdefault(
                group, (number, f"{name} is {shortened(str(array.dtype))}, expected {expected},")
            )
        else:
            given.rows[number, where] = array.ravel()


def malformed(workload: Workload, dtype: Dtype, arrays: Parameters) -> str | None:
    """Return how `arrays` differ in shape or dtype from the workload's parameters, or that a number is not finite.

    Returns None if they are as they should be.
    """
    if complaint := misshapen(workload, dtype, arrays):
        return complaint
    return None if all(np.all(np.isfinite(array)) for array in arrays) else "a number that is not finite"


def misshapen(workload: Workload, dtype: Dtype, arrays: Parameters) -> str | None:
    """Return how `arrays` differ in shape or dtype from the workload's parameters, in one line; None if they do not."""
    if [a.shape for a in arrays] != workload.shapes:
        return shortened(f"arrays of shapes {[a.shape for a in arrays]}, expected {workload.shapes}")
    wrong = next((array.dtype for array in arrays if array.dtype != dtype), None)
    return None if wrong is None else shortened(f"{wrong}, expected {dtype}")


def plain(module: Contract, array: Tensor) -> Array:
    """Return a copy of `array` as a NumPy array, which later changes to `array` do not affect.

    Raises TypeError if `to_numpy` of `module` returns anything else.
    """
    result = module.to_numpy(array)
    if not isinstance(result, np.ndarray | np.generic):
        raise TypeError(f"to_numpy returned {type(result).__name__}, expected a NumPy array")
    return np.array(result)


USED_UP = "train uses up what it is given, so that it cannot be read afterwards: copy the parameters in begin"
"""The complaint about a training whose arguments cannot be read after it, as where it donates their buffers."""


def is_readable(module: Contract, arrays: Iterable[Tensor]) -> bool:
    """Return whether `to_numpy` of `module` still returns each of `arrays`."""
    try:
        for array in arrays:
            plain(module, array)
    except Exception:  # noqa: BLE001  an implementation may raise anything
        return False
    return True


def same_bits(one: Array, other: Array) -> bool:
    """Return whether two arrays are equal in shape, dtype and every bit: a NaN equals itself, and -0.0 is not 0.0."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
