"""Rough estimates of the time of an epoch, which are used to plan a sweep and are never published."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from xorbench.contract import Contract, Data, Implementation
from xorbench.judging.codec import decoded, exact_float
from xorbench.judging.processes import replies_to
from xorbench.judging.questions import ProcessSpec, Question, Surroundings
from xorbench.workloads import Workload

LONG_ENOUGH = 0.001
"""The seconds that a training must take for its time to be used."""

REPEATS = 3
"""Repetitions of a training; the shortest time is used, because other processes may share the CPU."""

MOST_EPOCHS = 100_000
"""The largest number of epochs that is tried."""

Paces = dict[tuple[str, str], float]
"""Seconds per epoch, by the names of implementation and workload."""


@dataclass(frozen=True, eq=False)
class PaceQuestion:
    """The question how long an epoch takes on a workload."""

    workload: Workload

    @property
    def numbers(self) -> int:
        """The numbers of an answer."""
        return 1

    def received(self, text: str) -> float:
        """Return the answer that is sent as `text`. Raises ValueError, in one line, if it is none to this question."""
        seconds = exact_float(decoded(str, text))
        if not 0 <= seconds < math.inf:
            raise ValueError(f"{seconds} seconds per epoch, expected a finite time")
        return seconds

    def ask(self, module: Contract, doing: Callable[[str], None]) -> float:
        """Return the seconds per epoch, from trainings that are ten times longer each until one takes LONG_ENOUGH.

        `doing` is told what is being done. Raises whatever the implementation raises.
        """
        workload = self.workload
        doing(f"training {workload.name} for its pace")
        converted = module.convert(list(workload.initial_parameters), workload.inputs, workload.targets, workload.dtype)
        epochs = 1
        while True:
            module.train(workload.recipe, *converted, epochs)  # may compile for this number of epochs
            taken = min(self._seconds(module, converted, epochs) for _ in range(REPEATS))
            if taken >= LONG_ENOUGH or epochs >= MOST_EPOCHS:
                return taken / epochs
            epochs *= 10

    def _seconds(self, module: Contract, converted: Data, epochs: int) -> float:
        started = perf_counter()
        module.train(self.workload.recipe, *converted, epochs)
        return perf_counter() - started


def paces(
    implementations: Sequence[Implementation],
    workloads: Sequence[Workload],
    threads: int,
    advance: Callable[[], None] = lambda: None,
) -> Paces:
    """Return the seconds per epoch of each implementation on each workload, without those that gave no answer.

    All implementations run at the same time, which is accurate enough for a plan; `advance` is called after each
    answer.
    """
    surroundings = Surroundings(threads=threads)
    questions: Mapping[ProcessSpec, Sequence[Question[object]]] = {
        ProcessSpec(i, surroundings=surroundings): [PaceQuestion(w) for w in workloads]
        for i in implementations
        if i.usable
    }
    found: Paces = {}
    with replies_to(questions) as replies:
        for reply in replies:
            assert isinstance(reply.question, PaceQuestion)
            if (pace := reply.to(reply.question)) is not None:
                found[reply.spec.implementation.name, reply.question.workload.name] = pace
            advance()
    return found
