"""The judge's report as tables: its verdicts, and whether it is right itself."""

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.record.report import Judgement, Report
from xorbench.tables.cells import NONE, UNDEFINED, Table, scientific, three_digits
from xorbench.tables.precision import accuracy, errors, trajectories


def tables(report: Report) -> list[Table]:
    """All that the report has something to say in, the verdicts first."""
    found = [
        gradients(report),
        endings(report),
        conduct(report),
        *errors(report),
        accuracy(report),
        trajectories(report),
        audits(report),
        *faults(report),
    ]
    return [table for table in found if len(table.frame)]


def gradients(report: Report) -> Table:
    """For each implementation, workload and dtype the parameter whose error is the largest fraction of the bound."""
    lines = []
    reasons: dict[tuple[str, str], list[str]] = {}
    groups: dict[tuple[str, str, str], list[Judgement]] = {}
    for row in report.rows:
        groups.setdefault((row.implementation, row.workload, row.dtype), []).append(row)
    for (implementation, workload, dtype), rows in groups.items():
        worst = max(rows, key=lambda row: (row.verdict != "inside", _largest(row) or 0.0))
        reading = worst.of_bound
        lines.append(
            {
                "implementation": implementation,
                "workload": workload,
                "dtype": dtype,
                "points": str(worst.points),
                "largest error / bound": _largest_or_why(worst),
                "in": worst.parameter + (str(reading.index) if reading else ""),
                "at": reading.where if reading else NONE,
                "verdict": worst.verdict,
            }
        )
        if worst.reason:
            reasons.setdefault((implementation, worst.reason), []).append(f"{workload} {dtype}")
    notes = [f"{name} ({', '.join(where)}): {reason}." for (name, reason), where in reasons.items()]
    pairs = report.pairs
    apart = [pair for pair in pairs if pair.verdict != "inside"]
    notes += [f"{p.first} and {p.second} differ by more than rounding: {p.workload}, {p.dtype}." for p in apart]
    last = [f"Seed {report.seed}.", "Errors are against the true gradient, bounds what rounding alone explains."]
    if pairs:
        near = len(pairs) - len(apart)
        last.append(f"{near} of {len(pairs)} pairs of implementations are within two bounds of each other.")
    notes.append(" ".join(last))
    return Table("Gradients", pd.DataFrame(lines), notes)


def endings(report: Report) -> Table:
    """What each training ended with: the known answers."""
    lines, notes = [], []
    for end in report.endings:
        lines.append(
            {
                "workload": end.workload,
                "implementation": end.implementation,
                "epochs": f"{end.epochs:,}",
                "predictions": ", ".join(NONE if p is None else f"{p:.4f}" for p in end.predictions),
                "loss": three_digits(end.loss),
                f"parameters from {REFERENCE}": scientific(end.difference_from_reference),
                "verdict": end.verdict,
            }
        )
        if end.reason:
            notes.append(f"{end.implementation}, {end.workload}: {end.reason}.")
    return Table("Where training ends", pd.DataFrame(lines), notes)


def conduct(report: Report) -> Table:
    """Whether the same bits come out again, and who does what may not be done."""
    lines, notes = [], []
    said = {(row.implementation, row.reason) for row in report.rows}  # under the table of gradients
    for row in report.conduct:
        lines.append(
            {
                "implementation": row.implementation,
                "workload": row.workload,
                "dtype": row.dtype,
                "in the same process": _yes(row.same_process),
                "in a new process": _yes(row.new_process),
                "with another hash seed": _yes(row.other_hash_seed),
                "with 2 threads": _yes(row.two_threads),
                "verdict": row.verdict,
            }
        )
        if row.reason and (row.implementation, row.reason) not in said:
            notes.append(f"{row.implementation}, {row.workload} {row.dtype}: {row.reason}.")
    if lines:
        notes.append(
            "The same bits again? Of gradients at 8 points, and of parameters after 100 epochs, beside those of a "
            "process with 1 thread and hash seed 0; in the dtype that is timed. Another process, seed and number of "
            "threads are first tried at once, and one by one where that gives other bits."
        )
    return Table("The same bits again", pd.DataFrame(lines), notes)


def audits(report: Report) -> Table:
    """How far independent ways to the truth agree."""
    lines = [
        {
            "workload": row.workload,
            "points in": row.dtype,
            "points": str(row.points),
            "entries of each": str(row.entries),
            "digits that differences and derivation share": f"{row.digits:.1f}",
            "complex step from the truth / bound": three_digits(row.complex_step_of_bound),
            "verdict": row.verdict,
        }
        for row in report.audits
    ]
    note = (
        "Central differences without the chain rule and the derivation by hand, both at 640 bits; the complex step in "
        "complex128, which is NumPy alone. At least 60 digits must be shared."
    )
    return Table("The oracle audited", pd.DataFrame(lines), [note])


def faults(report: Report) -> list[Table]:
    """Planted faults and who notices them, a table for each dtype."""
    found = []
    for dtype in dict.fromkeys(row.dtype for row in report.faults):
        rows = [row for row in report.faults if row.dtype == dtype]
        lines = [
            {
                "fault": row.fault,
                "differs by, ulps": three_digits(row.ulps) if row.ulps is not None else UNDEFINED,
                "largest error / bound": three_digits(row.of_bound) if row.of_bound is not None else UNDEFINED,
                "this judge": _share(row.judge, row.points),
                "1e-4, clipped at 1": _share(row.clipped_1e4, row.points),
                "1e-8, clipped at 1": _share(row.clipped_1e8, row.points),
                "numpy.allclose": _share(row.allclose, row.points),
            }
            for row in rows
        ]
        notes = [
            f"At how many of {rows[0].points} points each refuses the gradient. Those that are clipped compare "
            "|error| / max(1, |truth|) with their tolerance; numpy.allclose has its defaults. What differs by rounding "
            "only must be refused at none."
        ]
        found.append(Table(f"Planted faults in {dtype}", pd.DataFrame(lines), notes))
    return found


def _largest(row: Judgement) -> float | None:
    """The largest error as a fraction of the bound."""
    return row.of_bound.largest if row.of_bound else None


def _largest_or_why(row: Judgement) -> str:
    """The same as text; where there is no number, the verdict."""
    largest = _largest(row)
    return row.verdict if largest is None else three_digits(largest)


def _yes(answer: bool | None) -> str:
    return NONE if answer is None else "yes" if answer else "no"


def _share(refused: int, points: int) -> str:
    return "none" if refused == 0 else "all" if refused == points else str(refused)
