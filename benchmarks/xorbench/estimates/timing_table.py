"""The rows of the timing table: the ratio of each implementation to the baseline, with interval, rank and verdict."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.ratios import (
    BASELINE,
    RowId,
    compared,
    log_ratios,
    log_seconds_per_epoch,
    refusal,
    start_microseconds,
)
from xorbench.estimates.rounds import epochs_of_a_round, idle_share, timings
from xorbench.estimates.steadiness import drift, unsteady
from xorbench.estimates.timed import Recorded, once
from xorbench.record.run import ImplementationRecord

SEPARATED = ("slower", "faster")

NOT_STEADY = "not steady"


@dataclass(frozen=True)
class Row:
    """One implementation in the table of one workload; the numbers are None if there is no time, because of `reason`.

    A row with a time has a `reason` if it is not steady, or was lost in some launches.
    `rank` is one more than the number of rows of the same table that were shown to be faster, so ties share a rank.
    `start_microseconds` is the time of a training before its first epoch, and `start_share` is that over the time of a
    long round. `idle_share` is the time neither running nor waiting for a CPU, over CPU time. `slow_factor` is the
    ratio in rounds in which the machine was slow over the ratio in quiet rounds, None unless they differ. `quiet_share`
    is the share of quiet rounds, None if all rounds are used.
    """

    implementation: str
    workload: str
    tier: str
    execution: str
    granularity: str
    launches: int
    verdict: str
    reason: str | None = None
    rank: int | None = None
    microseconds_per_epoch: Interval | None = None
    ratio: Interval | None = None
    start_microseconds: Interval | None = None
    start_share: float | None = None
    idle_share: float | None = None
    slow_factor: float | None = None
    quiet_share: float | None = None

    @property
    def is_baseline(self) -> bool:
        """Whether the ratios of the table are over this row; it is the baseline also if its verdict is "not steady"."""
        return self.implementation == REFERENCE and self.ratio is not None


@once
def rows(recorded: Recorded) -> list[Row]:
    """Return for each workload and tier the baseline, the other rows from fastest to slowest, and rows without a time.

    Intervals are simultaneous, with the record's confidence, for all rows of a workload and tier; ranks are so for all
    pairs of these rows (Bonferroni's correction). A row that is not steady has no rank.
    """
    found = []
    for workload in recorded.workloads:
        for tier in dict.fromkeys(i.tier for i in recorded.record.implementations):
            implementations = [i for i in recorded.record.implementations if i.tier == tier]
            ratios = {i.name: log_ratios(recorded, workload, RowId(i.name)) for i in implementations}
            timed = {name: found for name, found in ratios.items() if found}
            together = len(timed.keys() - {REFERENCE})
            table = [_row(recorded, workload, i, ratios[i.name], together) for i in implementations]
            steady = {row.implementation for row in table if row.verdict != NOT_STEADY}
            ranks = _ranks(recorded, workload, {name: found for name, found in timed.items() if name in steady})
            table = [replace(row, rank=ranks.get(row.implementation)) for row in table]
            found += sorted(table, key=lambda row: (not row.is_baseline, row.ratio.value if row.ratio else math.inf))
    return found


def confidence(recorded: Recorded, comparisons: int) -> float:
    """Return the confidence of one interval with which `comparisons` of them hold simultaneously (Bonferroni)."""
    return 1 - (1 - float(recorded.record.plan.confidence)) / max(1, comparisons)


def unresolved(recorded: Recorded, resolution: float) -> list[Row]:
    """Return the rows whose interval includes 1 and has a relative half-width above `resolution`."""
    return [
        row
        for row in rows(recorded)
        if row.ratio
        and not row.is_baseline
        and row.ratio.verdict not in SEPARATED
        and row.ratio.half_width > resolution
    ]


def _row(
    recorded: Recorded, workload: str, implementation: ImplementationRecord, ratios: Sequence[float], together: int
) -> Row:
    name = implementation.name
    row = Row(
        implementation=name,
        workload=workload,
        tier=implementation.tier,
        execution=implementation.execution,
        granularity=implementation.granularity,
        launches=len(ratios),
        verdict="",
    )
    if not ratios:
        verdict, reason = _no_time(recorded, workload, name)
        return replace(row, verdict=verdict, reason=reason)
    of, row_id = confidence(recorded, together), RowId(name)
    found = interval(ratios, of)
    step = interval(log_seconds_per_epoch(recorded, workload, row_id)).times(1e6)
    pair = compared(recorded, workload, row_id, BASELINE)
    moved = unsteady(drift(recorded, workload, row_id, confidence(recorded, together + 1)))
    start = start_microseconds(recorded, workload, row_id, recorded.record.plan.confidence)
    epochs = epochs_of_a_round(recorded, workload, row_id)
    return replace(
        row,
        microseconds_per_epoch=step,
        ratio=found,
        verdict=NOT_STEADY if moved else "baseline" if name == REFERENCE else found.verdict,
        reason=moved or _lost(recorded, workload, name),
        start_microseconds=start,
        start_share=start.value / (step.value * epochs) if start else None,
        idle_share=idle_share(recorded, workload, row_id),
        slow_factor=pair.slow_factor(of),
        quiet_share=pair.quiet_share if pair.by_state else None,
    )


def _ranks(recorded: Recorded, workload: str, ratios: Mapping[str, Sequence[float]]) -> dict[str, int]:
    """Return the ranks of the timed rows; `ratios` has the log-ratios of each to the baseline, by launch."""
    pairs = list(itertools.combinations(ratios, 2))
    ranks = dict.fromkeys(ratios, 1)
    for one, other in pairs:
        if other == REFERENCE:
            one, other = other, one
        if one == REFERENCE:
            found: Sequence[float] = [-ratio for ratio in ratios[other]]
        else:
            found = log_ratios(recorded, workload, RowId(one), RowId(other))
        verdict = interval(found, confidence(recorded, len(pairs))).verdict if found else None
        ranks[one] += verdict == "slower"
        ranks[other] += verdict == "faster"
    return ranks


def _lost(recorded: Recorded, workload: str, name: str) -> str | None:
    """Return, in one line, in how many launches a row was timed and why not in all of them; None if it was in all."""
    timed, launches = timings(recorded, workload, RowId(name)), recorded.record.launches
    missing = {launch.number for launch in launches} - timed.keys()
    for failure in recorded.record.failures:
        if (failure.implementation, failure.copy) == (name, False) and failure.launch in missing:
            return f"it was timed in {len(launches) - len(missing)} of {len(launches)} launches: {failure.reason}"
    return None


def _no_time(recorded: Recorded, workload: str, name: str) -> tuple[str, str | None]:
    """Return verdict and reason of a row without a time: refused by the judge or a ledger, failed, or untimed.

    A process that fails on one workload does not time the others after it.
    """
    if judged := recorded.record.gradients.refusal(name, workload):
        return judged
    if broken := refusal(recorded, workload, RowId(name)):
        return "refused", broken
    row = name, False, "epoch"
    failures = [one for one in recorded.record.failures if (one.implementation, one.copy, one.measure) == row]
    for failure in failures:
        if failure.workload == workload:
            return "failed", failure.reason
    if recorded.record.partial:
        return "untimed", "the run was interrupted"
    if failures and not timings(recorded, workload, RowId(name)):
        return "failed", failures[0].reason
    why = refusal(recorded, workload, BASELINE)
    return "untimed", f"no time of {REFERENCE} to compare with{f': {why}' if why else ''}"
