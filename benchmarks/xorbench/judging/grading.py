"""Grading on one workload at one dtype: the questions to every implementation, and the verdicts on its answers."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace

import numpy as np

from xorbench.contract import REFERENCE
from xorbench.judging.accuracy import accuracy
from xorbench.judging.error_stats import finite, reading
from xorbench.judging.gradients import malformed
from xorbench.judging.points import affordable, shared_points
from xorbench.judging.processes import Reply
from xorbench.judging.reproducibility import PROBES, ConductQuestion
from xorbench.judging.tasks import GradientAnswer, GradientQuestion
from xorbench.judging.truths import Truths, inside, truths, truths_here
from xorbench.record.parts import Verdict
from xorbench.record.report import FAILED, INSIDE, OUTSIDE, Accuracy, Judgement, Pair, TrainingEnd
from xorbench.workloads import Workload
from xorbench.workloads.workload import Dtype

CHECKPOINTS = (1, 10, 100, 1_000)


class Exam:
    """One workload at one dtype: its points, its questions, and the verdicts on the answers.

    All implementations share the initial parameters and other points; further points lie along the training of each
    implementation, at the last of `checkpoints` (epochs), as many as `affordable` allows.
    """

    truths: Truths
    """The true gradients at the shared points; set by `find_truths`."""

    def __init__(
        self, workload: Workload, dtype: Dtype, points: int, seed: int, thorough: bool, checkpoints: Sequence[int]
    ) -> None:
        self.workload = workload
        self.dtype = dtype
        self.timed = dtype == workload.dtype  # only this dtype is trained to the end and checked for reproducibility
        self.points = shared_points(workload, dtype, points, seed, saturation=thorough)
        last = checkpoints[-affordable(workload, len(checkpoints), least=1) :]
        self.question = GradientQuestion(workload, dtype, self.points.rows, last, to_the_end=self.timed)
        self.conduct = ConductQuestion(workload, dtype, self.points.rows[:PROBES])
        self._along: dict[str, Future[Truths]] = {}

    def verdicts(self, implementation: str, reply: Reply) -> list[Judgement]:
        """Return one judgement for each parameter tensor: its errors in three units, and the verdict."""
        if reply.answer is None:
            return self.no_verdicts(implementation, FAILED, reply.trouble)
        answer: GradientAnswer = reply.answer
        truth = self.truths
        if implementation in self._along:
            truth = truth.followed_by(self._along[implementation].result())
        values = np.concatenate([answer.gradients.rows, answer.path_gradients.rows])
        errors, units = truth.errors(values), truth.units(self.dtype)
        verdicts = []
        for name, where in self.workload.slices.items():
            row = Judgement(implementation, self.workload.name, self.dtype, name, len(values), INSIDE)
            if complaint := answer.complaint(name):
                number, text = complaint
                verdicts.append(replace(row, verdict=OUTSIDE, reason=f"{text} at {self._label(number)}"))
                continue
            of_bound, ulps, absolute = (
                reading(e[:, where], values[:, where], truth.high[:, where], self.workload.entries[where], self._label)
                for e in (truth.fractions(values), errors / units, errors)
            )
            row = replace(row, of_bound=of_bound, ulps=ulps, absolute=absolute)
            if of_bound.largest is None or not inside(of_bound.largest):
                fraction = "infinitely many" if of_bound.largest is None else f"{of_bound.largest:.3g}"
                given = "not finite" if of_bound.value is None else repr(of_bound.value)
                row = replace(
                    row,
                    verdict=OUTSIDE,
                    reason=f"{name}{of_bound.index} is {given}, the truth is {of_bound.truth!r}, "
                    f"the error is {fraction} times the bound, at {of_bound.where}",
                )
            elif answer.trouble:
                row = replace(row, verdict=FAILED, reason=answer.trouble)
            verdicts.append(row)
        return verdicts

    def no_verdicts(self, implementation: str, verdict: Verdict, reason: str | None) -> list[Judgement]:
        """Return the judgements, one for each parameter tensor, of an implementation that gave no gradient."""
        names = self.workload.parameter_names
        return [Judgement(implementation, self.workload.name, self.dtype, n, 0, verdict, reason) for n in names]

    def pairs(self, answers: Mapping[str, GradientAnswer]) -> Iterator[Pair]:
        """Yield a comparison of each pair of implementations whose gradients all have the right shapes and dtypes."""
        comparable = {name: a.gradients.rows for name, a in sorted(answers.items()) if not a.gradients.complaints}
        for first, second in itertools.combinations(comparable, 2):
            with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
                ours, theirs = (comparable[name].astype(np.float64) for name in (first, second))
                apart = np.abs(ours - theirs)
                largest = float(np.max(np.where(apart == 0, 0, apart / self.truths.bound)))  # NaN where any is NaN
            yield Pair(
                first=first,
                second=second,
                workload=self.workload.name,
                dtype=self.dtype,
                points=len(self.points.rows),
                difference_over_bound=finite(largest),
                verdict=INSIDE if largest <= 2 else OUTSIDE,
            )

    def endings(self, answers: Mapping[str, GradientAnswer]) -> Iterator[TrainingEnd]:
        """Yield the end of each training, compared with the known answers and with the reference."""
        ends = {name: answer.ending for name, answer in sorted(answers.items()) if answer.ending}
        unusable = {name: malformed(self.workload, self.dtype, end.parameters) for name, end in ends.items()}
        complaints = {
            name: unusable[name] or self.workload.complaint(end.predictions, end.loss, end.parameters)
            for name, end in ends.items()
        }
        reference_is_right = REFERENCE in ends and complaints[REFERENCE] is None
        for name, end in ends.items():
            complaint = complaints[name]
            apart = None
            if complaint is None and reference_is_right:
                apart = max(
                    float(np.max(np.abs(a - b)))
                    for a, b in zip(end.parameters, ends[REFERENCE].parameters, strict=True)
                )
                if not apart <= (limit := self.workload.agreement):
                    complaint = (
                        f"parameters differ from those of {REFERENCE} by {apart:.2g}, expected at most {limit:g}"
                    )
            yield TrainingEnd(
                implementation=name,
                workload=self.workload.name,
                epochs=self.workload.epochs,
                predictions=[finite(p) for p in end.predictions.ravel()],
                loss=finite(end.loss),
                difference_from_reference=apart,
                verdict=OUTSIDE if complaint else INSIDE,
                reason=f"after {self.workload.epochs} epochs: {complaint}" if complaint else None,
                parameters=None if unusable[name] else [p.tolist() for p in end.parameters],
            )

    def accuracy(self, answers: Mapping[str, GradientAnswer]) -> Iterator[Accuracy]:
        """Yield the accuracy in digits of each implementation whose gradients all have the right shapes and dtypes."""
        for name, answer in answers.items():
            if not answer.gradients.complaints:
                rows = answer.gradients.rows
                yield from accuracy(name, self.workload.name, self.dtype, self.points, rows, self.truths)

    def find_truths(self, cores: Executor, advance: Callable[[], None]) -> None:
        """Compute the true gradients at the shared points over all `cores`; `advance` is called after each batch."""
        self.truths = truths(self.workload, self.dtype, self.points.rows, cores, advance)

    def follow(self, implementation: str, answer: GradientAnswer | None, cores: Executor) -> None:
        """Submit the computation of the true gradients along the training of `implementation` to one of the cores."""
        if answer is not None and len(answer.path):
            self._along[implementation] = cores.submit(truths_here, self.workload, self.dtype, answer.path)

    def _label(self, number: int) -> str:
        shared = len(self.points.rows)
        if number < shared:
            return self.points.label(number)
        return f"epoch {self.question.checkpoints[number - shared]} of its own training"
