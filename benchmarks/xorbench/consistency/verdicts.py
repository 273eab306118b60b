"""Rules on the report of the judge: each verdict follows from its numbers, and what was timed has passed."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from xorbench.contract import REFERENCE
from xorbench.judging.audit import DIGITS
from xorbench.judging.bias import Factor
from xorbench.judging.truths import inside
from xorbench.record.report import (
    FAILED,
    INSIDE,
    LEAST_FACTOR_POINTS,
    MISSING,
    NOT_OFFERED,
    OUTSIDE,
    Bias,
    Conduct,
    Counterexample,
    Judgement,
    Mistake,
    Pair,
    TrainingEnd,
)
from xorbench.record.run import Record
from xorbench.workloads import Array, Workload, named

CLOSE = 1e-9
"""The distance at which two numbers that were computed by the same formula differ."""


def bounds(record: Record) -> Iterator[str]:
    """A quantity is inside exactly if its largest error is at most its bound, and a pair at most two bounds."""
    for number, row in enumerate(record.gradients.rows):
        place = f"$.gradients.rows[{number}].verdict"
        if row.verdict == INSIDE and (row.of_bound is None or not _within(row.of_bound.largest)):
            largest = row.of_bound.largest if row.of_bound else None
            yield f"{place}: inside with an error of {largest} bounds, expected at most 1"
        if row.verdict == OUTSIDE and row.of_bound and _within(row.of_bound.largest):
            yield f"{place}: outside with an error of {row.of_bound.largest} bounds, expected inside"
        if row.verdict == INSIDE and not row.points:
            yield f"{place}: inside at no point"
        if row.verdict in (MISSING, NOT_OFFERED) and row.of_bound:
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


def once(record: Record) -> Iterator[str]:
    """Every quantity, factor, conduct and trained network is judged once."""
    report = record.gradients
    for name in ("rows", "biases", "conduct", "endings"):
        seen: set[tuple[str, ...]] = set()
        for number, one in enumerate(getattr(report, name)):
            key = tuple(getattr(one, part, "") for part in ("implementation", "workload", "dtype", "parameter"))
            if key in seen:
                yield f"$.gradients.{name}[{number}]: {' '.join(key).strip()} again, expected once"
            seen.add(key)


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


def endings(record: Record) -> Iterator[str]:
    """Predictions, loss and difference of a trained network are those of its parameters, and meet the known answer."""
    ends = {(end.implementation, end.workload): end for end in record.gradients.endings}
    for number, end in enumerate(record.gradients.endings):
        place, workload = f"$.gradients.endings[{number}]", named(end.workload)
        if end.parameters is None or end.verdict != INSIDE:
            if end.verdict == INSIDE and not record.is_sweep:  # a sweep keeps no trained parameters
                yield f"{place}.parameters: none, expected those of a training that is inside"
            continue
        parameters = _arrays(end.parameters, workload)
        if parameters is None:
            yield f"{place}.parameters: not of the shapes {workload.shapes}, which {workload.name} has"
            continue
        tolerance = CLOSE if workload.dtype == "float64" else 1e-4
        with np.errstate(over="ignore"):
            predictions = 1 / (1 + np.exp(-workload.logits(parameters)))
        if not _close([math.nan if p is None else p for p in end.predictions], predictions.ravel().tolist(), tolerance):
            yield f"{place}.predictions: {end.predictions}, expected {predictions.ravel().tolist()} of its parameters"
        elif not _close([math.nan if end.loss is None else end.loss], [float(workload.losses(parameters))], tolerance):
            yield f"{place}.loss: {end.loss}, expected {float(workload.losses(parameters))} of its parameters"
        elif complaint := workload.complaint(predictions, float(workload.losses(parameters)), parameters):
            yield f"{place}.verdict: inside, but {complaint}"
        elif (reference := ends.get((REFERENCE, end.workload))) and reference.parameters is not None:
            theirs = _arrays(reference.parameters, workload)
            if theirs is None:
                yield f"$.gradients.endings: those of {REFERENCE} on {workload.name} are not of its shapes"
            else:
                yield from _apart(place, workload, parameters, theirs, end.difference_from_reference)


def _arrays(parameters: list[list[list[float]]], workload: Workload) -> list[Array] | None:
    """Return trained parameters as arrays, or None if they are not of the workload's shapes."""
    shapes = [(len(tensor), *{len(line) for line in tensor}) for tensor in parameters]
    return [np.array(tensor) for tensor in parameters] if shapes == workload.shapes else None


def _apart(
    place: str, workload: Workload, ours: list[Array], theirs: list[Array], stated: float | None
) -> Iterator[str]:
    apart = max(float(np.max(np.abs(one - other))) for one, other in zip(ours, theirs, strict=True))
    if stated is None or abs(stated - apart) > CLOSE * max(1.0, apart) or apart > workload.agreement:
        yield f"{place}.difference_from_reference: {stated}, expected {apart}, at most {workload.agreement}"


