"""Arrays that implementations must not change, and complaints about the functions that changed one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from xorbench.contract import Contract, Tensor
from xorbench.judging.answers import (
    plain,
    same_bits,
)
from xorbench.workloads import Array

if TYPE_CHECKING:  # this module is also imported where the oracle's library is not installed
    pass


@dataclass
class _Kept:
    """An array that must not change, its values when it was last read, and the complaint about a change.

    `complaint` takes the name of the function that was called before the change.
    """

    complaint: Callable[[str], str]
    read: Callable[[Tensor], Array]
    array: Tensor
    before: Array


class Watch:
    """Arrays that must not change, and the complaints about the functions that were called before one changed."""

    def __init__(self, module: Contract) -> None:
        self._module = module
        self._kept: list[_Kept] = []
        self.complaints: dict[str, None] = {}

    def given(self, parameters: Sequence[Tensor], data: Sequence[Tensor]) -> None:
        """Watch arrays of the framework that functions are given: parameters, and inputs or targets."""
        read = partial(plain, self._module)
        self._keep(lambda function: f"{function} changes the parameters that it is given", read, parameters)
        self._keep(lambda function: f"{function} changes the inputs or targets that it is given", read, data)

    def numpy(self, complaint: str, arrays: Iterable[Array]) -> None:
        """Watch NumPy arrays, with the same complaint whichever function changes them."""
        self._keep(lambda _function: complaint, np.array, arrays)

    def returned(self, by: str, arrays: Iterable[Tensor]) -> None:
        """Watch arrays of the framework that the function `by` returned."""

        def complaint(function: str) -> str:
            called = "it is called again" if function == by else f"{function} is called"
            return f"the arrays that {by} returned change when {called}"

        self._keep(complaint, np.array, map(self._module.to_numpy, arrays))

    def _keep(self, complaint: Callable[[str], str], read: Callable[[Tensor], Array], arrays: Iterable[Tensor]) -> None:
        self._kept += [_Kept(complaint, read, array, read(array)) for array in arrays]

    def look(self, function: str) -> None:
        """Complain about `function`, which was just called, for each array that changed since the last look."""
        for kept in self._kept:
            now = kept.read(kept.array)
            if not same_bits(now, kept.before):
                self.complaints[kept.complaint(function)] = None
                kept.before = now  # otherwise there would be a complaint about each function that is called later
