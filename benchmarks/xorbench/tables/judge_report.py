"""Tables of the judge's report: verdicts on implementations, and tests of the judge itself."""

from collections.abc import Callable, Iterable

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.record.report import (
    NO_FAILURES,
    Report,
)
from xorbench.tables.cells import NONE, UNDEFINED, Table, number_or_undefined, scientific, three_digits
from xorbench.tables.gradients import gradients, groups, worst
from xorbench.tables.precision import accuracy, errors, trajectories
from xorbench.tables.verdict_words import in_other_dtypes, worded


def tables(report: Report, names: Iterable[str] = ()) -> list[Table]:
    """Return the tables of a report that have a line: those in `names`, which are keys of `TABLES`, or all."""
    found = [table for name in names or TABLES for table in TABLES[name](report)]
    return [table for table in found if len(table.frame)]


def endings(report: Report) -> Table:
    """Return the table of trained parameters: predictions, loss, and agreement with known answers and the reference."""
    lines, notes, following = [], [], 0
    wrong = {
        (row.implementation, row.workload) for row in report.rows if row.decides and row.verdict not in NO_FAILURES
    }
    for end in report.endings:
        lines.append(
            {
                "workload": end.workload,
                "implementation": end.implementation,
                "epochs": f"{end.epochs:,}",
                "predictions": ", ".join(UNDEFINED if p is None else f"{p:.4f}" for p in end.predictions),
                "loss": number_or_undefined(end.loss),
                f"largest difference from {REFERENCE}": scientific(end.difference_from_reference),
                "verdict": worded(end.verdict),
            }
        )
        if end.reason and (end.implementation, end.workload) in wrong:
            following += 1
        elif end.reason:
            notes.append(f"{end.implementation}, {end.workload}: {end.reason}.")
    if following:
        notes.append(f"Reasons not listed, because they follow from failures of gradients: {following}.")
    return Table("Trained parameters and known answers", pd.DataFrame(lines), notes)


def conduct(report: Report) -> Table:
    """Return the table of reproducibility: whether results are bit-identical when repeated, and broken rules."""
    lines, notes = [], []
    # Those that are printed under the table of gradients.
    said = {(shown.implementation, shown.reason) for shown in map(worst, groups(report).values())}
    for row in report.conduct:
        lines.append(
            {
                "implementation": row.implementation,
                "workload": row.workload,
                "dtype": row.dtype,
                "same process": _yes(row.same_process),
                "new process": _yes(row.new_process),
                "other hash seed": _yes(row.other_hash_seed),
                "2 threads": _yes(row.two_threads),
                "verdict": worded(row.verdict),
            }
        )
        if row.reason and (row.implementation, row.reason) not in said:
            notes.append(f"{row.implementation}, {row.workload} {row.dtype}: {row.reason}.")
    notes += in_other_dtypes(report.conduct)
    if lines:
        notes.append(
            "Yes: bit-identical gradients at several points, and in another process also parameters after 100 epochs, "
            "compared with a process with 1 thread and hash seed 0. A new process, another hash seed and 2 threads are "
            "tried in the dtype that is timed, first together, and one by one if the bits differ."
        )
    return Table("Reproducibility", pd.DataFrame(lines), notes)


def audits(report: Report) -> Table:
    """Return the table of the audit of the oracle: how far independent computations of the true gradient agree."""
    lines = [
        {
            "workload": row.workload,
            "dtype of points": row.dtype,
            "points": str(row.points),
            "entries per point": str(row.entries),
            "matching digits of finite differences and backpropagation": f"{row.digits:.1f}",
            "complex-step error / bound": three_digits(row.complex_step_of_bound),
            "verdict": worded(row.verdict),
        }
        for row in report.audits
    ]
    note = (
        "Central finite differences, which do not use the chain rule, and backpropagation derived by hand, both in "
        "640-bit arithmetic; the complex step in complex128, which needs NumPy only. At least 60 digits must match."
    )
    return Table("Audit of the oracle", pd.DataFrame(lines), [note])


def faults(report: Report) -> list[Table]:
    """Return a table for each dtype of planted gradient faults: at how many points each check refuses them."""
    found = []
    for dtype in dict.fromkeys(row.dtype for row in report.faults):
        rows = [row for row in report.faults if row.dtype == dtype]
        lines = [
            {
                "fault": row.fault,
                "difference, ulps": number_or_undefined(row.ulps),
                "largest error / bound": number_or_undefined(row.of_bound),
                "this judge": _share(row.judge, row.points),
                "1e-4, clipped at 1": _share(row.clipped_1e4, row.points),
                "1e-8, clipped at 1": _share(row.clipped_1e8, row.points),
                "numpy.allclose": _share(row.allclose, row.points),
            }
            for row in rows
        ]
        notes = [
            f"The number of {rows[0].points} points at which each check refuses the faulty gradient. Checks that are "
            "clipped compare |error| / max(1, |truth|) with their tolerance; numpy.allclose has its default "
            "tolerances. A gradient that differs by rounding only must be refused at none."
        ]
        found.append(Table(f"Planted faults in {dtype}", pd.DataFrame(lines), notes))
    return found


TABLES: dict[str, Callable[[Report], list[Table]]] = {
    "gradients": lambda report: [gradients(report)],
    "endings": lambda report: [endings(report)],
    "conduct": lambda report: [conduct(report)],
    "errors": errors,
    "accuracy": lambda report: [accuracy(report)],
    "trajectories": lambda report: [trajectories(report)],
    "audits": lambda report: [audits(report)],
    "faults": faults,
}
"""The tables of a report by name, in the order in which they are printed."""


def _yes(answer: bool | None) -> str:
    return NONE if answer is None else "yes" if answer else "no"


def _share(refused: int, points: int) -> str:
    return "none" if refused == 0 else "all" if refused == points else str(refused)
