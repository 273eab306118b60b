"""The clock's tables: what an epoch costs, what it costs to begin, and what changed between two records."""

from typing import Any

import pandas as pd

from benchmarks.contract import REFERENCE
from benchmarks.estimates import control
from benchmarks.estimates.changes import Change
from benchmarks.estimates.costs import BreakEven, Cost, costs
from benchmarks.estimates.intervals import Interval
from benchmarks.estimates.rows import Row, rows
from benchmarks.records import Record
from benchmarks.tables.captions import caption, together, weaknesses
from benchmarks.tables.cells import NONE, Table, three_digits, with_ends

RATIO = f"time / {REFERENCE}"


def timings(record: Record) -> list[Table]:
    """One for each workload and tier; idiomatic and tuned implementations never share a column."""
    reference_tier = next(i["tier"] for i in record["implementations"] if i["name"] == REFERENCE)
    shown = []
    for workload in record["workloads"]:
        floor = control.noise_floor(record, [workload["name"]])
        found = [row for row in rows(record) if row.workload == workload["name"]]
        for tier in sorted({row.tier or reference_tier for row in found}):
            chosen = [row for row in found if (row.tier or reference_tier) == tier]
            lines = [_timing(row) for row in chosen]
            if tier == reference_tier and floor:
                lines.append({**_ratio(_second_copy(), floor), "verdict": "noise floor"})
            compared = len([row for row in chosen if row.ratio is not None and row.verdict != "baseline"])
            notes = [f"{row.implementation}: {row.reason}." for row in chosen if row.reason]
            notes += [*weaknesses(record), together(record, compared), caption(record)]
            shown.append(Table(f"{label(workload)}, {tier}", pd.DataFrame(lines), notes))
    return shown


def label(workload: dict[str, Any]) -> str:
    """A workload's name with its layers and dtype."""
    return f"{workload['name']} ({'-'.join(map(str, workload['layer_sizes']))}, {workload['dtype']})"


def _timing(row: Row) -> dict[str, str]:
    about = {
        "rank": NONE if row.rank is None else str(row.rank),
        "implementation": row.implementation,
        "execution": ", ".join(filter(None, (row.execution, row.granularity))),
        "µs per epoch": three_digits(row.microseconds_per_epoch),
    }
    baseline = row.verdict == "baseline"
    ratio = Interval(1, None, None) if baseline else row.interval
    return {**_ratio(about, ratio), "verdict": row.verdict}


def _second_copy() -> dict[str, str]:
    return {"rank": NONE, "implementation": f"{REFERENCE}, second copy", "execution": "", "µs per epoch": NONE}


def _ratio(about: dict[str, str], ratio: Interval | None) -> dict[str, str]:
    value, ends = with_ends(ratio)
    return {**about, RATIO: value, "95 % interval": ends}


def beginnings(record: Record) -> Table:
    """Import, first call, memory, size, and when they have paid."""
    notes = [
        "Each from fresh processes that had the CPU to themselves, with its own 95 % interval; none of it is in any "
        "other column. The first call is the first epoch, with all that is compiled for it; installed are a framework "
        "and all that it requires. Break-even: the epochs, of one training, after which import, first call and epochs "
        f"together take less time than {REFERENCE}'s; the ends are the worst that all intervals together allow."
    ]
    return Table("What it costs to begin", pd.DataFrame([_beginning(cost) for cost in costs(record)]), notes)


def _beginning(cost: Cost) -> dict[str, str]:
    return {
        "implementation": cost.implementation,
        "workload": cost.workload,
        "cold starts": str(cost.starts),
        "import, ms": _between(cost.import_seconds, 1e3),
        "first call, ms": _between(cost.first_call_seconds, 1e3),
        "peak memory, MiB": _between(cost.peak_mebibytes),
        "installed, MiB": three_digits(cost.installed_mebibytes),
        "break-even, epochs": _break_even(cost.break_even),
    }


def _between(measured: Interval | None, unit: float = 1) -> str:
    if measured is None:
        return "unknown"
    value = three_digits(measured.value * unit)
    if measured.low is None or measured.high is None:
        return value
    return f"{value} ({three_digits(measured.low * unit)} to {three_digits(measured.high * unit)})"


def _break_even(found: BreakEven | None) -> str:
    if found is None:
        return NONE
    if found.epochs is None:
        return found.verdict
    ends = f" ({_epochs(found.low)} to {_epochs(found.high)})" if found.low and found.high else ""
    return f"{'' if found.verdict == 'after' else 'only until '}{_epochs(found.epochs)}{ends}"


def _epochs(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.0f}"


def changes(found: list[Change], notes: list[str]) -> Table:
    """Two records beside each other."""
    lines = []
    for change in found:
        value, ends = with_ends(change.change)
        lines.append(
            {
                "implementation": change.implementation,
                "workload": change.workload,
                f"{RATIO}, A": three_digits(change.before),
                "B": three_digits(change.after),
                "B / A": value,
                "95 % interval": ends,
                "verdict": change.verdict,
            }
        )
    reasons = [f"{c.implementation} ({c.workload}): {c.reason}." for c in found if c.reason]
    held = "The intervals hold together. No ranks: these hold within one run only."
    return Table("What changed from A to B", pd.DataFrame(lines), [*reasons, *notes, held])
