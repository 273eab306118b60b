"""What a timed round must end with: the parameters of the reference, which was judged, after as many epochs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.contract import Contract, Implementation
from benchmarks.gradients.answers import plain
from benchmarks.gradients.isolation import Question, Witness, asked
from benchmarks.workloads import Array, Workload, flat


@dataclass(frozen=True, eq=False)
class EndQuestion:
    """The end of one training."""

    workload: Workload
    epochs: int

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> Array:
        """The parameters as a flat row."""
        doing(f"training {self.workload.name}")
        converted = module.convert(
            list(self.workload.initial_parameters), self.workload.inputs, self.workload.targets, self.workload.dtype
        )
        return flat([plain(module, p) for p in module.train(self.workload.recipe, *converted, self.epochs)])


def expected(reference: Implementation, trainings: Iterable[tuple[Workload, int]]) -> dict[tuple[str, int], Array]:
    """By workload and epochs; what the reference did not answer is not in it."""
    questions: list[Question] = [EndQuestion(workload, epochs) for workload, epochs in trainings]
    with asked({Witness(reference): questions}) as replies:
        return {
            (reply.question.workload.name, reply.question.epochs): reply.answer
            for reply in replies
            if isinstance(reply.question, EndQuestion) and reply.answer is not None
        }
