"""The clock's tables: what an epoch costs, and what changed between two records."""

from typing import Any

import pandas as pd

from benchmarks.contract import REFERENCE
from benchmarks.estimates import control
from benchmarks.estimates.changes import Change
from benchmarks.estimates.intervals import Interval
from benchmarks.estimates.rows import Row, rows
from benchmarks.records import Record
from benchmarks.tables.captions import together, weaknesses
from benchmarks.tables.cells import NONE, Table, three_digits, with_ends

RATIO = f"time / {REFERENCE}"


def timings(record: Record) -> list[Table]:
    """One for each workload, of the reference's tier: idiomatic and tuned implementations never share a column."""
    return _of_tier(record, {_reference_tier(record)})


def tuned(record: Record) -> list[Table]:
    """The same of the other tier, over the same baseline."""
    return _of_tier(record, {i["tier"] for i in record["implementations"]} - {_reference_tier(record)})


def _reference_tier(record: Record) -> str:
    tier: str = next(i["tier"] for i in record["implementations"] if i["name"] == REFERENCE)
    return tier


def _of_tier(record: Record, tiers: set[str]) -> list[Table]:
    reference_tier = _reference_tier(record)
    shown = []
    every = rows(record)
    for workload in record["workloads"]:
        floor = control.noise_floor(record, [workload["name"]])
        found = [row for row in every if row.workload == workload["name"]]
        for tier in sorted(tiers & {row.tier or reference_tier for row in found}):
            chosen = [row for row in found if (row.tier or reference_tier) == tier]
            lines = [_timing(row) for row in chosen]
            measured = [row.interval for row in chosen]
            if tier == reference_tier and floor:
                lines.append(_second_copy(floor))
                measured.append(floor)
            compared = len([row for row in chosen if row.ratio is not None and row.verdict != "baseline"])
            reasons = [f"{row.implementation} is {row.verdict}: {row.reason}." for row in chosen if row.reason]
            shown.append(
                Table(
                    title=f"{label(workload)}, {tier}",
                    frame=pd.DataFrame(lines),
                    notes=[*reasons, together(record, compared)],
                    warnings=weaknesses(record),
                    measured=measured,
                )
            )
    return shown


def label(workload: dict[str, Any]) -> str:
    """A workload's name with its layers and dtype."""
    return f"{workload['name']} ({'-'.join(map(str, workload['layer_sizes']))}, {workload['dtype']})"


def _timing(row: Row) -> dict[str, str]:
    if row.interval is None:
        step = value = ends = row.verdict
    else:
        step, _ = with_ends(row.microseconds)
        value, ends = ("1", NONE) if row.verdict == "baseline" else with_ends(row.interval)
    return {
        "rank": NONE if row.rank is None else str(row.rank),
        "implementation": row.implementation,
        "execution": ", ".join(filter(None, (row.execution, row.granularity))),
        "µs per epoch": step,
        RATIO: value,
        "95 % interval": ends,
        "verdict": row.verdict,
    }


def _second_copy(floor: Interval) -> dict[str, str]:
    value, ends = with_ends(floor)
    name = {"rank": NONE, "implementation": f"{REFERENCE}, second copy", "execution": NONE, "µs per epoch": NONE}
    return {**name, RATIO: value, "95 % interval": ends, "verdict": "noise floor"}


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
    return Table(
        "What changed from A to B", pd.DataFrame(lines), [*reasons, *notes, held], measured=[c.change for c in found]
    )
