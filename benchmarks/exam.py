"""One workload at one dtype: the question put to every implementation, and what each answer is worth."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks import oracle
from benchmarks.contract import REFERENCE
from benchmarks.isolation import Answer, Question
from benchmarks.points import Point, shared_points
from benchmarks.verdicts import FAILED, INSIDE, OUTSIDE, Pair, TrainingEnd, Verdict
from benchmarks.workloads import Array, Parameters, Workload

CHECKPOINTS = (1, 10, 100, 1_000)

AGREEMENT = 1e-9
"""How far the parameters at the end of a training may be from the reference's."""


@dataclass(frozen=True)
class Finding:
    """The largest error in one parameter tensor at one point; infinite where there is no number to compare."""

    error_over_bound: float
    reason: str
    index: list[int] | None = None
    value: float | None = None
    truth: float | None = None


class Exam:
    """The points: the initial parameters and random ones, shared by all, and some along each one's own training."""

    def __init__(self, workload: Workload, dtype: str, points: int, seed: int) -> None:
        self.workload = workload
        self.dtype = dtype
        self.points = shared_points(workload, dtype, points, seed)
        parameters = [point.parameters for point in self.points]
        self.question = Question(workload, dtype, parameters, CHECKPOINTS, to_the_end=dtype == workload.dtype)

    def verdicts(self, implementation: str, answer: Answer | str) -> list[Verdict]:
        """One for each parameter tensor: where its error is largest, and whether that is inside the bound."""
        if isinstance(answer, str):
            return self.no_verdicts(implementation, FAILED, answer)
        trouble = answer.trouble
        points = list(self.points)
        for epochs, parameters, _ in zip(self.question.checkpoints, answer.path, answer.path_gradients, strict=False):
            if complaint := self._malformed(parameters):
                trouble = f"its training is at epoch {epochs} with {complaint}"
                break
            points.append(Point(f"epoch {epochs} of its own training", parameters, self.workload, self.dtype))
        gradients = [*answer.gradients, *answer.path_gradients][: len(points)]
        verdicts = []
        for which, name in enumerate(self.workload.parameter_names):
            findings = [_compare(name, g, point, which) for g, point in zip(gradients, points, strict=True)]
            worst = max(range(len(points)), key=lambda number: findings[number].error_over_bound)
            found = findings[worst]
            inside = found.error_over_bound <= 1
            wrong = f"{found.reason} at {points[worst].label}"
            verdicts.append(
                Verdict(
                    implementation=implementation,
                    workload=self.workload.name,
                    dtype=self.dtype,
                    parameter=name,
                    points=len(points),
                    error_over_bound=_finite(found.error_over_bound),
                    verdict=OUTSIDE if not inside else FAILED if trouble else INSIDE,
                    reason=trouble if inside else wrong,
                    where=points[worst].label,
                    index=found.index,
                    value=_finite(found.value),
                    truth=found.truth,
                )
            )
        return verdicts

    def no_verdicts(self, implementation: str, verdict: str, reason: str | None) -> list[Verdict]:
        """The rows of an implementation that gave no gradient."""
        names = self.workload.parameter_names
        return [Verdict(implementation, self.workload.name, self.dtype, n, 0, None, verdict, reason) for n in names]

    def pairs(self, answers: Mapping[str, Answer | str]) -> Iterator[Pair]:
        """Each against each, where both gave gradients that can be compared."""
        given = {
            name: a.gradients for name, a in sorted(answers.items()) if isinstance(a, Answer) and self._comparable(a)
        }
        for first, second in itertools.combinations(given, 2):
            differences = [
                float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64)) / bound))
                for point, ours, theirs in zip(self.points, given[first], given[second], strict=True)
                for a, b, bound in zip(ours, theirs, point.bound, strict=True)
            ]
            largest = float(np.max(differences))  # NaN where any is NaN
            yield Pair(
                first=first,
                second=second,
                workload=self.workload.name,
                dtype=self.dtype,
                points=len(self.points),
                difference_over_bound=_finite(largest),
                verdict=INSIDE if largest <= 2 else OUTSIDE,
            )

    def endings(self, answers: Mapping[str, Answer | str]) -> Iterator[TrainingEnd]:
        """Where each training ended, in the workload's own dtype."""
        ends = {name: a.ending for name, a in sorted(answers.items()) if isinstance(a, Answer) and a.ending}
        complaints = {
            name: self._malformed(end.parameters) or self.workload.complaint(end.predictions, end.loss, end.parameters)
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
                if not apart <= AGREEMENT:
                    complaint = f"parameters {apart:.2g} from those of {REFERENCE}, expected at most {AGREEMENT:g}"
            yield TrainingEnd(
                implementation=name,
                workload=self.workload.name,
                epochs=self.workload.epochs,
                predictions=[_finite(float(p)) for p in end.predictions.ravel()],
                loss=_finite(end.loss),
                difference_from_reference=apart,
                verdict=OUTSIDE if complaint else INSIDE,
                reason=f"after {self.workload.epochs} epochs: {complaint}" if complaint else None,
            )

    def _malformed(self, arrays: Parameters) -> str | None:
        """How arrays are not like the workload's parameters, or not finite; None where they are."""
        expected = [p.shape for p in self.workload.initial_parameters]
        if [a.shape for a in arrays] != expected:
            return f"arrays of shapes {[a.shape for a in arrays]}, expected {expected}"
        for array in arrays:
            if array.dtype != self.dtype:
                return f"{array.dtype}, expected {self.dtype}"
            if not np.all(np.isfinite(array)):
                return "a number that is not finite"
        return None

    def _comparable(self, answer: Answer) -> bool:
        shapes = [p.shape for p in self.workload.initial_parameters]
        return all([g.shape for g in gradient] == shapes for gradient in answer.gradients)


def _compare(name: str, gradient: list[Array], point: Point, which: int) -> Finding:
    """One parameter tensor against the truth. What cannot be compared is infinitely wrong."""
    expected = point.parameters[which]
    if len(gradient) != len(point.parameters):
        return Finding(math.inf, f"{len(gradient)} gradients, expected {len(point.parameters)}")
    given = gradient[which]
    if given.shape != expected.shape:
        return Finding(math.inf, f"{name} has the shape {given.shape}, expected {expected.shape},")
    if given.dtype != expected.dtype:
        return Finding(math.inf, f"{name} is {given.dtype}, expected {expected.dtype},")
    ratios = oracle.errors(given, point.truth[which]) / point.bound[which]
    ratios[~(ratios <= math.inf)] = math.inf  # NaN is as wrong as can be
    index = np.unravel_index(np.argmax(ratios), ratios.shape)
    worst, value, truth = float(ratios[index]), float(given[index]), float(point.truth[which][index])
    place = [int(i) for i in index]
    reason = f"{name}{place} is {value!r}, the truth {truth!r}, the error {worst:.3g} times the bound,"
    return Finding(worst, reason, place, value, truth)


def _finite(number: float | None) -> float | None:
    """JSON knows neither NaN nor infinity."""
    return number if number is not None and math.isfinite(number) else None