def passed(record: Record) -> Iterator[str]:
    """Yield rows that were timed or counted although the judge did not pass them completely in the timed dtype."""
    judged: dict[tuple[str, str], set[str]] = defaultdict(set)
    dtypes = {workload.name: workload.dtype for workload in record.workloads}
    for row in record.gradients.rows:
        if row.dtype == dtypes[row.workload] and row.verdict == INSIDE:
            judged[row.implementation, row.workload].add(row.parameter)
    conduct = {(c.implementation, c.workload) for c in record.gradients.conduct if c.dtype == dtypes[c.workload]}
    trained = {(end.implementation, end.workload) for end in record.gradients.endings}
    to_the_end = {end.workload for end in record.gradients.endings}
    expected_ends = bool(record.gradients.asked and record.timings) and not record.settings.quick
    quantities: dict[tuple[str, str], set[str]] = defaultdict(set)
    judgements: list[Judgement | Bias] = [*record.gradients.rows, *record.gradients.biases]
    for part in judgements:
        is_certain = not isinstance(part, Bias) or part.points >= LEAST_FACTOR_POINTS
        if is_certain and part.dtype == dtypes[part.workload]:
            what = "the systematic factor in " if isinstance(part, Bias) else ""
            quantities[part.implementation, part.workload].add(f"{what}{part.parameter}")
    measured = {(row.implementation, row.workload): "$.timings: {} was timed on {}" for row in record.timings}
    counted = record.counts.counted if record.counts else []
    measured |= {(row.implementation, row.workload): "$.counts: {} was counted on {}" for row in counted}
    for (name, workload), what in measured.items():
        was = what.format(name, workload)
        if refused := record.gradients.refusal(name, workload):
            yield f"{was}, but its verdict is {refused[0]}"
        elif lacking := [p for p in named(workload).parameter_names if p not in judged[name, workload]]:
            yield f"{was}, but its gradient by {lacking[0]} was not judged"
        elif (name, workload) not in conduct:
            yield f"{was}, but was not asked twice"
        elif (name, workload) not in trained and (workload in to_the_end or expected_ends):
            yield f"{was}, but its trained parameters were not judged"
        elif lacking := sorted(quantities[REFERENCE, workload] - quantities[name, workload]):
            yield f"{was}, but {lacking[0]} was not judged, as of {REFERENCE}"


def complete(record: Record) -> Iterator[str]:
    """A report of a run has all parts that the judge makes, and the seed and the points of the settings.

    Up to schema 5, no numbers of points by shape were noted and no systematic factors were estimated.
    """
    report, settings = record.gradients, record.settings
    if report.seed != settings.seed:
        yield f"$.gradients.seed: {report.seed}, expected {settings.seed} of the settings"
    if report.points != settings.points:
        yield f"$.gradients.points: {report.points}, expected {settings.points} of the settings"
    if not report.asked:
        if report.biases or report.mistakes:
            yield "$.gradients.asked: none, expected the numbers of points at which biases and mistakes were found"
        return
    dtypes = {workload.name: workload.dtype for workload in record.workloads}
    for name in dict.fromkeys(timing.workload for timing in record.timings):
        timed = {timing.implementation for timing in record.timings if timing.workload == name}
        key = (name, dtypes[name])
        paired = {n for pair in report.pairs if (pair.workload, pair.dtype) == key for n in (pair.first, pair.second)}
        if key not in {(asked.workload, asked.dtype) for asked in report.asked}:
            yield f"$.gradients.asked: nothing of {name} in {key[1]}, expected the points at which it was judged"
        if not record.is_sweep and key not in {(bias.workload, bias.dtype) for bias in report.biases}:
            yield f"$.gradients.biases: none of {name} in {key[1]}, expected those of what was timed"
        if not settings.quick and key not in {(audit.workload, audit.dtype) for audit in report.audits}:
            yield f"$.gradients.audits: none of {name} in {key[1]}, expected that of the true gradient"
        if not settings.quick and len(timed) > 1 and (lacking := sorted(timed - paired)):
            yield f"$.gradients.pairs: {lacking[0]} was compared with no other on {name} in {key[1]}"


def decides(record: Record) -> Iterator[str]:
    """The dtype in which a workload is timed decides."""
    dtypes = {workload.name: workload.dtype for workload in record.workloads}
    report = record.gradients
    parts: dict[str, Sequence[Judgement | Bias | Conduct | Pair]] = {
        "rows": report.rows,
        "biases": report.biases,
        "conduct": report.conduct,
        "pairs": report.pairs,
    }
    for name, rows in parts.items():
        for number, row in enumerate(rows):
            if row.dtype == dtypes[row.workload] and not row.decides:
                yield f"$.gradients.{name}[{number}].decides: false in {row.dtype}, in which {row.workload} is timed"


def absent(record: Record) -> Iterator[str]:
    """An implementation that is missing or broken was not timed, and has no verdict but that."""
    absent = {i.name for i in record.implementations if i.missing or i.broken}
    for number, timing in enumerate(record.timings):
        if timing.implementation in absent:
            yield f"$.timings[{number}]: {timing.implementation} was timed, but it is missing or broken"
    for number, row in enumerate(record.gradients.rows):
        if row.implementation in absent and row.verdict not in (MISSING, FAILED, NOT_OFFERED):
            yield f"$.gradients.rows[{number}].verdict: {row.verdict}, but {row.implementation} is missing or broken"


def trajectories(record: Record) -> Iterator[str]:
    """A trajectory has a distance and a loss for each of its epochs, which rise up to the last one of the training."""
    for number, found in enumerate(record.gradients.trajectories):
        place, at = f"$.gradients.trajectories[{number}]", found.at
        for name in ("from_reference", "loss"):
            if len(values := getattr(found, name)) != len(at):
                yield f"{place}.{name}: {len(values)} values, expected {len(at)}, one for each epoch"
        if len(found.from_truth) > len(at):
            yield f"{place}.from_truth: {len(found.from_truth)} values, expected at most {len(at)}, one for each epoch"
        if at != sorted({*at}) or max(at, default=0) > found.epochs:
            yield f"{place}.at: expected rising epochs up to {found.epochs}"


def _within(error: float | None) -> bool:
    return error is not None and bool(inside(np.float64(error)))


def _close(some: list[float], others: list[float], tolerance: float) -> bool:
    return len(some) == len(others) and bool(np.allclose(some, others, rtol=tolerance, atol=tolerance))


RULES = (bounds, factors, audited, reasons, once, mistaken, endings, trajectories, passed, complete, decides, absent)
