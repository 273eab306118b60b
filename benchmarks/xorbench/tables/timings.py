"""Tables of times: the time of an epoch in one record, and changes between two records."""

from collections.abc import Iterator, Sequence, Set

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.timing_table import Row
from xorbench.record.report import Conduct, Judgement
from xorbench.record.run import WorkloadRecord
from xorbench.tables.captions import how_timed, together
from xorbench.tables.cells import NONE, NOT_APPLICABLE, Table, between, three_digits, with_ends
from xorbench.tables.verdict_words import in_other_dtypes, worded
from xorbench.tables.weaknesses import weaknesses

RATIO = f"time / {REFERENCE}"
START = "start of training, µs"
IDLE = "idle share"

MOST_IDLE = 0.02
"""Share of the CPU time of a row above which the table has a column for idle shares."""

MOST_START = 0.05
"""Share of a round that the start of a training takes above which a note mentions it."""


def timings(analysis: Analysis) -> list[Table]:
    """Return a table for each workload with the implementations of the tier of the baseline.

    Idiomatic and tuned implementations are never in the same table.
    """
    return _of_tier(analysis, {reference_tier(analysis)})


def tuned(analysis: Analysis) -> list[Table]:
    """Return a table for each workload with the implementations of the other tier, over the same baseline."""
    return _of_tier(analysis, {i.tier for i in analysis.record.implementations} - {reference_tier(analysis)})


def reference_tier(analysis: Analysis) -> str:
    """Return the tier of the baseline."""
    tier: str = next(i.tier for i in analysis.record.implementations if i.name == REFERENCE)
    return tier


def _of_tier(analysis: Analysis, tiers: Set[str]) -> list[Table]:
    own = reference_tier(analysis)
    shown = []
    every = analysis.rows
    for workload in analysis.record.workloads:
        floor = analysis.noise_floor_of(workload.name)
        found = [row for row in every if row.workload == workload.name]
        for tier in sorted(tiers & {row.tier or own for row in found}):
            chosen = [row for row in found if (row.tier or own) == tier]
            idle = any((row.idle_share or 0) > MOST_IDLE for row in chosen)
            lines = [_timing(row, idle) for row in chosen]
            measured = [row.ratio for row in chosen]
            if tier == own and floor:
                lines.append(_second_copy(floor, idle))
                measured.append(floor)
            compared = len([row for row in chosen if row.ratio is not None and not row.is_baseline])
            reasons = [f"{row.implementation} is {worded(row.verdict)}: {row.reason}." for row in chosen if row.reason]
            remarks = [sentence for row in chosen for sentence in _remarks(row)]
            remarks += _in_other_dtypes(analysis, chosen)
            shown.append(
                Table(
                    title=f"{label(workload)}, {tier}",
                    frame=pd.DataFrame(lines, dtype=object),
                    notes=[
                        *reasons,
                        *remarks,
                        together(analysis, compared),
                        *how_timed(analysis),
                        *_rounds_used(chosen),
                    ],
                    warnings=weaknesses(analysis),
                    measured=measured,
                )
            )
    return shown


def label(workload: WorkloadRecord) -> str:
    """Return the name of a workload with its layer sizes and dtype."""
    return f"{workload.name} (layer sizes {'-'.join(map(str, workload.layer_sizes))}, {workload.dtype})"


def _remarks(row: Row) -> Iterator[str]:
    """Yield sentences that qualify the numbers of a row: slow states of the machine, a costly start of a training."""
    if row.slow_factor is not None:
        yield f"{row.implementation}: its ratio is {row.slow_factor:.2f} times as large while the machine is slow."
    if row.start_share is not None and row.start_share > MOST_START and row.microseconds_per_epoch is not None:
        each = row.microseconds_per_epoch.value * (1 - row.start_share)
        yield (
            f"{row.implementation}: the start of a training takes {row.start_share:.0%} of a round; "
            f"without it an epoch takes {three_digits(each)} µs."
        )


def _in_other_dtypes(analysis: Analysis, rows: Sequence[Row]) -> list[str]:
    """Return sentences on the verdicts of the judge on `rows` in dtypes in which their workload is not timed."""
    shown, report = {(row.implementation, row.workload) for row in rows}, analysis.record.gradients
    judged: list[Judgement | Conduct] = [*report.rows, *report.conduct]
    return in_other_dtypes(row for row in judged if (row.implementation, row.workload) in shown)


def _rounds_used(rows: Sequence[Row]) -> Iterator[str]:
    """Yield sentences that name the rounds over which the ratios were computed."""
    others = [row for row in rows if row.ratio is not None and not row.is_baseline]
    shares = [row.quiet_share for row in others if row.quiet_share is not None]
    over_all = [row.implementation for row in others if row.quiet_share is None]
    if over_all:
        whose = f"Ratios of {', '.join(over_all)}" if shares else "Ratios"
        yield f"{whose} are over all rounds: the state of the machine is unknown, or it was slow in most rounds."
    if shares:
        low, high = min(shares), max(shares)
        share = f"{low:.0%}" if round(low, 2) == round(high, 2) else f"{low:.0%} to {high:.0%}"
        yield (
            f"{'Other ratios' if over_all else 'Ratios'} are over the {share} of rounds in which the machine was not "
            "slow, judged by the times of the other rows."
        )


def _timing(row: Row, idle: bool) -> dict[str, str]:
    if row.ratio is None:
        step = value = ends = worded(row.verdict)
    else:
        step, _ = with_ends(row.microseconds_per_epoch, row.launches)
        value, ends = ("1", NOT_APPLICABLE) if row.is_baseline else with_ends(row.ratio, row.launches)
    return {
        "rank": NOT_APPLICABLE if row.rank is None else str(row.rank),
        "implementation": row.implementation,
        "execution": ", ".join(filter(None, (row.execution, row.granularity))),
        "µs per epoch": step,
        RATIO: value,
        "95 % interval": ends,
        START: NONE
        if row.start_microseconds is None
        else between(row.start_microseconds, processes=row.launches, signed=True),
        **({IDLE: NONE if row.idle_share is None else f"{row.idle_share:.0%}"} if idle else {}),
        "verdict": worded(row.verdict),
    }


def _second_copy(floor: Interval, idle: bool) -> dict[str, str]:
    value, ends = with_ends(floor)
    return {
        "rank": NOT_APPLICABLE,
        "implementation": f"{REFERENCE}, second copy",
        "execution": NOT_APPLICABLE,
        "µs per epoch": NOT_APPLICABLE,
        RATIO: value,
        "95 % interval": ends,
        START: NOT_APPLICABLE,
        **({IDLE: NOT_APPLICABLE} if idle else {}),
        "verdict": "noise floor",
    }
