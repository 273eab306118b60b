"""Tables from a record, as pandas frames of text: every format prints the same digits, as many as the interval allows.

Units stand in the heads; a cell without a number says why, and a note under the table says more.
"""

from typing import Any

import pandas as pd

from benchmarks import judgements, ratios
from benchmarks.captions import caption, weaknesses
from benchmarks.cells import NONE, Table, decimals, three_digits
from benchmarks.contract import REFERENCE
from benchmarks.ratios import Interval, Row
from benchmarks.records import Record


def tables(record: Record) -> list[Table]:
    """All tables of a record."""
    return [
        *timings(record),
        *judgements.tables(record["gradients"]),
        implementations(record["implementations"]),
    ]


def timings(record: Record) -> list[Table]:
    """One for each workload and tier; idiomatic and tuned implementations never share a column."""
    rows = ratios.rows(record)
    reference_tier = next(i["tier"] for i in record["implementations"] if i["name"] == REFERENCE)
    tables = []
    for workload in record["workloads"]:
        sizes = "-".join(map(str, workload["layer_sizes"]))
        for tier in sorted({row.tier or reference_tier for row in rows}):
            chosen = [r for r in rows if r.workload == workload["name"] and (r.tier or reference_tier) == tier]
            lines = [_timing_cells(row) for row in chosen]
            floor = ratios.noise_floor(record, [workload["name"]])
            if tier == reference_tier and floor:
                lines.append(_cells(f"{REFERENCE}, second copy", "", None, floor, None, "noise floor"))
            notes = [f"{row.implementation}: {row.reason}." for row in chosen if row.reason]
            title = f"{workload['name']} ({sizes}, {workload['dtype']}), {tier}"
            tables.append(Table(title, pd.DataFrame(lines), [*notes, *weaknesses(record), caption(record)]))
    return tables


def _timing_cells(row: Row) -> dict[str, str]:
    ratio = Interval(row.ratio, row.ratio_low, row.ratio_high) if row.ratio is not None else None
    return _cells(
        row.implementation, row.granularity, row.microseconds_per_epoch, ratio, row.first_call_seconds, row.verdict
    )


def _cells(
    name: str,
    granularity: str,
    microseconds: float | None,
    ratio: Interval | None,
    first_call: float | None,
    verdict: str,
) -> dict[str, str]:
    low, high = (ratio.low, ratio.high) if ratio and verdict != "baseline" else (None, None)
    digits = decimals(high - low) if low is not None and high is not None else 2
    return {
        "implementation": name,
        "granularity": granularity,
        "µs per epoch": three_digits(microseconds),
        f"time / {REFERENCE}": f"{ratio.ratio:.{digits}f}" if ratio else NONE,
        "95 % interval": f"{low:.{digits}f} to {high:.{digits}f}" if low is not None else NONE,
        "first call, ms": three_digits(first_call * 1e3 if first_call is not None else None),
        "verdict": verdict,
    }


def implementations(found: list[dict[str, Any]]) -> Table:
    """Who takes part, in which version; who cannot, and why."""
    lines = [
        {
            "implementation": i["name"],
            "framework": f"{i['framework']} {i['version']}",
            "tier": i["tier"],
            "granularity": i["granularity"],
            "status": "failed" if i["broken"] else "missing" if i["missing"] else "present",
        }
        for i in found
    ]
    notes = [f"{i['name']}: {i['broken'] or i['missing']}." for i in found if i["broken"] or i["missing"]]
    return Table("Implementations", pd.DataFrame(lines), notes)


def workloads(found: list[dict[str, Any]]) -> Table:
    """What is trained."""
    lines = [
        {
            "workload": w["name"],
            "layers": "-".join(map(str, w["layer_sizes"])),
            "rate": f"{w['rate']:g}",
            "epochs": f"{w['epochs']:,}",
            "dtype": w["dtype"],
            "what it is": w["story"],
        }
        for w in found
    ]
    return Table("Workloads", pd.DataFrame(lines), [])
