"""What the judge says: plain data, a part of the record."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from xorbench.record.parts import Dtype, Many, Natural, Numbers, Part, Text, Verdict

INSIDE: Final = "inside"
OUTSIDE: Final = "outside"
FAILED: Final = "failed"
MISSING: Final = "missing"


@dataclass(frozen=True)
class Reading(Part):
    """The errors of one parameter tensor over all points, in one unit: the median, the largest, and where that is.

    `largest` is None where it is not finite. `where` and `index` are the point and the entry of the largest, `value`
    what the implementation gave there, `truth` what is true, rounded to float64.
    """

    median: float | None
    largest: float | None
    where: Text
    index: Annotated[list[Natural], Many]
    value: float | None
    truth: float


@dataclass(frozen=True)
class Judgement(Part):
    """On one parameter tensor of one implementation, over all points of one workload at one dtype.

    Three readings of the same errors: as fractions of the bound, which is what the verdict is about, in units in the
    last place of the true value, and absolute. None where no gradient could be compared.
    """

    implementation: Text
    workload: Text
    dtype: Dtype
    parameter: Text
    points: Natural
    verdict: Verdict
    reason: Text | None = None
    of_bound: Reading | None = None
    ulps: Reading | None = None
    absolute: Reading | None = None


@dataclass(frozen=True)
class Pair(Part):
    """Two implementations at the same points: the largest difference, of which rounding explains two bounds."""

    first: Text
    second: Text
    workload: Text
    dtype: Dtype
    points: Natural
    difference_over_bound: float | None
    verdict: Verdict


@dataclass(frozen=True)
class TrainingEnd(Part):
    """Where an implementation is after all epochs of a workload, beside the known answer and the reference.

    `inside` means that the known answer is met and the parameters agree with the reference's. `parameters` are the
    trained ones, tensor by tensor; None where they are not shaped as the workload's, or not finite.
    """

    implementation: Text
    workload: Text
    epochs: Natural
    predictions: Annotated[list[float | None], Many]
    loss: float | None
    difference_from_reference: float | None
    verdict: Verdict
    reason: Text | None = None
    parameters: list[list[Numbers]] | None = None


@dataclass(frozen=True)
class Conduct(Part):
    """How an implementation behaves beside its numbers, and whether the same bits come out again: None is unknown.

    `same_process` compares a second call with the first; the others compare a process with one that has hash seed 0
    and one thread.
    """

    implementation: Text
    workload: Text
    dtype: Dtype
    same_process: bool | None
    new_process: bool | None
    other_hash_seed: bool | None
    two_threads: bool | None
    verdict: Verdict
    reason: Text | None = None


@dataclass(frozen=True)
class Audit(Part):
    """Three independent ways to the truth, over some points of one workload at one dtype.

    `digits` is how many decimal digits the differences and the derivation, both in hundreds of bits, have in common at
    worst; `complex_step_of_bound` the largest distance of the complex step in float64 from the truth, as a fraction of
    the float64 bound.
    """

    workload: Text
    dtype: Dtype
    points: Natural
    entries: Natural
    digits: float
    complex_step_of_bound: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Accuracy(Part):
    """How many decimal digits of a gradient are right around one position of an axis: the median entry, and the worst.

    The axis is "scale", of the parameters, or "logit", the mean logit of the last layer.
    """

    implementation: Text
    workload: Text
    dtype: Dtype
    axis: Literal["scale", "logit"]
    position: float
    median_digits: float
    fewest_digits: float


@dataclass(frozen=True)
class PlantedFault(Part):
    """A wrong gradient, and who notices: this judge, and three tolerances that are in use elsewhere.

    `ulps` is how far it is from the gradient without the fault at most, and `of_bound` how far from the truth, as a
    fraction of the bound; None where that is not finite. The others are at how many of the points each refuses it.
    """

    fault: Text
    workload: Text
    dtype: Dtype
    points: Natural
    ulps: float | None
    of_bound: float | None
    judge: Natural
    clipped_1e4: Natural
    clipped_1e8: Natural
    allclose: Natural


@dataclass(frozen=True)
class Trajectory(Part):
    """One training, epoch by epoch, beside the reference's from the same parameters.

    The first epoch at which the parameters are no longer the same bits, are more than one unit in the last place
    apart, more than 1e-12, more than 1e-6, and at which a decision (a prediction above 0.5) differs; None: never.
    `from_reference` and `from_truth` are the largest distances of a parameter at the epochs of `at`, the latter as far
    as the 200-bit trajectory goes that the truth is; `loss` is that of the parameters there, by one formula for all.
    """

    implementation: Text
    workload: Text
    epochs: Natural
    bits: int | None
    one_ulp: int | None
    e12: int | None
    e6: int | None
    decisions: int | None
    at: Annotated[list[Natural], Many]
    from_reference: Numbers
    from_truth: Numbers
    loss: Numbers


@dataclass(frozen=True)
class Counterexample(Part):
    """The smallest network at which a gradient was found outside its bound, as lines of Python that show it."""

    implementation: Text
    workload: Text
    dtype: Dtype
    script: Text


@dataclass(frozen=True)
class Report(Part):
    """All that the judge has to say. What was not asked for is empty."""

    seed: Natural
    points: Natural
    rows: Annotated[list[Judgement], Many]
    pairs: Annotated[list[Pair], Many]
    endings: Annotated[list[TrainingEnd], Many]
    conduct: Annotated[list[Conduct], Many]
    audits: Annotated[list[Audit], Many] = field(default_factory=list)
    accuracy: Annotated[list[Accuracy], Many] = field(default_factory=list)
    faults: Annotated[list[PlantedFault], Many] = field(default_factory=list)
    trajectories: Annotated[list[Trajectory], Many] = field(default_factory=list)
    counterexamples: Annotated[list[Counterexample], Many] = field(default_factory=list)

    def refusal(self, implementation: str, workload: str) -> tuple[Verdict, str | None] | None:
        """Return verdict and reason for which an implementation is not timed on a workload; None where it passed."""
        for row in self.of_implementations():
            if (row.implementation, row.workload) == (implementation, workload) and row.verdict != INSIDE:
                return row.verdict, row.reason
        return None

    def of_implementations(self) -> Iterator[Judgement | Conduct | TrainingEnd]:
        """Yield all that decides whether an implementation is timed: gradients, conduct, ends of trainings."""
        yield from self.rows
        yield from self.conduct
        yield from self.endings

    @property
    def passed(self) -> bool:
        """Whether nothing was outside and nothing failed. What is missing is reported, and no fault."""
        judged = [*self.of_implementations(), *self.pairs, *self.audits]
        return all(row.verdict in (INSIDE, MISSING) for row in judged)
