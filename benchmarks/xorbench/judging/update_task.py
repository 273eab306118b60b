"""The question to an implementation for its parameters after a few epochs of training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xorbench.contract import Contract, Tensor
from xorbench.judging.answers import Given, converted, parameters_in, put, tensors
from xorbench.judging.codec import decoded
from xorbench.judging.layout import Layout
from xorbench.judging.points import Points
from xorbench.workloads import Array, Workload

PHASES = (("train", 1), ("train", 10), ("step", 1), ("step", 10))
"""The function of the contract that trains, and the number of epochs."""


def update_layout(workload: Workload) -> Layout:
    """Return the layout of the parameters after each of `PHASES`."""
    return Layout(
        [
            (f"parameters after {when}", f"{name} after {when}", shape)
            for function, epochs in PHASES
            for when in [f"{epochs} epoch{'s' if epochs > 1 else ''} ({function})"]
            for name, shape in zip(workload.parameter_names, workload.shapes, strict=True)
        ]
    )


@dataclass(frozen=True, eq=False)
class UpdateQuestion:
    """A question for the parameters after one epoch and after ten from each of `points`, by `train` and by `step`."""

    points: Points

    @property
    def numbers(self) -> int:
        """The numbers of an answer."""
        return len(self.points) * update_layout(self.points.workload).size

    def received(self, text: str) -> Given:
        """Return the answer that is sent as `text`. Raises ValueError, in one line, if it is none to this question."""
        given = decoded(Given, text)
        given.must_fit(len(self.points), update_layout(self.points.workload), self.points.dtype)
        return given

    def ask(self, module: Contract, doing: Callable[[str], None]) -> Given:
        """Return the parameters after each phase. Raises whatever the implementation raises."""
        workload, dtype = self.points.workload, self.points.dtype
        layout = update_layout(workload)
        given = Given(np.full((len(self.points), layout.size), np.nan, dtype))
        for number, (_, start) in enumerate(self.points):
            doing(f"training {workload.name} in {dtype} for a few epochs, from start {number}")
            put(given, number, layout, self._ends(module, start))
        return given

    def _ends(self, module: Contract, start: list[Array]) -> list[Array]:
        workload = self.points.workload
        found: list[Array] = []
        for function, epochs in PHASES:
            parameters, inputs, targets = converted(module, start, workload.inputs, workload.targets, self.points.dtype)
            reached: Sequence[Tensor]
            if function == "train":
                reached = module.train(workload.recipe, parameters, inputs, targets, epochs)
            else:
                state = module.begin(workload.recipe, parameters)
                for _ in range(epochs):
                    state = module.step(workload.recipe, state, inputs, targets)
                reached = parameters_in("step", state)
            found += tensors(module, function, reached, workload)
        return found
