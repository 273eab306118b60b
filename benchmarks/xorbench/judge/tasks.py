"""The questions of the exam: gradients at the shared points, and one's own training, at some epochs or at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xorbench.contract import Contract
from xorbench.judge.gradients import Given, gradients, malformed, plain
from xorbench.judge.process_main import describe
from xorbench.workloads import Array, Parameters, Workload, flat
from xorbench.workloads.workload import Dtype


@dataclass(frozen=True)
class Ending:
    """What training ended with: predictions (samples, n_last), the loss, the parameters."""

    predictions: Array
    loss: float
    parameters: Parameters


@dataclass(eq=False)
class GradientAnswer:
    """Gradients at the points and along the implementation's own training, and the end of that.

    `path` is the parameters at the checkpoints, flat rows; `trouble` is what stopped the training, where something
    did: then `path` and `path_gradients` end there.
    """

    gradients: Given
    path: Array
    path_gradients: Given
    ending: Ending | None = None
    trouble: str | None = None

    def complaint(self, parameter: str) -> tuple[int, str] | None:
        """What was the matter with a parameter's gradient first, and at which point: those of the path come last."""
        if parameter in self.gradients.complaints:
            return self.gradients.complaints[parameter]
        if parameter in self.path_gradients.complaints:
            number, text = self.path_gradients.complaints[parameter]
            return len(self.gradients.rows) + number, text
        return None


@dataclass(frozen=True, eq=False)
class GradientQuestion:
    """Gradients of one workload at one dtype: at the given points, and at some epochs of one's own training.

    `rows` is (points, entries). Where `to_the_end` is set, the end of that training, after the workload's epochs, is
    asked for too.
    """

    workload: Workload
    dtype: Dtype
    rows: Array
    checkpoints: Sequence[int]
    to_the_end: bool

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> GradientAnswer:
        """Raises whatever the implementation raises in a gradient; what it raises in training is in the answer."""
        place = f"{self.workload.name} in {self.dtype}"
        doing(f"giving gradients of {place}")
        given = gradients(module, self.workload, self.dtype, self.rows, lambda: doing(f"giving gradients of {place}"))
        answer = GradientAnswer(given, np.empty((0, self.rows.shape[1]), self.dtype), Given(self.rows[:0]))
        doing(f"training {place}")
        try:
            self._train(module, answer)
        except Exception as error:  # noqa: BLE001  its gradients are an answer all the same
            answer.trouble = f"its training stopped: {describe(error)}"
        return answer

    def _train(self, module: Contract, answer: GradientAnswer) -> None:
        workload = self.workload
        parameters, inputs, targets = module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, self.dtype
        )
        for epochs in self.checkpoints:  # each from the start: an optimiser remembers more than parameters
            reached = [plain(module, p) for p in module.train(workload.recipe, parameters, inputs, targets, epochs)]
            if complaint := malformed(workload, self.dtype, reached):
                answer.trouble = f"its training is at epoch {epochs} with {complaint}"
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
    """The parameters before the first epoch and after each: (1 + epochs, entries)."""

    workload: Workload
    dtype: Dtype

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> Array:
        """Raises whatever the implementation raises; ValueError where its parameters become malformed."""
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
                raise ValueError(f"its training is at epoch {epoch} with {complaint}")
            rows[epoch] = flat(reached)
        return rows
