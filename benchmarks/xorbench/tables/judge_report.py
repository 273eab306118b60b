"""Tables of the judge's report: verdicts on implementations, and tests of the judge itself."""

from collections.abc import Iterable, Iterator

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.record.report import (
    FAILED,
    INSIDE,
    MISSING,
    NO_FAILURES,
    NOT_OFFERED,
    OUTSIDE,
    Conduct,
    Judgement,
    Report,
)
from xorbench.tables.cells import NONE, UNDEFINED, Table, listed, scientific, three_digits
from xorbench.tables.precision import accuracy, errors, trajectories


def tables(report: Report) -> list[Table]:
    """Return all tables of a report that have a line, the verdicts first."""
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


def summary(report: Report) -> str:
    """Return one sentence: whether the report has passed, and the verdict on each implementation, failures first."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, workload in dict.fromkeys((row.implementation, row.workload) for row in report.rows):
        refused = report.refusal(name, workload)
        found.setdefault((refused[0] if refused else INSIDE, name), []).append(workload)
    order = (OUTSIDE, FAILED, MISSING, NOT_OFFERED, INSIDE)
    verdicts = [
        f"{name} is {verdict} on {', '.join(found[verdict, name])}"
        for verdict, name in sorted(found, key=lambda key: order.index(key[0]))
    ]
    return f"{'Passed' if report.passed else 'Not passed'}: {'; '.join(verdicts) or 'nothing was judged'}."


def gradients(report: Report) -> Table:
    """Return the table of gradients: the largest error / bound by implementation, workload and dtype."""
    lines = []
    reasons: dict[tuple[str, str], list[str]] = {}
    groups: dict[tuple[str, str, str], list[Judgement]] = {}
    for row in report.rows:
        groups.setdefault((row.implementation, row.workload, row.dtype), []).append(row)
    for (implementation, workload, dtype), rows in groups.items():
        worst = max(rows, key=lambda row: (row.verdict not in NO_FAILURES, row.verdict != INSIDE, _largest(row) or 0.0))
        reading = worst.of_bound
        lines.append(
            {
                "implementation": implementation,
                "workload": workload,
                "dtype": dtype,
                "points": str(max(row.points for row in rows)),
                "largest error / bound": _largest_or_why(worst),
                "entry": _entry(worst),
                "point": reading.where if reading else NONE,
                "verdict": worst.verdict,
            }
        )
        if worst.reason:
            reasons.setdefault((implementation, worst.reason), []).append(f"{workload} {dtype}")
    for bias in report.biases:
        if bias.reason:
            reasons.setdefault((bias.implementation, bias.reason), []).append(f"{bias.workload} {bias.dtype}")
    notes = [f"{name} ({', '.join(where)}): {reason}." for (name, reason), where in reasons.items()]
    named: dict[tuple[str, str], list[str]] = {}
    for mistake in report.mistakes:
        named.setdefault((mistake.implementation, mistake.text), []).append(f"{mistake.workload} {mistake.dtype}")
    notes += [f"{name} ({', '.join(where)}): {text}." for (name, text), where in named.items()]
    if report.rows and not report.endings:
        notes.append("No training was judged to its end or compared with a known answer: --quick leaves this out.")
    notes += in_other_dtypes(report.rows)
    pairs = report.pairs
    apart = [pair for pair in pairs if pair.verdict != INSIDE]
    notes += [
        f"{p.first} and {p.second} differ by more than the sum of their bounds: {p.workload}, {p.dtype}." for p in apart
    ]
    last = [
        f"Seed {report.seed}.",
        "Errors are differences from the true gradient; a bound is the largest error that rounding alone can cause.",
        "Inside: the error is within the bound. A random point has parameters of the scale in brackets; a saturation "
        "point has the mean logit in brackets.",
        *_deciding_dtypes(report),
        *_asked(report),
    ]
    if pairs:
        near = len(pairs) - len(apart)
        last.append(f"{near} of {len(pairs)} pairs of implementations agree within the sum of their bounds.")
    notes.append(" ".join(last))
    return Table("Gradients", pd.DataFrame(lines), notes)


def _asked(report: Report) -> Iterator[str]:
    """Yield a sentence on the shapes that were asked about besides those of the workloads."""
    others = [row for row in report.asked if row.workload in _reshaped(report)]
    if not others:
        return
    samples, outputs = ({row.samples for row in others}, {row.layer_sizes[-1] for row in others})
    yield (
        f"With other shapes, real inputs and real targets: {', '.join(_reshaped(report))}; "
        f"{', '.join(map(str, sorted(samples)))} samples; {', '.join(map(str, sorted(outputs)))} outputs."
    )


def _reshaped(report: Report) -> list[str]:
    """Return the workloads that were judged at several shapes in one dtype."""
    asked = [(row.workload, row.dtype) for row in report.asked]
    return [*dict.fromkeys(workload for workload, dtype in asked if asked.count((workload, dtype)) > 1)]


def in_other_dtypes(rows: Iterable[Judgement | Conduct]) -> list[str]:
    """Return sentences on what did not pass in a dtype in which its workload is not timed, and so decides nothing."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for row in rows:
        if not row.decides and row.verdict not in NO_FAILURES:
            found.setdefault((row.implementation, row.verdict, row.dtype), {})[row.workload] = None
    return [
        f"{name}: {verdict} in {dtype}, in which {listed([*names])} {'is' if len(names) == 1 else 'are'} not timed."
        for (name, verdict, dtype), names in found.items()
    ]


