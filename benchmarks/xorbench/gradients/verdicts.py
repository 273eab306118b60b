"""What the judge says: plain data, written into the record as it stands."""

from dataclasses import dataclass, field
from typing import Any

INSIDE, OUTSIDE, FAILED, MISSING = "inside", "outside", "failed", "missing"
"""Within what rounding explains; beyond it; no gradient given, or not by the rules; no framework to give one."""


@dataclass(frozen=True)
class Reading:
    """The errors of one parameter tensor over all points, in one unit: the median, the largest, and where that is.

    `largest` is None where it is not finite. `where` and `index` are the point and the entry of the largest, `value`
    what the implementation gave there, `truth` what is true, rounded to float64.
    """

    median: float | None
    largest: float | None
    where: str
    index: list[int]
    value: float | None
    truth: float


@dataclass(frozen=True)
class Verdict:
    """On one parameter tensor of one implementation, over all points of one workload at one dtype.

    Three readings of the same errors: as fractions of the bound, which is what the verdict is about, in units in the
    last place of the true value, and absolute. None where no gradient could be compared.
    """

    implementation: str
    workload: str
    dtype: str
    parameter: str
    points: int
    verdict: str
    reason: str | None = None
    of_bound: Reading | None = None
    ulps: Reading | None = None
    absolute: Reading | None = None


@dataclass(frozen=True)
class Pair:
    """Two implementations at the same points: the largest difference, of which rounding explains two bounds."""

    first: str
    second: str
    workload: str
    dtype: str
    points: int
    difference_over_bound: float | None
    verdict: str


@dataclass(frozen=True)
class TrainingEnd:
    """Where an implementation is after all epochs of a workload, beside the known answer and the reference.

    `inside` means that the known answer is met and the parameters agree with the reference's. `parameters` are the
    trained ones, tensor by tensor; None where they are not shaped as the workload's, or not finite.
    """

    implementation: str
    workload: str
    epochs: int
    predictions: list[float | None]
    loss: float | None
    difference_from_reference: float | None
    verdict: str
    reason: str | None = None
    parameters: list[list[list[float]]] | None = None


@dataclass(frozen=True)
class Conduct:
    """How an implementation behaves beside its numbers, and whether the same bits come out again: None is unknown.

    `same_process` compares a second call with the first; the others compare a process with one that has hash seed 0
    and one thread.
    """

    implementation: str
    workload: str
    dtype: str
    same_process: bool | None
    new_process: bool | None
    other_hash_seed: bool | None
    two_threads: bool | None
    verdict: str
    reason: str | None = None


@dataclass(frozen=True)
class Audit:
    """Three independent ways to the truth, over some points of one workload at one dtype.

    `digits` is how many decimal digits the differences and the derivation, both in hundreds of bits, have in common at
    worst; `complex_step_of_bound` the largest distance of the complex step in float64 from the truth, as a fraction of
    the float64 bound.
    """

    workload: str
    dtype: str
    points: int
    entries: int
    digits: float
    complex_step_of_bound: float | None
    verdict: str


@dataclass(frozen=True)
class Accuracy:
    """How many decimal digits of a gradient are right around one position of an axis: the median entry, and the worst.

    The axis is "scale", of the parameters, or "logit", the mean logit of the last layer.
    """

    implementation: str
    workload: str
    dtype: str
    axis: str
    position: float
    median_digits: float
    fewest_digits: float


@dataclass(frozen=True)
class PlantedFault:
    """A wrong gradient, and who notices: this judge, and three tolerances that are in use elsewhere.

    `ulps` is how far it is from the gradient without the fault at most, and `of_bound` how far from the truth, as a
    fraction of the bound; None where that is not finite. The others are at how many of the points each refuses it.
    """

    fault: str
    workload: str
    dtype: str
    points: int
    ulps: float | None
    of_bound: float | None
    judge: int
    clipped_1e4: int
    clipped_1e8: int
    allclose: int


@dataclass(frozen=True)
class Trajectory:
    """One training, epoch by epoch, beside the reference's from the same parameters.

    The first epoch at which the parameters are no longer the same bits, are more than one unit in the last place
    apart, more than 1e-12, more than 1e-6, and at which a decision (a prediction above 0.5) differs; None: never.
    `from_reference` and `from_truth` are the largest distances of a parameter at the epochs of `at`, the latter as far
    as the 200-bit trajectory goes that the truth is; `loss` is that of the parameters there, by one formula for all.
    """

    implementation: str
    workload: str
    epochs: int
    bits: int | None
    one_ulp: int | None
    e12: int | None
    e6: int | None
    decisions: int | None
    at: list[int]
    from_reference: list[float]
    from_truth: list[float]
    loss: list[float]


@dataclass(frozen=True)
class Counterexample:
    """The smallest network at which a gradient was found outside its bound, as lines of Python that show it."""

    implementation: str
    workload: str
    dtype: str
    script: str


@dataclass(frozen=True)
class Report:
    """All that the judge has to say. What was not asked for is empty."""

    seed: int
    points: int
    rows: list[Verdict]
    pairs: list[Pair]
    endings: list[TrainingEnd]
    conduct: list[Conduct]
    audits: list[Audit] = field(default_factory=list)
    accuracy: list[Accuracy] = field(default_factory=list)
    faults: list[PlantedFault] = field(default_factory=list)
    trajectories: list[Trajectory] = field(default_factory=list)
    counterexamples: list[Counterexample] = field(default_factory=list)

    def refusal(self, implementation: str, workload: str) -> tuple[str, str | None] | None:
        """Verdict and reason for which no time of this implementation is published; None where it passed."""
        judged: list[Verdict | TrainingEnd | Conduct] = [*self.rows, *self.conduct, *self.endings]
        for row in judged:
            if (row.implementation, row.workload) == (implementation, workload) and row.verdict != INSIDE:
                return row.verdict, row.reason
        return None

    @property
    def passed(self) -> bool:
        """Whether nothing was outside and nothing failed. What is missing is reported, and no fault."""
        judged: list[Any] = [*self.rows, *self.pairs, *self.endings, *self.conduct, *self.audits]
        return all(row.verdict in (INSIDE, MISSING) for row in judged)
