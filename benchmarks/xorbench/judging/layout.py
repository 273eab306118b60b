"""The order of what is judged in a flat row: named groups of arrays, one after the other."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xorbench.workloads import Workload

PREDICTIONS, LOSS = "predictions", "loss"

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The arrays of a flat row, each with its group, its name and its shape. A group has one verdict."""

    arrays: Sequence[tuple[str, str, Shape]]

    @cached_property
    def places(self) -> list[slice]:
        """The slice of each array."""
        ends = itertools.accumulate((int(np.prod(shape)) for _, _, shape in self.arrays), initial=0)
        return [slice(*ends) for ends in itertools.pairwise(ends)]

    @property
    def size(self) -> int:
        """The number of entries of a flat row."""
        return self.places[-1].stop

    @cached_property
    def groups(self) -> dict[str, slice]:
        """The slice of each group; its arrays stand next to each other."""
        found: dict[str, slice] = {}
        for (group, _, _), place in zip(self.arrays, self.places, strict=True):
            found[group] = slice(found.get(group, place).start, place.stop)
        return found

    @cached_property
    def entries(self) -> list[tuple[str, list[int]]]:
        """The name of the array and the index in it of each entry of a flat row."""
        return [(name, list(index)) for _, name, shape in self.arrays for index in np.ndindex(shape)]


def gradient_layout(workload: Workload) -> Layout:
    """Return the layout of a gradient."""
    return Layout([(name, name, shape) for name, shape in zip(workload.parameter_names, workload.shapes, strict=True)])


def layout_of(workload: Workload) -> Layout:
    """Return the layout of what is judged at a point: the gradient of each parameter, the predictions, and the loss."""
    others = (PREDICTIONS, PREDICTIONS, workload.targets.shape), (LOSS, LOSS, ())
    return Layout([*gradient_layout(workload).arrays, *others])
