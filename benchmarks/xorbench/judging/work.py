"""The expected work of the judge, for its progress: seconds of one CPU of an idle machine.

They need not be exact: the pace of each implementation is taken from what it has finished.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xorbench.judging.points import affordable
from xorbench.judging.questions import ProcessSpec, Question
from xorbench.judging.reproducibility import EPOCHS, ConductQuestion
from xorbench.judging.tasks import EPOCHS_OF_A_PART, GradientQuestion, TrajectoryQuestion
from xorbench.judging.update_task import PHASES, UpdateQuestion
from xorbench.workloads import Workload


@dataclass(frozen=True)
class Costs:
    """The CPU seconds of an implementation in its process, the compilers that it starts included; means by default.

    `start` are those of the imports of Python, the harness and a framework, `shape` those of the first gradient,
    prediction and loss at a shape, and `call` those of one call or one epoch.
    """

    start: float = 1.25
    shape: float = 0.15
    call: float = 200e-6


USUAL, SLOW = Costs(), Costs(shape=3.5)
"""The costs of an implementation, and of one that is slow to compile."""

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


def parts(question: Question[object], costs: Costs = USUAL) -> list[float]:
    """Return the work of each part of an answer to `question`, as the process tells that it begins one."""
    match question:
        case GradientQuestion():
            ends = [question.workload.epochs] if question.to_the_end else []
            return [
                *(costs.shape + costs.call * 3 * len(points) for points in question.batches),
                *(costs.call * (epochs + 3) for epochs in [*question.checkpoints, *ends]),
            ]
        case ConductQuestion():
            return [costs.call * 5 * len(question.rows), costs.call * 2 * EPOCHS]
        case UpdateQuestion():
            return [costs.call * sum(epochs for _, epochs in PHASES)] * len(question.points)
        case TrajectoryQuestion():
            number = -(-question.workload.epochs // EPOCHS_OF_A_PART)
            return [costs.call * question.workload.epochs / number] * number
    return [costs.call]


class Computation(Protocol):
    """A computation that was begun on another core, such as a `Future`."""

    def done(self) -> bool:
        """Return whether it has ended."""

    def result(self) -> object:
        """Wait for its end and return its result. Raises whatever it raised."""


OWN = 1.0
"""The expected seconds of finished work from which on the pace of an implementation is taken from it rather than from
all of them."""


@dataclass
class _Ahead:
    """The work ahead of one process: the parts of its start and of each question that is not answered.

    `cpus` are the numbers of those on which it works. `begun` says that the process told the beginning of the first of
    these parts. `taken` are the seconds in which it had a CPU, as far as it shares it evenly with the other processes,
    and `told` is the same at its last message. `to_start` are the seconds that the start took, and `finished` is the
    expected work of the parts that are finished after it.
    """

    parts: list[list[float]]
    cpus: Sequence[int]
    started: bool = False
    begun: bool = False
    taken: float = 0.0
    told: float = 0.0
    finished: float = 0.0
    to_start: float | None = None

    def begin(self) -> None:
        self.told = self.taken
        if not self.begun:
            self.begun = True
        elif not self.started:
            self.started = True
            self._finish(self.parts.pop(0))
        elif len(self.parts[0]) > 1:
            self._finish([self.parts[0].pop(0)])

    def answer(self) -> None:
        self.told = self.taken
        for part in self.parts[: 1 if self.started else 2]:
            self._finish(part)
        del self.parts[: 1 if self.started else 2]
        self.started, self.begun = True, False

    def _finish(self, parts: Sequence[float]) -> None:
        if self.to_start is None:
            self.to_start = self.taken
        else:
            self.finished += sum(parts)

    def left(self, slowness: float) -> float:
        """Return the seconds until it is finished if it had its CPU for itself, on a machine of this slowness."""
        if not self.parts:
            return 0.0
        since_the_start = 0.0 if self.to_start is None else self.told - self.to_start
        pace = (since_the_start + OWN * slowness) / (self.finished + OWN)
        (current, *_), *_ = self.parts
        further = sum(map(sum, self.parts)) - current
        return pace * further + max(0.0, pace * current - (self.taken - self.told))


class Tally:
    """The work ahead of the judge: that of processes with their questions, and that on all cores beside them.

    A process works on the CPUs on which `processes.replies_to` starts it, one for each thread. Therefore the end is not
    before that of the CPU with the most work ahead, nor before that of any process. `clock` returns seconds.
    """

    def __init__(
        self,
        questions: Mapping[ProcessSpec, Sequence[Question[object]]],
        on_cores: float,
        cpus: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ahead = {
            spec: _ahead(spec, several, [(number + more) % cpus for more in range(spec.surroundings.threads)])
            for number, (spec, several) in enumerate(questions.items())
        }
        self._on_cores = on_cores
        self._cpus = cpus
        self._running: list[tuple[Computation, float]] = []
        self._clock = clock
        self._then = self._told = clock()

    @property
    def seconds(self) -> float:
        """The seconds until the end."""
        slowness = self._slowness
        of_cpus = [0.0] * self._cpus
        of_processes = [ahead.left(slowness) for ahead in self._ahead.values()]
        for ahead, left in zip(self._ahead.values(), of_processes, strict=True):
            for cpu in ahead.cpus:
                of_cpus[cpu] += left / len(ahead.cpus)
        together = (sum(of_cpus) + self._on_cores * slowness) / self._cpus
        return max([together, *of_cpus, *of_processes])

    def add_all(self, computations: Sequence[Computation], seconds: Sequence[float]) -> None:
        """Note parts of the work on all cores, each with its seconds."""
        self._running += zip(computations, seconds, strict=True)

    def begin(self, spec: ProcessSpec) -> None:
        """Note that a process begins another part of an answer."""
        self._pass()
        self._ahead[spec].begin()

    def answer(self, spec: ProcessSpec) -> None:
        """Note that a process answered a question."""
        self._pass()
        self._ahead[spec].answer()

    def step(self) -> tuple[float, float]:
        """Return how many seconds an idle machine would have needed since the last call, and the seconds until the end.

        Nothing is waited for.
        """
        self._pass()
        finished = [one for one in self._running if one[0].done()]
        self._running = [one for one in self._running if one not in finished]
        self._on_cores -= sum(seconds for _, seconds in finished)
        since, self._told = self._then - self._told, self._then
        return since / self._slowness, self.seconds

    def wait(self) -> Iterator[tuple[float, float]]:
        """Wait for all parts on the cores, and yield what `step` returns after each. Raises what one of them raised."""
        while self._running:
            self._running[0][0].result()
            yield self.step()

    def _pass(self) -> None:
        """Share the seconds since the last message among the processes that work, those of the cores included."""
        now = self._clock()
        since, self._then = now - self._then, now
        working = [ahead for ahead in self._ahead.values() if ahead.parts]
        number = Counter(cpu for ahead in working for cpu in ahead.cpus)
        for ahead in working:
            ahead.taken += since / (number[ahead.cpus[0]] + bool(self._running))

    @property
    def _slowness(self) -> float:
        """The ratio of measured to expected seconds of work here, estimated from the starts of the processes.

        What was spent on starts that are not finished counts half, because the quickest finish first. Before the first
        has, it is about 1.
        """
        spent = sum(ahead.taken / 2 if ahead.to_start is None else ahead.to_start for ahead in self._ahead.values())
        started = sum(ahead.to_start is not None for ahead in self._ahead.values())
        return (spent + USUAL.start) / (USUAL.start * (started + 1))


def _ahead(spec: ProcessSpec, questions: Sequence[Question[object]], cpus: Sequence[int]) -> _Ahead:
    costs = SLOW if spec.implementation.slow_to_compile else USUAL
    return _Ahead([[costs.start], *(parts(question, costs) for question in questions)], cpus)
