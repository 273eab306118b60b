"""Reproducibility and purity: whether an implementation repeats its bits, and leaves its arguments unchanged."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xorbench.affinity import allowed_cpus
from xorbench.contract import Contract, Tensor
from xorbench.judging.answers import USED_UP, Given, is_readable, misshapen, plain, put, same_bits, tensors
from xorbench.judging.codec import ExactArray, decoded, must_be
from xorbench.judging.layout import gradient_layout
from xorbench.judging.questions import Reply, Surroundings
from xorbench.record.parts import Part, Text
from xorbench.record.report import FAILED, INSIDE, Conduct
from xorbench.workloads import Array, Workload, flat
from xorbench.workloads.workload import Dtype

if TYPE_CHECKING:  # this module is also imported where the oracle's library is not installed
    from xorbench.judging.points import Numbers

PROBES = 8
"""The number of points at which gradients are asked for repeatedly."""

EPOCHS = 100
"""The number of epochs of the training that is repeated."""


def elsewhere() -> dict[str, Surroundings]:
    """Return, by name, the surroundings that should give the same bits as `Surroundings()`, as far as CPUs allow.

    `ALL_AT_ONCE` comes first: an implementation that gives the same bits there is not asked in the others.
    """
    threads = min(2, len(allowed_cpus()))
    places = {ALL_AT_ONCE: Surroundings(hash_seed=1, threads=threads), "new_process": Surroundings()}
    places["other_hash_seed"] = Surroundings(hash_seed=1)
    return places | ({"two_threads": Surroundings(threads=2)} if threads == 2 else {})


ALL_AT_ONCE = "all at once"


@dataclass(eq=False)
class ConductAnswer(Part):
    """Gradients at some points, those of a second pass in reverse order, and parameters after a short training.

    `complaints` are the rules that the implementation broke, independent of its numbers.
    """

    first: Given
    again: Given
    trained: ExactArray
    complaints: list[Text]

    def repeats(self, other: "ConductAnswer | None") -> bool | None:
        """Return whether `other`, the answer of another process, has the same bits; None if there is no such answer."""
        if other is None:
            return None
        return same_bits(self.first.rows, other.first.rows) and same_bits(self.trained, other.trained)


@dataclass(frozen=True, eq=False)
class ConductQuestion:
    """A question whether an implementation changes its arguments or earlier results, and repeats its bits.

    `rows` are the points, (points, entries).
    """

    workload: Workload
    dtype: Dtype
    rows: Array

    @property
    def numbers(self) -> int:
        """The numbers of an answer."""
        return 2 * self.rows.size + len(self.workload.entries)

    def received(self, text: str) -> ConductAnswer:
        """Return the answer that is sent as `text`. Raises ValueError, in one line, if it is none to this question."""
        answer = decoded(ConductAnswer, text)
        for given in (answer.first, answer.again):
            given.must_fit(len(self.rows), gradient_layout(self.workload), self.dtype)
        must_be("trained parameters", answer.trained, (len(self.workload.entries),), self.dtype)
        return answer

    def ask(self, module: Contract, doing: Callable[[str], None]) -> ConductAnswer:
        """Return the gradients of two passes over the points, and the parameters after training.

        Raises ValueError if the trained parameters have a wrong shape or dtype, and whatever the implementation raises.
        """
        place = f"{self.workload.name} in {self.dtype}"
        doing(f"computing the gradients of {place} twice")
        watch = _Watch(module)
        first, again = (Given(np.full_like(self.rows, np.nan)) for _ in range(2))
        order = [(first, number) for number in range(len(self.rows))]
        for given, number in [*order, *((again, number) for _, number in reversed(order))]:
            arrays = self._gradient(module, watch, self.workload.shaped(self.rows[number].copy()))
            put(given, number, gradient_layout(self.workload), arrays)
        doing(f"training {place} twice")
        trained = self._trained(module, watch)
        return ConductAnswer(first, again, trained, list(watch.complaints))

    def _gradient(self, module: Contract, watch: "_Watch", point: list[Array]) -> list[Array]:
        inputs, targets = np.array(self.workload.inputs), np.array(self.workload.targets)
        watch.numpy("convert changes the arrays that it is given, or shares their memory", [*point, inputs, targets])
        parameters, inputs, targets = module.convert(point, inputs, targets, self.dtype)
        watch.framework("gradient changes the parameters that it is given", parameters)
        watch.framework("gradient changes the inputs or targets that it is given", [inputs, targets])
        gradient = module.gradient(self.workload.recipe, parameters, inputs, targets)
        watch.look()
        arrays = tensors(module, "gradient", gradient, self.workload)
        watch.numpy("the arrays that gradient returned change when it is called again", map(module.to_numpy, gradient))
        return arrays

    def _trained(self, module: Contract, watch: "_Watch") -> Array:
        workload = self.workload
        parameters, inputs, targets = module.convert(
            list(workload.initial_parameters), workload.inputs, workload.targets, self.dtype
        )
        watch.framework("train changes the parameters that it is given", parameters)
        watch.framework("train changes the inputs or targets that it is given", [inputs, targets])
        trained = module.train(workload.recipe, parameters, inputs, targets, EPOCHS)
        if is_readable(module, [*parameters, inputs, targets]):
            watch.look()
        arrays = [plain(module, p) for p in trained]
        if complaint := misshapen(workload, self.dtype, arrays):
            raise ValueError(f"train returned {complaint}")
        result = flat(arrays)
        watch.framework("train changes the parameters that it is given", trained)
        if is_readable(module, [*parameters, inputs, targets]):
            module.train(workload.recipe, trained, inputs, targets, EPOCHS)
            watch.look()
        else:
            watch.complaints[USED_UP] = None
        return result


class _Watch:
    """Arrays that must not change, each with the complaint to make if it does."""

    def __init__(self, module: Contract) -> None:
        self._plain = lambda array: plain(module, array)
        self._kept: list[tuple[str, Callable[[Tensor], Array], Tensor, Array]] = []
        self.complaints: dict[str, None] = {}

    def framework(self, complaint: str, arrays: Sequence[Tensor]) -> None:
        self._keep(complaint, self._plain, arrays)

    def numpy(self, complaint: str, arrays: Iterable[Array]) -> None:
        self._keep(complaint, np.array, arrays)

    def _keep(self, complaint: str, read: Callable[[Tensor], Array], arrays: Iterable[Tensor]) -> None:
        self._kept += [(complaint, read, array, read(array)) for array in arrays]

    def look(self) -> None:
        for complaint, read, array, before in self._kept:
            if not same_bits(read(array), before):
                self.complaints[complaint] = None


def conduct(
    implementation: str,
    question: ConductQuestion,
    replies: Mapping[str, Reply],
    earlier: Array | None,
    bound: "Numbers",
) -> Conduct:
    """Return the verdict on the reproducibility and purity of one implementation.

    `replies` are by place: "here", and the places of `elsewhere` in which it was asked. `earlier` are its earlier
    gradients at the same points, (points, entries), or None. `bound` is the rounding bound at these points.
    """
    workload, dtype, here = question.workload.name, question.dtype, replies["here"]
    if found := here.trouble:
        return Conduct(implementation, workload, dtype, None, None, None, None, found.verdict, found.reason)
    answers = {place: reply.to(question) for place, reply in replies.items()}
    answer = answers["here"]
    assert answer is not None  # because there was no trouble
    complaints = list(answer.complaints)
    others = [answer.again.rows, *(other.first.rows for other in answers.values() if other is not None)]
    with np.errstate(invalid="ignore"):
        if any(np.any(np.abs(answer.first.rows - o) > 2 * bound) for o in (*others, earlier) if o is not None):
            complaints.append("it keeps state between calls: repeated calls at the same point give different gradients")
    again = {place: answer.repeats(other) for place, other in answers.items()}
    if again.get(ALL_AT_ONCE):
        again = dict.fromkeys(elsewhere(), True)
    return Conduct(
        implementation,
        workload,
        dtype,
        same_process=same_bits(answer.first.rows, answer.again.rows),
        new_process=again.get("new_process"),
        other_hash_seed=again.get("other_hash_seed"),
        two_threads=again.get("two_threads"),
        verdict=FAILED if complaints else INSIDE,
        reason="; ".join(complaints) or None,
    )
