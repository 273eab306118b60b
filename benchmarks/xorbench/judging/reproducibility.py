"""Reproducibility and purity: whether an implementation repeats its bits, and leaves its arguments unchanged."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xorbench.affinity import allowed_cpus
from xorbench.contract import Contract
from xorbench.judging.answers import (
    USED_UP,
    Given,
    converted,
    is_readable,
    misshapen,
    put,
    same_bits,
    tensor,
    tensors,
)
from xorbench.judging.codec import ExactArray, decoded, must_be
from xorbench.judging.layout import gradient_layout
from xorbench.judging.questions import Reply, Surroundings
from xorbench.judging.watch import Watch
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

IN_WORDS = {
    ALL_AT_ONCE: "in a process with another hash seed and number of threads",
    "new_process": "in a new process",
    "other_hash_seed": "with another hash seed",
    "two_threads": "with 2 threads",
}
"""The places of `elsewhere` as the end of a sentence."""


@dataclass(eq=False)
class ConductAnswer(Part):
    """Gradients at some points, those of a second pass in reverse order, and parameters after a short training.

    `twice` are the gradients of a second call with the same arrays as the first one. `complaints` are the rules that
    the implementation broke, independent of its numbers.
    """

    first: Given
    twice: Given
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
        return 3 * self.rows.size + len(self.workload.entries)

    def received(self, text: str) -> ConductAnswer:
        """Return the answer that is sent as `text`. Raises ValueError, in one line, if it is none to this question."""
        answer = decoded(ConductAnswer, text)
        for given in (answer.first, answer.twice, answer.again):
            given.must_fit(len(self.rows), gradient_layout(self.workload), self.dtype)
        must_be("trained parameters", answer.trained, (len(self.workload.entries),), self.dtype)
        return answer

    def ask(self, module: Contract, doing: Callable[[str], None]) -> ConductAnswer:
        """Return the gradients of two passes over the points, and the parameters after training.

        Raises ValueError if the trained parameters have a wrong shape or dtype, and whatever the implementation raises.
        """
        place = f"{self.workload.name} in {self.dtype}"
        doing(f"computing the gradients of {place} twice")
        watch, layout = Watch(module), gradient_layout(self.workload)
        first, twice, again = (Given(np.full_like(self.rows, np.nan)) for _ in range(3))
        for number in range(len(self.rows)):
            # With the same arrays, so that a state that is attached to them, such as a sum of gradients, is detected.
            for given, arrays in zip((first, twice), self._gradients(module, watch, number), strict=True):
                put(given, number, layout, arrays)
        for number in reversed(range(len(self.rows))):
            put(again, number, layout, next(self._gradients(module, watch, number)))
        doing(f"training {place} twice")
        trained = self._trained(module, watch)
        return ConductAnswer(first, twice, again, trained, list(watch.complaints))

    def _gradients(self, module: Contract, watch: "Watch", number: int) -> Iterator[list[Array]]:
        """Yield the gradient at a point, and again after a prediction and a loss, all from the same converted arrays.

        The arrays that the functions are given and those that they return are watched from then on.
        """
        recipe, point = self.workload.recipe, self.workload.shaped(self.rows[number].copy())
        inputs, targets = np.array(self.workload.inputs), np.array(self.workload.targets)
        watch.numpy("convert changes the arrays that it is given, or shares their memory", [*point, inputs, targets])
        parameters, inputs, targets = converted(module, point, inputs, targets, self.dtype)
        watch.given(parameters, [inputs, targets])

        def gradient() -> list[Array]:
            returned = module.gradient(recipe, parameters, inputs, targets)
            watch.look("gradient")
            arrays = tensors(module, "gradient", returned, self.workload)
            watch.returned("gradient", returned)
            return arrays

        yield gradient()
        prediction = module.predict(recipe, parameters, inputs)
        watch.look("predict")
        tensor(module, "predict", prediction)
        watch.returned("predict", [prediction])
        loss = module.loss(recipe, parameters, inputs, targets)
        watch.look("loss")
        tensor(module, "loss", loss)
        watch.returned("loss", [loss])
        yield gradient()

    def _trained(self, module: Contract, watch: "Watch") -> Array:
        workload = self.workload
        parameters, inputs, targets = converted(
            module, list(workload.initial_parameters), workload.inputs, workload.targets, self.dtype
        )
        watch.given(parameters, [inputs, targets])
        trained = module.train(workload.recipe, parameters, inputs, targets, EPOCHS)
        if is_readable(module, [*parameters, inputs, targets]):
            watch.look("train")
        arrays = tensors(module, "train", trained, workload)
        if complaint := misshapen(workload, self.dtype, arrays):
            raise ValueError(f"train returned {complaint}")
        result = flat(arrays)
        watch.given(trained, [])
        if is_readable(module, [*parameters, inputs, targets]):
            module.train(workload.recipe, trained, inputs, targets, EPOCHS)
            watch.look("train")
        else:
            watch.complaints[USED_UP] = None
        return result


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

    def differ(other: Array | None) -> bool:
        """Return whether other gradients at the same points differ by more than both may be wrong."""
        with np.errstate(invalid="ignore"):
            return other is not None and bool(np.any(np.abs(answer.first.rows - other) > 2 * bound))

    if any(map(differ, (answer.twice.rows, answer.again.rows, earlier))):
        complaints.append("it keeps state between calls: repeated calls at the same point give different gradients")
    elif different := [place for place, other in answers.items() if other is not None and differ(other.first.rows)]:
        where = " and ".join(IN_WORDS[place] for place in different)
        complaints.append(f"its gradients at the same point are different {where}")
    again = {place: answer.repeats(other) for place, other in answers.items()}
    if again.get(ALL_AT_ONCE):
        again = dict.fromkeys(elsewhere(), True)
    return Conduct(
        implementation,
        workload,
        dtype,
        same_process=all(same_bits(answer.first.rows, other.rows) for other in (answer.twice, answer.again)),
        new_process=again.get("new_process"),
        other_hash_seed=again.get("other_hash_seed"),
        two_threads=again.get("two_threads"),
        verdict=FAILED if complaints else INSIDE,
        reason="; ".join(complaints) or None,
    )
