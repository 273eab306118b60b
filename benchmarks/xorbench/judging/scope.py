"""The scope of the judge: which dtypes, checkpoints of training and surroundings it judges, and the exams of it."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from xorbench.judging.grading import CHECKPOINTS, Exam
from xorbench.judging.questions import Surroundings
from xorbench.workloads import Workload
from xorbench.workloads.workload import Dtype

DTYPES: tuple[Dtype, ...] = ("float64", "float32")

HERE = Surroundings()


@dataclass(frozen=True)
class Scope:
    """The dtypes, the checkpoints of training (in epochs) and the surroundings in which gradients are judged.

    With `varied`, real data, special parameters, extreme logits, updates, and for some workloads other numbers of
    samples and units are judged, too. These are chosen `among` some workloads, by default those that are judged.
    Without `to_the_end` the ends of trainings are not judged. With `brief`, the dtype in which a workload is not timed
    is judged for one workload of each activation, loss and number of layers, and nothing is trained in it.
    """

    dtypes: Sequence[Dtype] = DTYPES
    checkpoints: Sequence[int] = CHECKPOINTS
    surroundings: Surroundings = HERE
    varied: bool = True
    to_the_end: bool = True
    brief: bool = False
    among: Sequence[Workload] = ()


EVERYTHING = Scope()

BRIEF = Scope(checkpoints=CHECKPOINTS[:-1], to_the_end=False, brief=True)
"""The scope of --quick: all verdicts that decide whether an implementation is timed, but for the ends of trainings."""


def exams(workloads: Sequence[Workload], points: int, seed: int, thorough: bool, scope: Scope) -> list[Exam]:
    """Return an exam for each workload in each dtype in which it is judged."""
    among = scope.among or workloads
    reshaped = _one_of_each(among, _kind) if scope.varied else []
    in_both = _one_of_each(among, _kind_and_layers) if scope.brief else workloads
    return [
        Exam(
            workload,
            dtype,
            points,
            seed,
            thorough,
            scope.checkpoints,
            scope.varied,
            workload in reshaped,
            scope.to_the_end,
            trained=not scope.brief or dtype == workload.dtype,
        )
        for workload in workloads
        for dtype in scope.dtypes
        if dtype == workload.dtype or workload in in_both
    ]


def _kind(workload: Workload) -> tuple[str, str]:
    return workload.recipe.activation, workload.recipe.loss


def _kind_and_layers(workload: Workload) -> tuple[str, str, int]:
    return *_kind(workload), len(workload.layer_sizes)


def _one_of_each(workloads: Sequence[Workload], kind: Callable[[Workload], Hashable]) -> list[Workload]:
    """Return a workload of each kind: the first of those with the most layers."""
    found: dict[Hashable, Workload] = {}
    for workload in sorted(workloads, key=lambda workload: -len(workload.layer_sizes)):
        found.setdefault(kind(workload), workload)
    return list(found.values())
