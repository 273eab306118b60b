"""Comparison of two records of counts: by which factor the instructions of an epoch changed."""

from xorbench.estimates.comparison import FASTER, NOT_COMPARABLE, NOT_SEPARATED, SLOWER, Change, problems_differ
from xorbench.estimates.intervals import Interval
from xorbench.record.counts import Counts
from xorbench.record.run import Record

REPEATS = 0.005
"""The largest change of a count from process to process of the same code, as a share of the count."""


def changes(before: Record, after: Record, repeats: float = REPEATS) -> list[Change]:
    """Return the change of the instructions of an epoch of every row of `before`, the baseline included.

    A row is "slower" if it needs more instructions, by more than the share `repeats`, and "faster" if it needs fewer;
    the interval of its change is the change alone. That of a smaller change also contains 1. Raises ValueError if a
    record has no counts.
    """
    first, second = _counts(before), _counts(after)
    there = {(row.implementation, row.workload): row for row in second.rows}
    found = []
    for row in first.rows:
        name, workload = row.implementation, row.workload
        other = there.get((name, workload))
        old, new = first.per_epoch(row), second.per_epoch(other) if other else None
        reason = _reason(before, after, workload)
        if reason is None and old is None:
            reason = f"not counted in A: {row.reason}"
        if reason is None and new is None:
            reason = f"not counted in B: {other.reason}" if other else "not in B"
        if reason is not None or old is None or new is None:
            found.append(Change(name, workload, NOT_COMPARABLE, old, new, reason=reason))
            continue
        ratio = new / old
        verdict = SLOWER if ratio > 1 + repeats else FASTER if ratio < 1 - repeats else NOT_SEPARATED
        ends = (ratio, 1.0) if verdict == NOT_SEPARATED else (ratio,)
        found.append(Change(name, workload, verdict, old, new, Interval(ratio, min(ends), max(ends))))
    return found


def notes(before: Record, after: Record) -> list[str]:
    """Return a sentence for each difference of both machines and versions of valgrind that leaves counts comparable."""
    one, other = _counts(before), _counts(after)
    found = []
    if before.machine.name != after.machine.name:
        found.append(f"The machines differ: {before.machine.name} in A, {after.machine.name} in B.")
    if one.valgrind != other.valgrind:
        found.append(f"valgrind changed from {one.valgrind} to {other.valgrind}.")
    return found


def _reason(before: Record, after: Record, workload: str) -> str | None:
    """Return the reason why the counts on a workload cannot be compared, in one line; None if they can."""
    first, second = _counts(before), _counts(after)
    if {*first.features} != {*second.features}:
        only = [
            f"only {name} has {', '.join(sorted({*some.features} - {*others.features}))}"
            for name, some, others in (("A", first, second), ("B", second, first))
            if {*some.features} - {*others.features}
        ]
        return f"the processors differ: {'; '.join(only)}"
    return problems_differ(before, after, workload)


def _counts(record: Record) -> Counts:
    if record.counts is None:
        raise ValueError("the record has no counts of instructions; expected one of xorbench count")
    return record.counts
