"""The times of the parts of a step: of the loss, the gradient and the whole epoch, and of single predictions.

All of them are timed in the same rounds, each in a process of its own. Ratios and differences are paired: they come
from the times in the same round, milliseconds apart.

The cheap gradient principle says that a gradient by the reverse mode, which computes the function too, takes at most a
few times the operations of the function, however many parameters there are: A. Griewank and A. Walther, "Evaluating
Derivatives", second edition, SIAM 2008. It bounds operations, not time.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from xorbench.estimates.intervals import Interval, interval, mean, median
from xorbench.estimates.ratios import (
    RowId,
    compared,
    log_ratios,
    log_seconds_per_epoch,
    refusal,
    seconds_per_epoch,
    timings,
)
from xorbench.estimates.timed import Recorded, Timed, once
from xorbench.estimates.timing_table import confidence
from xorbench.measures import MEASURES, Measure
from xorbench.record.run import ImplementationRecord

LIMIT = (4, 5)
"""The theoretical limit of gradient over loss, in operations: 4 or 5, depending on what is counted."""

WITHIN, ABOVE, NOT_SEPARATED = "within", "above", "not separated"


@dataclass(frozen=True)
class Measured:
    """The measures of one implementation on one workload; what was not measured, or has no time, is missing.

    `microseconds` are those of an epoch, or of one call, by measure. `gradient_over_loss` is the ratio of their times,
    and `update_microseconds` the time of an epoch less that of the gradient. `median_microseconds` and
    `percentile_99_microseconds` are those of single predictions of one sample by wall time, without calls that met a
    context switch. `refused` has the reason why a measure has no time, by measure.
    """

    implementation: str
    workload: str
    tier: str
    launches: int
    microseconds: Mapping[Measure, Interval]
    gradient_over_loss: Interval | None
    update_microseconds: Interval | None
    median_microseconds: Interval | None
    percentile_99_microseconds: Interval | None
    refused: Mapping[Measure, str]

    @property
    def against_limit(self) -> str | None:
        """The verdict on gradient over loss against 5 (WITHIN, ABOVE, NOT_SEPARATED); None without an interval."""
        ratio = self.gradient_over_loss
        if ratio is None or ratio.low is None or ratio.high is None:
            return None
        return WITHIN if ratio.high <= LIMIT[1] else ABOVE if ratio.low > LIMIT[1] else NOT_SEPARATED


@once
def measured(recorded: Recorded) -> list[Measured]:
    """Return the measures of each implementation, by workload and tier, and then by rising time of an epoch.

    The list is empty if only epochs were measured. Intervals of ratios and differences are simultaneous for the rows
    of a workload and tier, with the record's confidence (Bonferroni).
    """
    record = recorded.record
    if {*record.settings.measures} == {"epoch"}:
        return []
    every = Timed(record.timings, recorded.workloads, recorded.threads, MEASURES)
    found = []
    for workload in recorded.workloads:
        there = {timing.implementation for timing in every.timings if timing.workload == workload}
        there |= {failure.implementation for failure in record.failures if failure.workload == workload}
        for tier in dict.fromkeys(i.tier for i in record.implementations):
            rows = [i for i in record.implementations if i.name in there and i.tier == tier]
            of = confidence(recorded, len(rows))
            found += sorted((_row(recorded, every, workload, i, of) for i in rows), key=_epoch)
    return found


def _epoch(row: Measured) -> float:
    return row.microseconds["epoch"].value if "epoch" in row.microseconds else math.inf


def _row(recorded: Recorded, every: Timed, workload: str, about: ImplementationRecord, of: float) -> Measured:
    row_ids = {m: RowId(about.name, measure=m) for m in MEASURES if m in recorded.record.settings.measures}
    logarithms = {m: log_seconds_per_epoch(every, workload, one) for m, one in row_ids.items()}
    ratios = log_ratios(every, workload, *_both("gradient", "loss", about.name))
    update = _update(every, workload, about.name)
    of_calls = timings(every, workload, RowId(about.name, measure="predict")).values()
    latencies = [timing.latency for timing in of_calls if timing.latency is not None]
    reasons = {m: _reason(recorded, every, workload, one) for m, one in row_ids.items()}
    return Measured(
        implementation=about.name,
        workload=workload,
        tier=about.tier,
        launches=max(map(len, logarithms.values())),
        microseconds={m: interval(logs).times(1e6) for m, logs in logarithms.items() if logs},
        gradient_over_loss=interval(ratios, of) if ratios else None,
        update_microseconds=mean(update, of) if update else None,
        median_microseconds=_of_calls([one.median_nanoseconds for one in latencies]),
        percentile_99_microseconds=_of_calls([one.percentile_99_nanoseconds for one in latencies]),
        refused={m: reason for m, reason in reasons.items() if reason is not None},
    )


def _both(one: Measure, other: Measure, name: str) -> tuple[RowId, RowId]:
    return RowId(name, measure=one), RowId(name, measure=other)


def _update(every: Timed, workload: str, name: str) -> list[float]:
    """Return for each launch the microseconds of an epoch less those of the gradient.

    That is the time of an epoch times the share of it, from paired rounds, that the gradient does not take.
    """
    gradient, epoch = _both("gradient", "epoch", name)
    seconds = seconds_per_epoch(every, workload, epoch)
    shares = compared(every, workload, gradient, epoch).published
    return [
        1e6 * seconds[launch] * -math.expm1(median(found))
        for launch, found in shares.items()
        if launch in seconds and len(found)
    ]


def _of_calls(nanoseconds: list[int]) -> Interval | None:
    return interval([math.log(value) for value in nanoseconds]).times(1e-3) if nanoseconds else None


def _reason(recorded: Recorded, every: Timed, workload: str, row_id: RowId) -> str | None:
    """Return why a measure was refused or has no time; None if it has one."""
    if broken := refusal(every, workload, row_id):
        return broken
    if timings(every, workload, row_id):
        return None
    row = row_id.implementation, workload, row_id.measure, row_id.copy
    failed = (f.reason for f in recorded.record.failures if (f.implementation, f.workload, f.measure, f.copy) == row)
    return next(failed, None)
