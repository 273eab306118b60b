"""Tables from a record, as pandas frames of text: every format prints the same digits, as many as the interval allows.

Units stand in the heads; a cell without a number says why, and a note under the table says more.
"""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmarks import ratios
from benchmarks.captions import caption, weaknesses
from benchmarks.contract import REFERENCE
from benchmarks.ratios import Interval, Row
from benchmarks.records import Record

NONE = "–"


@dataclass(frozen=True)
class Table:
    """What the table is called, its cells, and the sentences under it."""

    title: str
    frame: pd.DataFrame
    notes: list[str]


def tables(record: Record) -> list[Table]:
    """All tables of a record."""
    return [
        *timings(record),
        gradients(record["gradients"]),
        endings(record["gradients"]),
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
    digits = _decimals(high - low) if low is not None and high is not None else 2
    return {
        "implementation": name,
        "granularity": granularity,
        "µs per epoch": _three_digits(microseconds),
        f"time / {REFERENCE}": f"{ratio.ratio:.{digits}f}" if ratio else NONE,
        "95 % interval": f"{low:.{digits}f} to {high:.{digits}f}" if low is not None else NONE,
        "first call, ms": _three_digits(first_call * 1e3 if first_call is not None else None),
        "verdict": verdict,
    }


def gradients(report: dict[str, Any]) -> Table:
    """For each implementation, workload and dtype the parameter whose error is the largest fraction of the bound."""
    lines = []
    reasons: dict[tuple[str, str], list[str]] = {}
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in report["rows"]:
        groups.setdefault((row["implementation"], row["workload"], row["dtype"]), []).append(row)
    for (implementation, workload, dtype), rows in groups.items():
        worst = max(rows, key=lambda row: (row["verdict"] != "inside", row["error_over_bound"] or 0.0))
        lines.append(
            {
                "implementation": implementation,
                "workload": workload,
                "dtype": dtype,
                "points": str(worst["points"]),
                "largest error / bound": f"{worst['error_over_bound']:.3g}"
                if worst["error_over_bound"] is not None
                else NONE,
                "in": worst["parameter"] + (str(worst["index"]) if worst["index"] else ""),
                "at": worst["where"] or NONE,
                "verdict": worst["verdict"],
            }
        )
        if worst["reason"]:
            reasons.setdefault((implementation, worst["reason"]), []).append(f"{workload} {dtype}")
    notes = [f"{name} ({', '.join(where)}): {reason}." for (name, reason), where in reasons.items()]
    pairs = report["pairs"]
    apart = [pair for pair in pairs if pair["verdict"] != "inside"]
    notes += [
        f"{p['first']} and {p['second']} differ by more than rounding: {p['workload']}, {p['dtype']}." for p in apart
    ]
    last = [f"Seed {report['seed']}.", "Errors are against the true gradient, bounds what rounding alone explains."]
    if pairs:
        near = len(pairs) - len(apart)
        last.append(f"{near} of {len(pairs)} pairs of implementations are within two bounds of each other.")
    notes.append(" ".join(last))
    return Table("Gradients", pd.DataFrame(lines), notes)


def endings(report: dict[str, Any]) -> Table:
    """What each training ended with: the known answers."""
    lines, notes = [], []
    for end in report["endings"]:
        lines.append(
            {
                "workload": end["workload"],
                "implementation": end["implementation"],
                "epochs": f"{end['epochs']:,}",
                "predictions": ", ".join(NONE if p is None else f"{p:.4f}" for p in end["predictions"]),
                "loss": _three_digits(end["loss"]),
                f"parameters from {REFERENCE}": _scientific(end["difference_from_reference"]),
                "verdict": end["verdict"],
            }
        )
        if end["reason"]:
            notes.append(f"{end['implementation']}, {end['workload']}: {end['reason']}.")
    return Table("Where training ends", pd.DataFrame(lines), notes)


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


def _decimals(width: float) -> int:
    """So that half of an interval's width shows two digits."""
    return min(4, max(0, 1 - math.floor(math.log10(width / 2)))) if width > 0 else 4


def _three_digits(value: float | None) -> str:
    if value is None:
        return NONE
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2e}"
    decimals = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, decimals)}f}"


def _scientific(value: float | None) -> str:
    return NONE if value is None else f"{value:.1e}"
