"""Rules on what was judged: all that was timed, completely, once, and in the dtype that decides."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from xorbench.contract import REFERENCE
from xorbench.record.report import (
    FAILED,
    INSIDE,
    LEAST_FACTOR_POINTS,
    MISSING,
    NOT_OFFERED,
    Bias,
    Conduct,
    Judgement,
    Pair,
)
from xorbench.record.run import Record
from xorbench.workloads import named


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


RULES = (once, passed, complete, decides, absent)
