"""The report of the judge over numbered points, made from what was found in chunks."""

from collections.abc import Sequence

from xorbench.contract import Implementation
from xorbench.judging.chunks import DTYPES, Found, Row
from xorbench.judging.layout import layout_of
from xorbench.record.parts import Verdict
from xorbench.record.report import FAILED, MISSING, OUTSIDE, Judgement, Report
from xorbench.workloads import Workload


def report(found: Found, implementations: Sequence[Implementation], workloads: Sequence[Workload], seed: int) -> Report:
    """Return what was found as a report of the judge, for the views of one, in the order of what is given.

    An implementation that is missing or broken has rows that say so.
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


def _judgement(row: Row, decides: bool) -> Judgement:
    reason = row.failures[0].reason if row.failures else None
    if row.verdict == FAILED:
        reason = f"no answer at {row.failed:,} points, first at point {row.failures[0].point}: {reason}"
    elif row.verdict == OUTSIDE and row.wrong > 1:
        reason = f"{reason}, and at {row.wrong - 1:,} more points"
    return Judgement(
        implementation=row.implementation,
        workload=row.workload,
        dtype=row.dtype,
        parameter=row.parameter,
        points=row.points,
        verdict=row.verdict,
        reason=reason,
        of_bound=row.largest,
        not_judged=row.not_judged,
        decides=decides,
    )
