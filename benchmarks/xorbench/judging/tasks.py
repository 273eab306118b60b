"""The questions to an implementation: answers at the shared points and along its training, and its trajectory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from xorbench.contract import Contract, Tensor
from xorbench.judging.answers import (
    USED_UP,
    Given,
    answers,
    answers_where_offered,
    converted,
    is_readable,
    malformed,
    misshapen,
    parameters_in,
    tensor,
    tensors,
)
from xorbench.judging.codec import ExactArray, ExactFloat, decoded, exact_array, must_be
from xorbench.judging.points import Point, Points, points_of, shape_of
from xorbench.judging.trouble import Trouble, trouble
from xorbench.record.parts import Part
from xorbench.record.report import FAILED, NOT_OFFERED
from xorbench.workloads import Array, Workload, flat
from xorbench.workloads.workload import Dtype

EPOCHS_OF_A_PART = 1_000
"""The epochs of a trajectory after which the process tells that it goes on."""


@dataclass(frozen=True)
class Ending(Part):
    """The end of a training: predictions (samples, n_last), the loss, and the parameters."""

    predictions: ExactArray
    loss: ExactFloat
    parameters: list[ExactArray]


@dataclass(eq=False)
class GradientAnswer(Part):
    """Answers at the shared points and along the implementation's own training, and the end of that training.

    `given` has one item for each batch of points, None where the implementation raised an exception. `path` are the
    parameters at the checkpoints, (checkpoints, entries), and `of_path` the answers there. `trouble` says what was
    raised at a shape that is not the workload's own, or what stopped the training; `path` and `of_path` then end before
    it.
    """

    given: list[Given | None]
    path: ExactArray
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

    @property
    def numbers(self) -> int:
        """The most numbers of an answer."""
        workload, layout = self.workload, self.batches[0].layout
        at_points = sum(len(points) * points.layout.size for points in self.batches)
        along = len(self.checkpoints) * (len(workload.entries) + layout.size)
        return at_points + along + workload.targets.size + len(workload.entries)

    def path(self, rows: Array) -> Points:
        """Return the points of parameters at the first of the checkpoints, (checkpoints, entries)."""
        labels = [f"epoch {epochs} of its own training" for epochs in self.checkpoints]
        return points_of(self.workload, self.dtype, map(Point, rows, labels))

    def received(self, text: str) -> GradientAnswer:
        """Return the answer that is sent as `text`.

        Raises ValueError, in one line, if it is none to this question, or if it lacks something without trouble.
        """
        answer = decoded(GradientAnswer, text)
        if len(answer.given) != len(self.batches) or answer.given[0] is None:
            raise ValueError(f"answers of {len(answer.given)} shapes, expected {len(self.batches)}, with the first one")
        for points, given in zip(self.batches, answer.given, strict=True):
            if given is not None:
                given.must_fit(len(points), points.layout, points.dtype)
        reached = answer.path.shape[0] if answer.path.ndim else 0
        must_be("parameters along its training", answer.path, (reached, len(self.workload.entries)), self.dtype)
        if reached > len(self.checkpoints) or not np.all(np.isfinite(answer.path)):
            raise ValueError(f"parameters at {reached} epochs, expected finite ones at {len(self.checkpoints)} at most")
        answer.of_path.must_fit(reached, self.batches[0].layout, self.dtype)
        if answer.ending and not self.to_the_end:
            raise ValueError("the end of a training, which was not asked for")
        if answer.ending and (complaint := misshapen(self.workload, self.dtype, answer.ending.parameters)):
            raise ValueError(f"the end of a training: {complaint}")
        ended = answer.ending is not None or not self.to_the_end
        given_all = all(given is not None and not given.unanswered for given in answer.given)
        if answer.trouble is None and not (ended and reached == len(self.checkpoints) and given_all):
            raise ValueError("an incomplete answer without a reason")
        return answer

    def ask(self, module: Contract, doing: Callable[[str], None]) -> GradientAnswer:
        """Return the answers and the end of training.

        Raises whatever the implementation raises at the workload's own shape; other exceptions are part of the answer.
        """
        nothing = self.path(np.empty((0, len(self.workload.entries)), self.dtype))
        answer = GradientAnswer([], nothing.rows, answers(module, nothing))
        for points in self.batches:
            shape = shape_of(points.workload)
            of = f"computing gradients of {self.workload.name} in {self.dtype}, {shape}"
            doing(of)
            given, error = _given(module, points, partial(doing, of))
            own = points is self.batches[0]
            if error is not None:
                if own and given is None:
                    raise error
                answer.trouble = _first(answer.trouble, trouble(error, "" if own else f"with {shape}: "))
            answer.given.append(given)
        try:
            self._train(module, answer, doing)
        except Exception as error:  # noqa: BLE001  the gradients are an answer without the training
            answer.trouble = _first(answer.trouble, trouble(error, "its training stopped: "))
        return answer

    def _train(self, module: Contract, answer: GradientAnswer, doing: Callable[[str], None]) -> None:
        workload = self.workload
        parameters, inputs, targets = converted(
            module, list(workload.initial_parameters), workload.inputs, workload.targets, self.dtype
        )
        path: list[Array] = []
        for epochs in self.checkpoints:  # each from the start, because optimisers have state besides the parameters
            doing(f"training {workload.name} in {self.dtype} for {epochs:,} epochs")
            trained = self._trained(module, parameters, inputs, targets, epochs)
            reached = tensors(module, "train", trained, workload)
            if complaint := malformed(workload, self.dtype, reached):
                answer.trouble = Trouble(f"its parameters are malformed after epoch {epochs} of training: {complaint}")
                return
            path.append(flat(reached))
            points = self.path(np.array(path))
            answer.of_path, answer.path = answers(module, points), points.rows
        if self.to_the_end:
            doing(f"training {workload.name} in {self.dtype} for {workload.epochs:,} epochs")
            end = self._trained(module, parameters, inputs, targets, workload.epochs)
            reached = tensors(module, "train", end, workload)
            if complaint := misshapen(workload, self.dtype, reached):
                answer.trouble = Trouble(f"its parameters are malformed at the end of training: {complaint}")
                return
            answer.ending = Ending(
                predictions=tensor(module, "predict", module.predict(workload.recipe, end, inputs)).astype(self.dtype),
                loss=float(tensor(module, "loss", module.loss(workload.recipe, end, inputs, targets))),
                parameters=reached,
            )

    def _trained(
        self, module: Contract, parameters: list[Tensor], inputs: Tensor, targets: Tensor, epochs: int
    ) -> list[Tensor]:
        """Return the trained parameters. Raises ValueError if a training before has used up the given ones."""
        try:
            return module.train(self.workload.recipe, parameters, inputs, targets, epochs)
        except Exception as error:
            if is_readable(module, [*parameters, inputs, targets]):
                raise
            raise ValueError(USED_UP) from error


def _given(module: Contract, points: Points, alive: Callable[[], None]) -> tuple[Given | None, Exception | None]:
    """Return the answers at `points`, and the exception that was raised at one of them; None for either if none.

    There are both where an answer is not offered at some points: wrong answers at the other points are still found.
    """
    try:
        return answers(module, points, alive), None
    except Exception as error:  # noqa: BLE001  an implementation may raise anything
        if trouble(error).verdict != NOT_OFFERED:
            return None, error
        try:
            return answers_where_offered(module, points, alive), error
        except Exception as other:  # noqa: BLE001  the same
            return None, other


def _first(before: Trouble | None, now: Trouble) -> Trouble:
    """Return the trouble that decides: the first failure, or else the first of what is not offered."""
    return now if before is None or (before.verdict == NOT_OFFERED and now.verdict == FAILED) else before


@dataclass(frozen=True, eq=False)
class TrajectoryQuestion:
    """A question for the parameters before the first epoch and after each one."""

    workload: Workload
    dtype: Dtype

    @property
    def numbers(self) -> int:
        """The numbers of an answer."""
        return (1 + self.workload.epochs) * len(self.workload.entries)

    def received(self, text: str) -> Array:
        """Return the answer that is sent as `text`. Raises ValueError, in one line, if it is none to this question."""
        rows = exact_array(text)
        must_be("a trajectory", rows, (1 + self.workload.epochs, len(self.workload.entries)), self.dtype)
        if not np.all(np.isfinite(rows)):
            raise ValueError("a trajectory with a number that is not finite")
        return rows

    def ask(self, module: Contract, doing: Callable[[str], None]) -> Array:
        """Return the parameters before the first epoch and after each one, (1 + epochs, entries).

        Raises ValueError if the parameters become malformed, and whatever the implementation raises.
        """
        workload = self.workload
        parameters, inputs, targets = converted(
            module, list(workload.initial_parameters), workload.inputs, workload.targets, self.dtype
        )
        rows = np.empty((1 + workload.epochs, len(workload.entries)), self.dtype)
        rows[0] = flat(workload.initial_parameters)
        state = module.begin(workload.recipe, parameters)
        for epoch in range(1, 1 + workload.epochs):
            if epoch % EPOCHS_OF_A_PART == 1:
                doing(f"training {workload.name} epoch by epoch, from epoch {epoch}")
            state = module.step(workload.recipe, state, inputs, targets)
            reached = tensors(module, "step", parameters_in("step", state), workload)
            if complaint := misshapen(workload, self.dtype, reached):
                raise ValueError(f"its parameters are malformed after epoch {epoch} of training: {complaint}")
            rows[epoch] = flat(reached)
            if epoch % EPOCHS_OF_A_PART == 0 or epoch == workload.epochs:
                _must_be_finite(rows[: epoch + 1])
        return rows


def _must_be_finite(rows: Array) -> None:
    """Raise ValueError, which names the first epoch, if a number of a trajectory, (1 + epochs, entries), is not."""
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        raise ValueError(
            f"its parameters are malformed after epoch {wrong[0]} of training: a number that is not finite"
        )
