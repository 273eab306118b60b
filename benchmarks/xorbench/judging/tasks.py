"""The questions to an implementation: gradients at the shared points and along its training, and its trajectory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xorbench.contract import Contract
from xorbench.judging.gradients import Given, gradients, malformed, plain
from xorbench.judging.process_main import describe
from xorbench.workloads import Array, Parameters, Workload, flat
from xorbench.workloads.workload import Dtype


@dataclass(frozen=True)
class Ending:
    """The end of a training: predictions (samples, n_last), the loss, and the parameters."""

    predictions: Array
    loss: float
    parameters: Parameters


@dataclass(eq=False)
class GradientAnswer:
    """Gradients at the shared points and along the implementation's own training, and the end of that training.

    `path` holds the parameters at the checkpoints, as flat rows. `trouble` says what stopped the training, if
    anything did; `path` and `path_gradients` then end before it.
    """

    gradients: Given
    path: Array
    path_gradients: Given
    ending: Ending | None = None
    trouble: str | None = None

    def complaint(self, parameter: str) -> tuple[int, str] | None:
        """Return the number of the first point at which the gradient of `parameter` was malformed, and what was wrong.

        Points of the path are numbered after the shared points. Returns None if no gradient was malformed.
        """
        if parameter in self.gradients.complaints:
            return self.gradients.complaints[parameter]
        if parameter in self.path_gradients.complaints:
            number, text = self.path_gradients.complaints[parameter]
            return len(self.gradients.rows) + number, text
        return None


@dataclass(frozen=True, eq=False)
class GradientQuestion:
    """A question for the gradients of one workload at one dtype: at points, and along the implementation's training.

    `rows` are the points, (points, entries); `checkpoints` are epochs of the training. With `to_the_end` set, the
    end of the training, after the workload's number of epochs, is asked for too.
    """

    workload: Workload
    dtype: Dtype
    rows: Array
    checkpoints: Sequence[int]
    to_the_end: bool

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> GradientAnswer:
        """Return the gradients and the end of training.

        Raises whatever the implementation raises in a gradient; an exception in training is part of the answer.
        """
        place = f"{self.workload.name} in {self.dtype}"
        doing(f"computing gradients of {place}")
        given = gradients(
            module, self.workload, self.dtype, self.rows, lambda: doing(f"computing gradients of {place}")
        )
        answer = GradientAnswer(given, np.empty((0, self.rows.shape[1]), self.dtype), Given(self.rows[:0]))
        doing(f"training {place}")
        try:
            self._train(module, answer)
        except Exception as error:  # noqa: BLE001  the gradients are an answer without the training
            answer.trouble = f"its training stopped: {describe(error)}"
        return answer

    def _train(self, module: Contract, answer: GradientAnswer) -> None:
        workload = self.workload
        parameters, inputs, targets = module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, self.dtype
        )
        for epochs in self.checkpoints:  # each from the start, because optimisers have state besides the parameters
            reached = [plain(module, p) for p in module.train(workload.recipe, parameters, inputs, targets, epochs)]
            if complaint := malformed(workload, self.dtype, reached):
                answer.trouble = f"its parameters are malformed after epoch {epochs} of training: {complaint}"
                return
            answer.path = np.concatenate([answer.path, [flat(reached)]])
            answer.path_gradients = gradients(module, workload, self.dtype, answer.path)
        if self.to_the_end:
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
            if epoch % 1_000 == 1:
                doing(f"training {workload.name} epoch by epoch, from epoch {epoch}")
            state = module.step(workload.recipe, state, inputs, targets)
            reached = [plain(module, p) for p in state[0]]
            if complaint := malformed(workload, self.dtype, reached):
                raise ValueError(f"its parameters are malformed after epoch {epoch} of training: {complaint}")
            rows[epoch] = flat(reached)
        return rows