def _deciding_dtypes(report: Report) -> list[str]:
    """Return a sentence that names the dtype in which each workload is timed; [] if no other was judged."""
    names: dict[str, dict[str, None]] = {}
    for row in report.rows:
        if row.decides:
            names.setdefault(row.dtype, {})[row.workload] = None
    if all(row.decides for row in report.rows):
        return []
    dtypes = "; ".join(f"{dtype} for {listed([*workloads])}" for dtype, workloads in names.items())
    return [f"Verdicts in the dtype in which a workload is timed decide who is timed on it: {dtypes}."]


def endings(report: Report) -> Table:
    """Return the table of trained parameters: predictions, loss, and agreement with known answers and the reference."""
    lines, notes = [], []
    for end in report.endings:
        lines.append(
            {
                "workload": end.workload,
                "implementation": end.implementation,
                "epochs": f"{end.epochs:,}",
                "predictions": ", ".join(NONE if p is None else f"{p:.4f}" for p in end.predictions),
                "loss": three_digits(end.loss),
                f"largest difference from {REFERENCE}": scientific(end.difference_from_reference),
                "verdict": end.verdict,
            }
        )
        if end.reason:
            notes.append(f"{end.implementation}, {end.workload}: {end.reason}.")
    return Table("Trained parameters and known answers", pd.DataFrame(lines), notes)


def conduct(report: Report) -> Table:
    """Return the table of reproducibility: whether results are bit-identical when repeated, and broken rules."""
    lines, notes = [], []
    said = {(row.implementation, row.reason) for row in report.rows}  # printed under the table of gradients
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
                "verdict": row.verdict,
            }
        )
        if row.reason and (row.implementation, row.reason) not in said:
            notes.append(f"{row.implementation}, {row.workload} {row.dtype}: {row.reason}.")
    notes += in_other_dtypes(report.conduct)
    if lines:
        notes.append(
            "Yes: bit-identical gradients at 8 points, and parameters after 100 epochs, compared with a process with 1 "
            "thread and hash seed 0, in the dtype that is timed. A new process, another hash seed and 2 threads are "
            "first tried together, and one by one if the bits differ."
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
            "verdict": row.verdict,
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
                "difference, ulps": three_digits(row.ulps) if row.ulps is not None else UNDEFINED,
                "largest error / bound": three_digits(row.of_bound) if row.of_bound is not None else UNDEFINED,
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


def _largest(row: Judgement) -> float | None:
    """Return the largest error as a fraction of the bound; None if it is not known."""
    return row.of_bound.largest if row.of_bound else None


def _largest_or_why(row: Judgement) -> str:
    """Return the largest error as a fraction of the bound as text; the verdict if it is not known."""
    largest = _largest(row)
    return row.verdict if largest is None else three_digits(largest)


def _entry(row: Judgement) -> str:
    """Return the entry with the largest error, or the quantity that is malformed; NONE where nothing was judged."""
    if row.of_bound:
        return row.parameter + str(row.of_bound.index)
    return row.parameter if row.verdict == OUTSIDE else NONE


def _yes(answer: bool | None) -> str:
    return NONE if answer is None else "yes" if answer else "no"


def _share(refused: int, points: int) -> str:
    return "none" if refused == 0 else "all" if refused == points else str(refused)
