"""What the judge says: plain data, written into the record as it stands."""

from dataclasses import dataclass

INSIDE, OUTSIDE, FAILED, MISSING = "inside", "outside", "failed", "missing"
"""Within what rounding explains; beyond it; no gradient given; no framework to give one."""


@dataclass(frozen=True)
class Verdict:
    """On one parameter tensor of one implementation, over all points of one workload at one dtype.

    `error_over_bound` is the largest error as a fraction of the bound, None where it is not finite; `where`, `index`,
    `value` and `truth` say at which point and entry, what the implementation gave there, and what is true.
    """

    implementation: str
    workload: str
    dtype: str
    parameter: str
    points: int
    error_over_bound: float | None
    verdict: str
    reason: str | None = None
    where: str | None = None
    index: list[int] | None = None
    value: float | None = None
    truth: float | None = None


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

    `inside` means that the known answer is met and the parameters agree with the reference's.
    """

    implementation: str
    workload: str
    epochs: int
    predictions: list[float | None]
    loss: float | None
    difference_from_reference: float | None
    verdict: str
    reason: str | None = None


@dataclass(frozen=True)
class Report:
    """All that the judge has to say."""

    seed: int
    points: int
    rows: list[Verdict]
    pairs: list[Pair]
    endings: list[TrainingEnd]

    def refusal(self, implementation: str, workload: str) -> tuple[str, str | None] | None:
        """Verdict and reason for which no time of this implementation is published; None where it passed."""
        judged: list[Verdict | TrainingEnd] = [*self.rows, *self.endings]
        for row in judged:
            if (row.implementation, row.workload) == (implementation, workload) and row.verdict != INSIDE:
                return row.verdict, row.reason
        return None

    @property
    def passed(self) -> bool:
        """Whether nothing was outside and nothing failed. What is missing is reported, and no fault."""
        judged: list[Verdict | Pair | TrainingEnd] = [*self.rows, *self.pairs, *self.endings]
        return all(row.verdict in (INSIDE, MISSING) for row in judged)
