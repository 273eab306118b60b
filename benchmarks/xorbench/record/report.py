"""The report of the judge: plain data, a part of the record."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from xorbench.record.parts import Dtype, Many, Natural, Numbers, Part, Seed, Text, Verdict, Whole

INSIDE: Final = "inside"
OUTSIDE: Final = "outside"
FAILED: Final = "failed"
MISSING: Final = "missing"
NOT_OFFERED: Final = "not offered"

NO_FAILURES = (INSIDE, MISSING, NOT_OFFERED)
"""The verdicts with which a report has passed."""

KNOWN_MISTAKE: Final = "a known mistake: "
"""The words before the name of a mistake of the catalogue, in the text of a `Mistake`."""


@dataclass(frozen=True)
class Reading(Part):
    """The errors of one parameter tensor over all points, in one unit: the median, the largest, and its place.

    `largest` is None if it is not finite. `where` and `index` are the point and the entry of the largest error, `value`
    is what the implementation gave there, and `truth` is the true value, rounded to float64.
    """

    median: float | None
    largest: float | None
    where: Text
    index: Annotated[list[Natural], Many]
    value: float | None
    truth: float


@dataclass(frozen=True)
class Judgement(Part):
    """The verdict on one quantity of one implementation, over all points of one workload at one dtype.

    `parameter` names the quantity: the gradient by that parameter tensor, the predictions, the loss, or the parameters
    after some epochs. `of_bound`, `ulps` and `absolute` are readings of the same errors: as fractions of the bound,
    which decide the verdict, in units in the last place of the true value, and absolute. They are None if nothing could
    be compared. `not_judged` is the number of entries whose bound is too wide. `decides` is whether the workload is
    timed in this dtype: the verdict then decides whether it is timed at all.
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
    not_judged: Natural = 0
    decides: bool = True


@dataclass(frozen=True)
class Asked(Part):
    """The number of points of one shape at which one workload was judged at one dtype."""

    workload: Text
    dtype: Dtype
    samples: Natural
    layer_sizes: Annotated[list[Natural], Many]
    points: Natural


LEAST_FACTOR_POINTS = 200
"""The least number of points from which a systematic factor is estimated."""

CERTAIN_STANDARD_ERRORS = 5
"""The number of standard errors by which a systematic factor must be beyond its limit to be refused."""

LARGEST_FACTOR_UNITS = 2
"""The largest distance of a systematic factor from 1 that is not refused, in units of u.

It is measured, as the charges of elementary functions are: an integer that is not less than the largest factor of
NumPy, PyTorch and JAX in the study of the margin. Such a factor is the mean error of an elementary function.
"""


def factor_text(units: float, sign: Literal["-", "+"] = "-") -> str:
    """Return the distance of a systematic factor from 1 with two decimals, or with a power of ten from 100,000 u on.

    With "+" positive numbers have a sign, too.
    """
    return f"{units:{sign}{'.2f' if abs(units) < 1e5 else '.2e'}}"


@dataclass(frozen=True)
class Bias(Part):
    """The systematic factor in one quantity of one implementation: its distance from 1, in units of u.

    u is 2^-53 in float64 and 2^-24 in float32. `points` is the number of points at which the quantity is known well
    enough; the standard error is clustered by point.
    """

    implementation: Text
    workload: Text
    dtype: Dtype
    parameter: Text
    points: Natural
    factor_units: float
    standard_error_units: float
    verdict: Verdict
    reason: Text | None = None
    decides: bool = True


@dataclass(frozen=True)
class Mistake(Part):
    """What the wrong answers of one implementation equal, such as a known mistake, or else where they are wrong."""

    implementation: Text
    workload: Text
    dtype: Dtype
    text: Text

    @property
    def known(self) -> list[str]:
        """The names of the known mistakes in the text; empty if it only says where the answers are wrong."""
        return [part.partition("; ")[0] for part in self.text.split(KNOWN_MISTAKE)[1:]]


@dataclass(frozen=True)
class Pair(Part):
    """The largest difference of two implementations at the same points; rounding explains up to two bounds.

    `decides` is whether the workload is timed in this dtype.
    """

    first: Text
    second: Text
    workload: Text
    dtype: Dtype
    points: Natural
    difference_over_bound: float | None
    verdict: Verdict
    decides: bool = True


@dataclass(frozen=True)
class TrainingEnd(Part):
    """The state of an implementation after all epochs of a workload, compared with known answer and reference.

    The verdict `inside` means that the known answer is met and the parameters agree with the reference's. `parameters`
    are the trained ones, tensor by tensor; None if they do not have the workload's shapes or are not finite.
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
    """The purity and the reproducibility of an implementation: whether it returns the same bits again; None: unknown.

    `same_process` compares a second call with the first; the others compare a process with one that has hash seed 0
    and one thread. `decides` is whether the workload is timed in this dtype.
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
    decides: bool = True


