"""The expected work of the judge, for its progress: seconds of one CPU of an idle machine.

They need not be exact: the progress takes the pace from what is finished, so only their ratios count.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from xorbench.judging.points import affordable
from xorbench.judging.processes import Question
from xorbench.judging.reproducibility import EPOCHS, ConductQuestion
from xorbench.judging.tasks import GradientQuestion, TrajectoryQuestion
from xorbench.judging.update_task import PHASES, UpdateQuestion
from xorbench.progress import Advance
from xorbench.workloads import Workload

TO_START = 2.0
"""Of a process: the imports of Python, the harness and a framework."""

OF_A_SHAPE = 0.4
"""Of the first gradient, prediction and loss at a shape, for which some frameworks compile; a mean of all."""

OF_A_CALL = 200e-6
"""Of one call of an implementation, or of one epoch: a mean of all."""

OF_A_POINT, OF_A_MULTIPLICATION = 0.001, 20e-6
"""Of the true values and bounds at a point, and for each multiplication of the network in addition."""

OF_PLANTED_FAULTS = 20.0
"""Of all planted faults."""

OF_AN_AUDIT = 2
"""Of the audit of the oracle at one point, as a multiple of the true values there."""


def of_points(workload: Workload, count: int) -> float:
    """Return the work of the true values at `count` points of a workload."""
    return count * (OF_A_POINT + OF_A_MULTIPLICATION * workload.multiplications)


def of_audit(workload: Workload, count: int) -> float:
    """Return the work of the audit of the oracle at `count` points of a workload, or at as many as are affordable."""
    return OF_AN_AUDIT * of_points(workload, affordable(workload, count))


def of_question(question: Question) -> float:
    """Return the work of an answer to `question`, without the start of the process."""
    match question:
        case GradientQuestion():
            asked = 3 * (sum(map(len, question.batches)) + len(question.checkpoints))
            trained = sum(question.checkpoints) + (question.workload.epochs if question.to_the_end else 0)
            return OF_A_SHAPE * len(question.batches) + OF_A_CALL * (asked + trained)
        case ConductQuestion():
            return OF_A_CALL * 2 * (len(question.rows) + EPOCHS)
        case UpdateQuestion():
            return OF_A_CALL * len(question.points) * sum(epochs for _, epochs in PHASES)
        case TrajectoryQuestion():
            return OF_A_CALL * question.workload.epochs
    return OF_A_CALL


class Tally:
    """The parts of the judge's work that run on all cores, of which `advance` is told once they are finished."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._running: list[tuple[Future[Any], float]] = []

    def add_all(self, futures: "Sequence[Future[Any]]", seconds: Sequence[float]) -> None:
        """Note parts of the work, each with its expected seconds."""
        self._running += zip(futures, seconds, strict=True)

    def note(self, seconds: float) -> None:
        """Tell of other work of so many expected seconds, and of the parts that were finished since the last call."""
        finished = [one for one in self._running if one[0].done()]
        self._running = [one for one in self._running if one not in finished]
        self._advance(seconds + sum(part for _, part in finished))

    def wait(self) -> None:
        """Wait for all parts, and tell of each. Raises what was raised in one of them."""
        while self._running:
            future, seconds = self._running.pop(0)
            future.result()
            self._advance(seconds)
