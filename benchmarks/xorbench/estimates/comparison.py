"""Comparison of two records: the change of each ratio, or the reason why the two ratios cannot be compared.

The interval of a change includes the variation within both runs and the variation from run to run of the same code: two
runs half an hour apart differ by more than their own intervals account for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates import noise_floor
from xorbench.estimates.intervals import Interval, difference
from xorbench.estimates.ratios import RowId, log_ratios
from xorbench.estimates.rounds import by_cpu
from xorbench.estimates.timed import Recorded
from xorbench.estimates.timing_table import Row, rows
from xorbench.record.run import Record
from xorbench.record.settings import CONFIDENCE
from xorbench.workloads import Recipe

FASTER, SLOWER, NOT_SEPARATED, NOT_COMPARABLE = "faster", "slower", "not separated", "not comparable"

BETWEEN_RUNS = 0.02
"""The standard deviation of a ratio from run to run of the same code on one machine, as a share of the ratio."""

SAME_PROBLEM = ("layer_sizes", *Recipe._fields, "dtype", "samples", "parameters_sha256")


@dataclass(frozen=True)
class Change:
    """The change of one row from record A to record B: `change` is the ratio in B over the ratio in A."""

    implementation: str
    workload: str
    verdict: str
    before: float | None = None
    after: float | None = None
    change: Interval | None = None
    reason: str | None = None

    def slower_by(self, limit: float) -> bool:
        """Return whether the whole interval of the change is above 1 + `limit`."""
        return self.change is not None and self.change.low is not None and self.change.low > 1 + limit


def changes(before: Recorded, after: Recorded, between_runs: float = BETWEEN_RUNS) -> list[Change]:
    """Return the change of every row of `before` except the baseline, with simultaneous intervals (Bonferroni).

    `between_runs` is the standard deviation of a ratio from run to run, as a share of the ratio.
    """
    first, second = (_rows(recorded) for recorded in (before, after))
    reasons = {key: _reason(before, after, first[key], second.get(key)) for key in first}
    comparable = [key for key, reason in reasons.items() if reason is None]
    of = 1 - (1 - CONFIDENCE) / max(1, len(comparable))
    found = []
    for (workload, name), row in first.items():
        key = workload, name
        new = _value(second[key]) if key in second else None
        if key not in comparable:
            found.append(Change(name, workload, NOT_COMPARABLE, _value(row), new, reason=reasons[key]))
            continue
        one, two = (log_ratios(recorded, workload, RowId(name)) for recorded in (before, after))
        change = difference(one, two, of, between_runs)
        verdict = change.verdict if change.verdict in (FASTER, SLOWER) else NOT_SEPARATED
        found.append(Change(name, workload, verdict, _value(row), new, change))
    return found


def _rows(recorded: Recorded) -> dict[tuple[str, str], Row]:
    return {(row.workload, row.implementation): row for row in rows(recorded) if row.implementation != REFERENCE}


def _value(row: Row) -> float | None:
    return row.ratio.value if row.ratio else None


@dataclass(frozen=True)
class Limits:
    """The limits of a gate, as shares: that of every row, or None, and those of the rows of single implementations."""

    every: float | None
    by_name: Mapping[str, float]

    def of(self, change: Change) -> float | None:
        """Return the limit of a row; None if it has none."""
        return self.by_name.get(change.implementation, self.every)


def failures(found: Sequence[Change], limits: Limits, exceeds: str = "is slower") -> list[str]:
    """Return a sentence for each row that exceeds its limit, and one for rows with a limit that cannot be compared.

    `exceeds` says what such a row does.

    A row exceeds its limit if the whole interval of its change does. If no row has a limit, that is a failure too,
    because nothing was checked.
    """
    limited = [(change, limit) for change in found if (limit := limits.of(change)) is not None]
    sentences = [
        f"{change.implementation} ({change.workload}) {exceeds} by more than its limit of {limit * 100:.3g} %."
        for change, limit in limited
        if change.slower_by(limit)
    ]
    if unknown := sum(change.reason is not None for change, _ in limited):
        sentences.append(f"{unknown} row{'s' * (unknown > 1)} with a limit cannot be compared.")
    return sentences if limited else ["No row of A has a limit."]


def notes(before: Recorded, after: Recorded) -> list[str]:
    """Return a sentence for each other difference between A and B: rows, versions, sources, Python."""
    found = []
    first, second = (_keys(recorded) for recorded in (before, after))
    if added := sorted(second - first):
        found.append(f"Only in B: {', '.join(f'{name} ({workload})' for workload, name in added)}.")
    about = [{i.name: i for i in recorded.record.implementations} for recorded in (before, after)]
    both = [(name, about[0][name], about[1][name]) for name in sorted(about[0].keys() & about[1].keys())]
    versions = {name: f"{old.version} to {new.version}" for name, old, new in both if old.version != new.version}
    sources = [name for name, old, new in both if old.source_sha256 != new.source_sha256]
    if versions:
        found.append(f"Versions changed: {', '.join(f'{name} from {which}' for name, which in versions.items())}.")
    if sources:
        found.append(f"Sources changed: {', '.join(sources)}.")
    if REFERENCE in (*versions, *sources) and before.record.counts is None:
        found.append(f"{REFERENCE} is the baseline: if all ratios changed alike, the baseline changed.")
    python = [recorded.record.environment.versions["python"] for recorded in (before, after)]
    if python[0] != python[1]:
        found.append(f"Python changed from {python[0]} to {python[1]}.")
    return found


def _keys(recorded: Recorded) -> set[tuple[str, str]]:
    """Return the workload and the implementation of each row that can be compared."""
    if counts := recorded.record.counts:
        return {(row.workload, row.implementation) for row in counts.rows}
    return {*_rows(recorded)}


def _reason(before: Recorded, after: Recorded, old: Row | None, new: Row | None) -> str | None:
    """Return the reason why a row cannot be compared, in one line; None if it can be compared."""
    if before.record.machine.name != after.record.machine.name:
        return f"the machines differ: {before.record.machine.name} in A, {after.record.machine.name} in B"
    clocks = ["CPU time" if by_cpu(recorded) else "wall time" for recorded in (before, after)]
    if clocks[0] != clocks[1]:
        return f"the clocks differ: {clocks[0]} in A, {clocks[1]} in B"
    for name, recorded, row in (("A", before, old), ("B", after, new)):
        if row is None:
            return f"not in {name}"
        if row.ratio is None:
            return f"no time in {name}: {row.reason or row.verdict}"
        if row.launches < 2:
            return f"one launch in {name}, expected at least 2 for an interval"
        if why := noise_floor.unfit(recorded):
            return f"{name} is unfit: {why}"
    if old and (why := problems_differ(before.record, after.record, old.workload)):
        return why
    if old and new and (old.tier, old.granularity) != (new.tier, new.granularity):
        return f"tier or granularity differ: {old.tier}, {old.granularity} in A; {new.tier}, {new.granularity} in B"
    return None


def problems_differ(before: Record, after: Record, workload: str) -> str | None:
    """Return in what the workloads of this name differ, in one line; None if in nothing, or if one has no such one."""
    one, other = (next((w for w in record.workloads if w.name == workload), None) for record in (before, after))
    if one is None or other is None:
        return None
    changed = [key for key in SAME_PROBLEM if getattr(one, key) != getattr(other, key)]
    return f"the workloads differ in: {', '.join(changed)}" if changed else None