@dataclass(frozen=True)
class Audit(Part):
    """The agreement of three independent computations of the true gradient, over some points at one dtype.

    `digits` is the smallest number of decimal digits that finite differences and the derivation, both with hundreds of
    bits, have in common; `complex_step_of_bound` is the largest distance of the complex step in float64 from the truth,
    as a fraction of the float64 bound.
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
    """The correct decimal digits of a gradient around one position of an axis: of the median entry and of the worst.

    The axis is "scale", that of the parameters, or "logit", the mean logit of the last layer.
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
    """A planted gradient fault, and which checks refuse it: this judge, and three tolerances in common use.

    `ulps` is the largest distance from the gradient without the fault, and `of_bound` the largest distance from the
    truth, as a fraction of the bound; None if it is not finite. `judge`, `clipped_1e4`, `clipped_1e8` and `allclose`
    are the numbers of points at which each check refuses it.
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
    """One training, epoch by epoch, compared with the reference's from the same parameters.

    `bits`, `one_ulp`, `e12`, `e6` and `decisions` are the first epochs at which the parameters differ in any bit, by
    more than one unit in the last place, by more than 1e-12, by more than 1e-6, and at which a decision (a prediction
    above 0.5) differs; None: never. `from_reference` and `from_truth` are the largest distances of a parameter at the
    epochs in `at`, the latter only as far as the true trajectory, computed with 200 bits, goes; `loss` is the loss at
    these epochs, by one formula for all implementations.
    """

    implementation: Text
    workload: Text
    epochs: Natural
    bits: Whole | None
    one_ulp: Whole | None
    e12: Whole | None
    e6: Whole | None
    decisions: Whole | None
    at: Annotated[list[Natural], Many]
    from_reference: Numbers
    from_truth: Numbers
    loss: Numbers


@dataclass(frozen=True)
class Counterexample(Part):
    """The smallest network found for which a gradient is outside its bound, with a Python script that shows it."""

    implementation: Text
    workload: Text
    dtype: Dtype
    script: Text


@dataclass(frozen=True)
class Report(Part):
    """The complete report of the judge. Lists that were not requested are empty."""

    seed: Seed
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
    asked: Annotated[list[Asked], Many] = field(default_factory=list)
    biases: Annotated[list[Bias], Many] = field(default_factory=list)
    mistakes: Annotated[list[Mistake], Many] = field(default_factory=list)

    def refusal(self, implementation: str, workload: str) -> tuple[Verdict, str | None] | None:
        """Return the verdict and the reason why an implementation is not timed on a workload; None if it passed.

        The first failure is returned, if there is one, with what its wrong answers equal.
        """
        found = [
            (row.verdict, row.reason)
            for row in self.deciding()
            if (row.implementation, row.workload) == (implementation, workload) and row.verdict != INSIDE
        ]
        if not found:
            return None
        verdict, reason = min(found, key=lambda of: of[0] in NO_FAILURES)
        reasons = [reason, *self.mistakes_of(implementation, workload)]
        return verdict, "; ".join(reason for reason in reasons if reason) or None

    def mistakes_of(self, implementation: str, workload: str) -> list[str]:
        """Return what the wrong answers of an implementation on a workload equal, each text once."""
        found = (m for m in self.mistakes if (m.implementation, m.workload) == (implementation, workload))
        return list(dict.fromkeys(mistake.text for mistake in found))

    def fewest_digits(self) -> dict[tuple[str, str], float]:
        """Return the right digits of the median entry of a gradient, at the scale of parameters where they are fewest.

        The keys are names of implementations and dtypes, of which it is known.
        """
        found: dict[tuple[str, str], float] = {}
        for row in self.accuracy:
            if row.axis == "scale":
                key = row.implementation, row.dtype
                found[key] = min(found.get(key, row.median_digits), row.median_digits)
        return found

    def deciding(self) -> "Iterator[Judgement | Bias | Conduct | TrainingEnd]":
        """Yield the rows that decide whether an implementation is timed: gradients, conduct, ends of trainings.

        All of them are in the dtype in which their workload is timed.
        """
        yield from (row for row in self.rows if row.decides)
        yield from (row for row in self.biases if row.decides)
        yield from (row for row in self.conduct if row.decides)
        yield from self.endings

    @property
    def passed(self) -> bool:
        """Whether nothing that decides is outside or failed. What is missing or not offered is no failure."""
        judged = [*self.deciding(), *(pair for pair in self.pairs if pair.decides), *self.audits]
        return all(row.verdict in NO_FAILURES for row in judged)
