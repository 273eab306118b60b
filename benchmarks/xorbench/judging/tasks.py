"""The questions to an implementation: answers at the shared points and along its training, and its trajectory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from xorbench.contract import Contract
from xorbench.judging.answers import Given, answers, malformed, plain
from xorbench.judging.points import Point, Points, points_of
from xorbench.judging.trouble import Trouble, trouble
from xorbench.workloads import Array, Parameters, Workload, flat
from xorbench.workloads.workload import Dtype

EPOCHS_OF_A_PART = 1_000
"""The epochs of a trajectory after which the process tells that it goes on."""


@dataclass(frozen=True)
class Ending:
    """The end of a training: predictions (samples, n_last), the loss, and the parameters."""

    predictions: Array
    loss: float
    parameters: Parameters


@dataclass(eq=False)
class GradientAnswer:
    """Answers at the shared points and along the implementation's own training, and the end of that training.

    `given` has one item for each batch of points, None where the implementation raised an exception. `path` are the
    points at the checkpoints. `trouble` says what was raised at a shape that is not the workload's own, or what stopped
    the training; `path` and `of_path` then end before it.
    """

    given: list[Given | None]
    path: Points
    of_path: Given
    ending: Ending | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, eq=False)
class GradientQuestion:
    """A question for gradients, predictions and losses at points, and along the implementation's training.

    `batches` are the points, the first at the workload's own shape; `checkpoints` are epochs of the training. With
    `to_the_end` set, the end of the training, after the workload's number of epochs, is asked for too.
    """

    batches: Sequence[Points]
    checkpoints: Sequence[int]
    to_the_end: bool

    @property
    def workload(self) -> Workload:
        """The workload at its own shape."""
        return self.batches[0].workload

    @property
    def dtype(self) -> Dtype:
        """The dtype that is judged."""
        return self.batches[0].dtype

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> GradientAnswer:
        """Return the answers and the end of training.

        Raises whatever the implementation raises at the workload's own shape; other exceptions are part of the answer.
        """
        nothing = points_of(self.workload, self.dtype, [])
        answer = GradientAnswer([], nothing, answers(module, nothing))
        for points in self.batches:
            samples, sizes = len(points.workload.inputs), "-".join(map(str, points.workload.layer_sizes))
            shape = f"{samples} samples, layers {sizes}"
            of = f"computing gradients of {self.workload.name} in {self.dtype}, {shape}"
            doing(of)
            try:
                answer.given.append(answers(module, points, partial(doing, of)))
            except Exception as error:
                if points is self.batches[0]:
                    raise
                answer.given.append(None)
                answer.trouble = answer.trouble or trouble(error, f"with {shape}: ")
        try:
            self._train(module, answer, doing)
        except Exception as error:  # noqa: BLE001  the gradients are an answer without the training
            answer.trouble = answer.trouble or trouble(error, "its training stopped: ")
        return answer

    def _train(self, module: Contract, answer: GradientAnswer, doing: Callable[[str], None]) -> None:
        workload = self.workload
        parameters, inputs, targets = module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, self.dtype
        )
        path: list[Point] = []
        for epochs in self.checkpoints:  # each from the start, because optimisers have state besides the parameters
            doing(f"training {workload.name} in {self.dtype} for {epochs:,} epochs")
            reached = [plain(module, p) for p in module.train(workload.recipe, parameters, inputs, targets, epochs)]
            if complaint := malformed(workload, self.dtype, reached):
                answer.trouble = Trouble(f"its parameters are malformed after epoch {epochs} of training: {complaint}")
                return
            path.append(Point(flat(reached), f"epoch {epochs} of its own training"))
            answer.path = points_of(workload, self.dtype, path)
            answer.of_path = answers(module, answer.path)
        if self.to_the_end:
            doing(f"training {workload.name} in {self.dtype} for {workload.epochs:,} epochs")
            end = module.train(workload.recipe, parameters, inputs, targets, workload.epochs)
            answer.ending = Ending(
                predictions=plain(module, module.predict(workload.recipe, end, inputs)),
                loss=float(plain(module, module.loss(workload.recipe, end, inputs, targets))),
                parameters=[plain(module, p) for p in end],
            )


@dataclass(frozen=True, eq=False)
class TrajectoryQuestion:
    """A question for the parameters before the first epoch and after each one."""

    workload: Workload
    dtype: Dtype

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> Array:
        """Return the parameters before the first epoch and after each one, (1 + epochs, entries).

        Raises ValueError if the parameters become malformed, and whatever the implementation raises.
        """
        workload = self.workload
        parameters, inputs, targets = module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, self.dtype
        )
        rows = np.empty((1 + workload.epochs, len(workload.entries)), self.dtype)
        rows[0] = flat(workload.initial_parameters)
        state = module.begin(workload.recipe, parameters)
        for epoch in range(1, 1 + workload.epochs):
            if epoch % EPOCHS_OF_A_PART == 1:
                doing(f"training {workload.name} epoch by epoch, from epoch {epoch}")
            state = module.step(workload.recipe, state, inputs, targets)
            reached = [plain(module, p) for p in state[0]]
            if complaint := malformed(workload, self.dtype, reached):
                raise ValueError(f"its parameters are malformed after epoch {epoch} of training: {complaint}")
            rows[epoch] = flat(reached)
        return rows
