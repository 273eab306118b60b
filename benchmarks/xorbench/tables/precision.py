"""The tables of precision: how far gradients and trainings are from the truth, and where their digits are lost."""

from collections.abc import Callable

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.record.report import Reading, Report
from xorbench.tables.cells import NONE, Table, scientific, three_digits

SHOWN_LOGITS = (-40, -20, 0, 10, 20, 30, 40)


def errors(report: Report) -> list[Table]:
    """The true error of every parameter tensor in three readings, a table for each dtype."""
    found = []
    for dtype in dict.fromkeys(row.dtype for row in report.rows):
        lines = []
        for row in report.rows:
            if row.dtype == dtype and row.of_bound:
                largest = row.of_bound
                lines.append(
                    {
                        "implementation": row.implementation,
                        "workload": row.workload,
                        "parameter": row.parameter,
                        **_median_and_largest("of the bound", row.of_bound),
                        **_median_and_largest("ulps", row.ulps),
                        **_median_and_largest("absolute", row.absolute),
                        "largest of the bound in": row.parameter + str(largest.index),
                        "at": largest.where,
                    }
                )
        notes = [
            "An ulp is the unit in the last place of the true value. Where a sigmoid saturates, 1 - p cancels: errors "
            "of millions of ulps are what rounding does there, and the bound knows it."
        ]
        found.append(Table(f"True errors in {dtype}", pd.DataFrame(lines), notes))
    return found


def accuracy(report: Report) -> Table:
    """How many digits are right: along the scale of the parameters, and along saturation."""
    lines = []
    rows = report.accuracy
    for name, workload, dtype in dict.fromkeys((r.implementation, r.workload, r.dtype) for r in rows):
        mine = [r for r in rows if (r.implementation, r.workload, r.dtype) == (name, workload, dtype)]
        by_logit = {row.position: row.median_digits for row in mine if row.axis == "logit"}
        by_scale = {row.position: row.median_digits for row in mine if row.axis == "scale"}
        half = max(by_logit.values()) / 2
        kept = [z for z in sorted(by_logit) if z >= 0 and all(by_logit[x] >= half for x in by_logit if 0 <= x <= z)]
        lines.append(
            {
                "implementation": name,
                "workload": workload,
                "dtype": dtype,
                **{f"logit {z}": f"{by_logit[z]:.1f}" if z in by_logit else NONE for z in SHOWN_LOGITS},
                "half of them kept until": f"{kept[-1]:g}" if kept else NONE,
                "smallest scale": f"{by_scale[min(by_scale)]:.1f}",
                "largest scale": f"{by_scale[max(by_scale)]:.1f}",
            }
        )
    note = (
        "Right decimal digits of the median entry: at points whose last layer has that mean logit, and at random "
        "points whose parameters have that scale (0.01 to 25)."
    )
    return Table("Where gradients lose their digits", pd.DataFrame(lines), [note])


def trajectories(report: Report) -> Table:
    """When trainings from the same parameters part, and how far they are from each other and from the true one."""
    lines = [
        {
            "implementation": row.implementation,
            "workload": row.workload,
            "other bits": _epoch(row.bits),
            "> 1 ulp": _epoch(row.one_ulp),
            "> 1e-12": _epoch(row.e12),
            "> 1e-6": _epoch(row.e6),
            "other decisions": _epoch(row.decisions),
            f"apart at epoch {row.epochs:,}": scientific(row.from_reference[-1]),
            f"from the truth at epoch {row.at[len(row.from_truth) - 1]:,}": scientific(row.from_truth[-1]),
        }
        for row in report.trajectories
    ]
    note = (
        f"The first epoch at which the parameters are not those of {REFERENCE}: in bits, by more than a unit in the "
        "last place, and so on; a decision is a prediction above 0.5. The truth is a training in 200-bit arithmetic."
    )
    return Table("Training, epoch by epoch", pd.DataFrame(lines), [note])


def _median_and_largest(unit: str, reading: Reading | None) -> dict[str, str]:
    show: Callable[[float | None], str] = scientific if unit == "absolute" else three_digits
    median, largest = (reading.median, reading.largest) if reading else (None, None)
    return {f"{unit}: median": show(median), f"{unit}: largest": show(largest)}


def _epoch(epoch: int | None) -> str:
    return "never" if epoch is None else f"{epoch:,}"
