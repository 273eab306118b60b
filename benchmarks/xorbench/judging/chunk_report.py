"""The report of the judge over numbered points, made from what was found in chunks."""

from collections.abc import Sequence

from xorbench.contract import Implementation
from xorbench.judging.chunks import DTYPES, Found, Row
from xorbench.judging.layout import layout_of
from xorbench.record.parts import Verdict
from xorbench.record.report import FAILED, MISSING, Judgement, Report
from xorbench.workloads import Workload


def report(found: Found, implementations: Sequence[Implementation], workloads: Sequence[Workload], seed: int) -> Report:
    """Return what was found at numbered points as a report of the judge, with rows for each quantity in both dtypes.

    They are in the order of `implementations`, then of `workloads`. An implementation that is missing or broken has
    rows that say so.
    """
    rows = {row.key: row for row in found.rows}
    report = Report(seed, found.points, rows=[], pairs=[], endings=[], conduct=[])
    for implementation in implementations:
        for workload in workloads:
            for dtype in DTYPES:
                for group in layout_of(workload).groups:
                    row = rows.get((implementation.name, workload.name, dtype, group))
                    decides = dtype == workload.dtype
                    about = implementation.name, workload.name, dtype, group
                    if row is None:
                        verdict: Verdict = FAILED if implementation.broken else MISSING
                        reason = implementation.broken or implementation.missing or "it was not asked"
                        report.rows.append(Judgement(*about, 0, verdict, reason, decides=decides))
                        continue
                    report.rows.append(_judgement(row, decides))
                    if factor := row.sums.factor:
                        report.biases.append(factor.bias(*about, decides))
    return report


def _reason(row: Row) -> str | None:
    """Return at how many points there was no answer inside its bound, by kind, and the reason at the first of them."""
    if not row.failures:
        return None
    first, kinds = row.failures[0], {"no answer": row.failed, "a wrong one": row.wrong, "none offered": row.not_offered}
    told = [f"{what} at {_points(number)}" for what, number in kinds.items() if number]
    if row.failed or len(told) > 1:
        return f"{', '.join(told)}, first at point {first.point}: {first.reason}"
    return f"{first.reason}, and at {_points(row.wrong - 1, 'more ')}" if row.wrong > 1 else first.reason


def _points(number: int, more: str = "") -> str:
    return f"{number:,} {more}point{'s' * (number > 1)}"


def _judgement(row: Row, decides: bool) -> Judgement:
    return Judgement(
        implementation=row.implementation,
        workload=row.workload,
        dtype=row.dtype,
        parameter=row.parameter,
        points=row.points,
        verdict=row.verdict,
        reason=_reason(row),
        of_bound=row.largest,
        not_judged=row.not_judged,
        decides=decides,
    )
