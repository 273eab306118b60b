"""Two records beside each other: what became of each ratio, where that can be said at all.

The interval of a change holds the variation within both runs, and that from run to run of the same code: two runs half
an hour apart differ by more than their own intervals say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xorbench.contract import REFERENCE
from xorbench.estimates import control
from xorbench.estimates.intervals import CONFIDENCE, Interval, difference
from xorbench.estimates.ratios import Contender, log_ratios
from xorbench.estimates.rounds import by_cpu
from xorbench.estimates.rows import Row, rows
from xorbench.records import Record
from xorbench.workloads import Recipe

FASTER, SLOWER, NOT_SEPARATED, NOT_COMPARABLE = "faster", "slower", "not separated", "not comparable"

BETWEEN_RUNS = 0.02
"""The standard deviation of a ratio from run to run of the same code on one machine, as a share of it."""

_SAME_PROBLEM = ("layer_sizes", *Recipe._fields, "dtype", "samples", "parameters_sha256")


@dataclass(frozen=True)
class Change:
    """What became of one row from record A to record B: `change` is its ratio in B over that in A."""

    implementation: str
    workload: str
    verdict: str
    before: float | None = None
    after: float | None = None
    change: Interval | None = None
    reason: str | None = None

    def slower_by(self, limit: float) -> bool:
        """Whether the whole interval of the change is above this share."""
        return self.change is not None and self.change.low is not None and self.change.low > 1 + limit


def changes(before: Record, after: Record, between_runs: float = BETWEEN_RUNS) -> list[Change]:
    """Every row of A but the baseline's; the intervals hold together: Bonferroni's correction.

    `between_runs` is the standard deviation of a ratio from run to run.
    """
    first, second = (_rows(record) for record in (before, after))
    reasons = {key: _reason(before, after, first[key], second.get(key)) for key in first}
    comparable = [key for key, reason in reasons.items() if reason is None]
    of = 1 - (1 - CONFIDENCE) / max(1, len(comparable))
    found = []
    for (workload, name), row in first.items():
        key = workload, name
        new = second[key].ratio if key in second else None
        if key not in comparable:
            found.append(Change(name, workload, NOT_COMPARABLE, row.ratio, new, reason=reasons[key]))
            continue
        one, two = (log_ratios(record, workload, Contender(name)) for record in (before, after))
        change = difference(one, two, of, between_runs)
        verdict = change.verdict if change.verdict in (FASTER, SLOWER) else NOT_SEPARATED
        found.append(Change(name, workload, verdict, row.ratio, new, change))
    return found


def _rows(record: Record) -> dict[tuple[str, str], Row]:
    return {(row.workload, row.implementation): row for row in rows(record) if row.implementation != REFERENCE}


def notes(before: Record, after: Record) -> list[str]:
    """What else is different, and what the baseline's part in a change may be."""
    found = [*_other_rows(before, after)]
    about = [{i["name"]: i for i in record["implementations"]} for record in (before, after)]
    for name in about[0].keys() & about[1].keys():
        for what, key in (("version", "version"), ("text", "source_sha256")):
            old, new = about[0][name][key], about[1][name][key]
            if old != new:
                change = f" from {old} to {new}" if key == "version" else ""
                found.append(f"{name}: its {what} changed{change}.")
                if name == REFERENCE:
                    found.append(f"{name} is under every ratio: where all rows moved alike, it is what moved.")
    python = [record["environment"]["versions"]["python"] for record in (before, after)]
    if python[0] != python[1]:
        found.append(f"Python changed from {python[0]} to {python[1]}.")
    return sorted(found)


def _other_rows(before: Record, after: Record) -> Iterator[str]:
    """That the records hold different rows, in one line; nothing where they do not."""
    first, second = (_rows(record).keys() for record in (before, after))
    only = [
        f"only in {which}: {', '.join(f'{name} ({workload})' for workload, name in sorted(keys))}"
        for which, keys in (("A", first - second), ("B", second - first))
        if keys
    ]
    if only:
        yield f"The records hold different rows, and those in both are compared; {'; '.join(only)}."


def _reason(before: Record, after: Record, old: Row | None, new: Row | None) -> str | None:
    """Why a row can't be compared, in one line; None where it can."""
    if before["machine"]["name"] != after["machine"]["name"]:
        return f"machines of two kinds, {before['machine']['name']} and {after['machine']['name']}"
    clocks = ["CPU time" if by_cpu(record) else "wall time" for record in (before, after)]
    if clocks[0] != clocks[1]:
        return f"A was timed by {clocks[0]}, B by {clocks[1]}"
    for name, record, row in (("A", before, old), ("B", after, new)):
        if row is None:
            return f"it is not in {name}"
        if row.ratio is None:
            return f"it has no time in {name}: {row.reason or row.verdict}"
        if row.launches < 2:
            return f"{name} has one launch of it, which tells nothing of its spread"
        if why := control.unfit(record):
            return f"{name} is unfit: {why}"
    problems = [_problem(record, old.workload) for record in (before, after)] if old else []
    if problems and problems[0] != problems[1]:
        changed = [key for key in _SAME_PROBLEM if problems[0].get(key) != problems[1].get(key)]
        return f"the workload is another: {', '.join(changed)}"
    if old and new and (old.tier, old.granularity) != (new.tier, new.granularity):
        return f"{old.tier}, {old.granularity} in A, {new.tier}, {new.granularity} in B"
    return None


def _problem(record: Record, workload: str) -> dict[str, Any]:
    about = next(w for w in record["workloads"] if w["name"] == workload)
    return {key: about[key] for key in _SAME_PROBLEM}
