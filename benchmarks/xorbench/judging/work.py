"""The expected work of the judge, for its progress: seconds of one CPU of an idle machine.

They need not be exact: the progress takes the pace from what is finished, so only their ratios count.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from xorbench.judging.points import affordable
from xorbench.judging.processes import Question, Witness
from xorbench.judging.reproducibility import EPOCHS, ConductQuestion
from xorbench.judging.tasks import EPOCHS_OF_A_PART, GradientQuestion, TrajectoryQuestion
from xorbench.judging.update_task import PHASES, UpdateQuestion
from xorbench.workloads import Workload

TO_START = 1.5
"""Seconds that a process needs to start: the imports of Python, the harness and a framework."""

OF_A_SHAPE, OF_A_SLOW_SHAPE = 0.15, 2.5
"""Seconds of the first gradient, prediction and loss at a shape, without and with slow compilation."""

OF_A_CALL = 200e-6
"""Seconds of one call of an implementation, or of one epoch: a mean over implementations."""

OF_A_POINT, OF_A_MULTIPLICATION = 0.0015, 3e-6
"""Seconds that the true values and bounds at one point take, and the additional seconds for each multiplication."""

OF_PLANTED_FAULTS = 5.0
"""Seconds that judging all planted faults takes."""

OF_AN_AUDIT = 2
"""The time of the audit of the oracle at a point, as a multiple of the time of the true values there."""


def of_points(workload: Workload, count: int) -> float:
    """Return the work of the true values at `count` points of a workload."""
    return count * (OF_A_POINT + OF_A_MULTIPLICATION * workload.multiplications)


def of_audit(workload: Workload, count: int) -> float:
    """Return the work of the audit of the oracle at `count` points of a workload, or at as many as are affordable."""
    return OF_AN_AUDIT * of_points(workload, affordable(workload, count))


def parts(question: Question[object], slow_to_compile: bool = False) -> list[float]:
    """Return the work of each part of an answer to `question`, as the process tells that it begins one."""
    match question:
        case GradientQuestion():
            of_a_shape = OF_A_SLOW_SHAPE if slow_to_compile else OF_A_SHAPE
            ends = [question.workload.epochs] if question.to_the_end else []
            return [
                *(of_a_shape + OF_A_CALL * 3 * len(points) for points in question.batches),
                *(OF_A_CALL * (epochs + 3) for epochs in [*question.checkpoints, *ends]),
            ]
        case ConductQuestion():
            return [OF_A_CALL * 2 * len(question.rows), OF_A_CALL * 2 * EPOCHS]
        case UpdateQuestion():
            return [OF_A_CALL * sum(epochs for _, epochs in PHASES)] * len(question.points)
        case TrajectoryQuestion():
            number = -(-question.workload.epochs // EPOCHS_OF_A_PART)
            return [OF_A_CALL * question.workload.epochs / number] * number
    return [OF_A_CALL]


@dataclass
class _Ahead:
    """The work ahead of one process: the parts of its start and of each question that is not answered.

    `begun` says that the process told the beginning of the first of these parts.
    """

    parts: list[list[float]]
    started: bool = False
    begun: bool = False

    @property
    def seconds(self) -> float:
        return sum(map(sum, self.parts))

    def begin(self) -> None:
        if not self.begun:
            self.begun = True
        elif not self.started:
            self.started = True
            self.parts.pop(0)
        elif len(self.parts[0]) > 1:
            self.parts[0].pop(0)

    def answer(self) -> None:
        del self.parts[: 1 if self.started else 2]
        self.started, self.begun = True, False


class Tally:
    """The work ahead of the judge: that of processes with their questions, and that on all cores beside them.

    A process works on one CPU, so the end is not before that of the process with the most work ahead.
    """

    def __init__(self, questions: Mapping[Witness, Sequence[Question[object]]], on_cores: float, cpus: int) -> None:
        self._ahead = {
            witness: _Ahead([[TO_START], *(parts(one, witness.implementation.slow_to_compile) for one in several)])
            for witness, several in questions.items()
        }
        self._on_cores = on_cores
        self._cpus = cpus
        self._running: list[tuple[Future[Any], float]] = []
        self.seconds = self._until_the_end()
        """The seconds until the end, as of the last call of `nearer`."""

    def add_all(self, futures: "Sequence[Future[Any]]", seconds: Sequence[float]) -> None:
        """Note parts of the work on all cores, each with its seconds."""
        self._running += zip(futures, seconds, strict=True)

    def begin(self, witness: Witness) -> None:
        """Note that a process begins another part of an answer."""
        self._ahead[witness].begin()

    def answer(self, witness: Witness) -> None:
        """Note that a process answered a question."""
        self._ahead[witness].answer()

    def nearer(self) -> float:
        """Return how many seconds nearer the end is than at the last call. Nothing is waited for."""
        finished = [one for one in self._running if one[0].done()]
        self._running = [one for one in self._running if one not in finished]
        self._on_cores -= sum(seconds for _, seconds in finished)
        before, self.seconds = self.seconds, self._until_the_end()
        return before - self.seconds

    def wait(self) -> Iterator[float]:
        """Wait for all parts on the cores, and yield how many seconds nearer the end is after each.

        Raises what was raised in one of them.
        """
        while self._running:
            self._running[0][0].result()
            yield self.nearer()

    def _until_the_end(self) -> float:
        of_processes = [ahead.seconds for ahead in self._ahead.values()]
        return max([(sum(of_processes) + self._on_cores) / self._cpus, *of_processes])
