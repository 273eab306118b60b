"""Rules on the verdicts of the judge: each follows from its numbers."""

from collections.abc import Iterator, Sequence

import numpy as np

from xorbench.judging.audit import DIGITS
from xorbench.judging.bias import Factor
from xorbench.judging.truths import inside
from xorbench.record.report import (
    FAILED,
    INSIDE,
    MISSING,
    NOT_OFFERED,
    OUTSIDE,
    Bias,
    Conduct,
    Counterexample,
    Judgement,
    Mistake,
    TrainingEnd,
)
from xorbench.record.run import Record


def bounds(record: Record) -> Iterator[str]:
    """A quantity is inside exactly if its largest error is at most its bound, and a pair at most two bounds.

    What is not offered, for a reason, may have an error within the bound at other points.
    """
    for number, row in enumerate(record.gradients.rows):
        place = f"$.gradients.rows[{number}].verdict"
        if row.verdict == INSIDE and (row.of_bound is None or not _within(row.of_bound.largest)):
            largest = row.of_bound.largest if row.of_bound else None
            yield f"{place}: inside with an error of {largest} bounds, expected at most 1"
        if row.verdict == OUTSIDE and row.of_bound and _within(row.of_bound.largest):
            yield f"{place}: outside with an error of {row.of_bound.largest} bounds, expected inside"
        if row.verdict == INSIDE and not row.points:
            yield f"{place}: inside at no point"
        offered_elsewhere = row.verdict == NOT_OFFERED and row.reason and row.of_bound and _within(row.of_bound.largest)
        if row.verdict in (MISSING, NOT_OFFERED) and row.of_bound and not offered_elsewhere:
            yield f"{place}: {row.verdict}, but there is an error of {row.of_bound.largest} bounds"
    for number, pair in enumerate(record.gradients.pairs):
        apart = pair.difference_over_bound
        if (pair.verdict == INSIDE) != (apart is not None and apart <= 2):
            yield f"$.gradients.pairs[{number}].verdict: {pair.verdict} with a difference of {apart} bounds"


def factors(record: Record) -> Iterator[str]:
    """A systematic factor is outside exactly if it is beyond its limit by five standard errors, at enough points."""
    for number, bias in enumerate(record.gradients.biases):
        found = Factor(bias.factor_units, bias.standard_error_units, bias.points)
        if (expected := OUTSIDE if found.refused else INSIDE) != bias.verdict:
            yield (
                f"$.gradients.biases[{number}].verdict: {bias.verdict} with a factor {bias.factor_units:g} u from 1, "
                f"standard error {bias.standard_error_units:g} u, at {bias.points} points, expected {expected}"
            )


def audited(record: Record) -> Iterator[str]:
    """The audits of the oracle agree; otherwise nothing could be judged."""
    for number, audit in enumerate(record.gradients.audits):
        step, place = audit.complex_step_of_bound, f"$.gradients.audits[{number}].verdict"
        if audit.verdict != INSIDE:
            yield f"{place}: {audit.verdict}, expected inside, because nothing else could be judged"
        elif not (audit.digits >= DIGITS and (step is None or _within(step))):
            yield f"{place}: inside with {audit.digits} digits in common and {step} bounds"


def reasons(record: Record) -> Iterator[str]:
    """A verdict "inside" has no reason of a refusal; of a conduct it says whether a second call gave the same bits."""
    report = record.gradients
    parts: dict[str, Sequence[Judgement | Bias | Conduct | TrainingEnd]] = {
        "rows": report.rows,
        "biases": report.biases,
        "conduct": report.conduct,
        "endings": report.endings,
    }
    for name, rows in parts.items():
        for number, one in enumerate(rows):
            if one.verdict == INSIDE and one.reason:
                yield f"$.gradients.{name}[{number}].verdict: inside, but there is a reason: {one.reason[:100]}"
    for number, asked in enumerate(report.conduct):
        if asked.verdict == INSIDE and asked.same_process is None:
            yield f"$.gradients.conduct[{number}].same_process: null, expected true or false of what is inside"


def mistaken(record: Record) -> Iterator[str]:
    """Only answers that did not pass have a mistake or a counterexample."""
    report = record.gradients
    judged: list[Judgement | Bias] = [*report.rows, *report.biases]
    wrong = {(r.implementation, r.workload, r.dtype) for r in judged if r.verdict in (OUTSIDE, FAILED)}
    parts: dict[str, Sequence[Mistake | Counterexample]] = {
        "mistakes": report.mistakes,
        "counterexamples": report.counterexamples,
    }
    for name, found in parts.items():
        for number, one in enumerate(found):
            if (one.implementation, one.workload, one.dtype) not in wrong:
                of = f"{one.implementation} on {one.workload} in {one.dtype}"
                yield f"$.gradients.{name}[{number}]: {of}, which has no wrong answer"


def _within(error: float | None) -> bool:
    return error is not None and bool(inside(np.float64(error)))


RULES = (bounds, factors, audited, reasons, mistaken)
