"""About how long an epoch takes: enough to plan by, and never published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from xorbench.contract import Contract, Data, Implementation
from xorbench.judge.processes import Question, Surroundings, Witness, asked
from xorbench.workloads import Workload

LONG_ENOUGH = 0.001
"""Seconds that a training must take to be believed."""

REPEATS = 3
"""The shortest counts: others may have been on this CPU meanwhile."""

MOST_EPOCHS = 100_000

Paces = dict[tuple[str, str], float]
"""Seconds an epoch, by implementation and workload."""


@dataclass(frozen=True, eq=False)
class PaceQuestion:
    """How long an epoch takes."""

    workload: Workload

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> float:
        """Seconds, of ten times as many epochs until that is long enough. Raises whatever the implementation raises."""
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
    """Of all that gave an answer; all implementations are asked at once, which is good enough for a plan."""
    surroundings = Surroundings(threads=threads)
    questions: Mapping[Witness, Sequence[Question]] = {
        Witness(i, surroundings=surroundings): [PaceQuestion(w) for w in workloads] for i in implementations if i.usable
    }
    found: Paces = {}
    with asked(questions) as replies:
        for reply in replies:
            assert isinstance(reply.question, PaceQuestion)
            if reply.answer is not None:
                found[reply.witness.implementation.name, reply.question.workload.name] = reply.answer
            advance()
    return found
