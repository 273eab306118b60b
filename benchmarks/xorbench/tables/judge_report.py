"""Tables of the judge's report: verdicts on implementations, and tests of the judge itself."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.record.report import (
    INSIDE,
    NO_FAILURES,
    OUTSIDE,
    Bias,
    Conduct,
    Judgement,
    Pair,
    Report,
)
from xorbench.tables.cells import NONE, UNDEFINED, Table, listed, scientific, three_digits
from xorbench.tables.precision import accuracy, errors, trajectories
from xorbench.workloads import WORKLOADS

PASSED = "passed"

WORDS = {INSIDE: PASSED, OUTSIDE: "failed"}
"""What tables call a verdict of a record; the other verdicts keep their words."""


def worded(verdict: str) -> str:
    """Return the word for a verdict in tables."""
    return WORDS.get(verdict, verdict)


def tables(report: Report, names: Iterable[str] = ()) -> list[Table]:
    """Return the tables of a report that have a line: those in `names`, which are keys of `TABLES`, or all."""
    found = [table for name in names or TABLES for table in TABLES[name](report)]
    return [table for table in found if len(table.frame)]


def gradients(report: Report) -> Table:
    """Return the table of gradients: the largest error / bound by implementation, workload and dtype."""
    lines = []
    reasons: dict[tuple[str, str], list[str]] = {}
    for (implementation, workload, dtype), rows in _groups(report).items():
        worst = _worst(rows)
        reading = worst.of_bound
        lines.append(
            {
                "implementation": implementation,
                "workload": workload,
                "dtype": dtype,
                "points": str(max(row.points for row in rows)),
                "largest error / bound": _finite(reading.largest) if reading else NONE,
                "entry": _entry(worst),
                "point": reading.where if reading else NONE,
                "verdict": worded(worst.verdict),
            }
        )
        if worst.reason:
            reasons.setdefault((implementation, worst.reason), []).append(f"{workload} {dtype}")
    for bias in _unexplained_biases(report):
        reasons.setdefault((bias.implementation, bias.reason or ""), []).append(f"{bias.workload} {bias.dtype}")
    notes = [f"{name} ({', '.join(where)}): {reason}." for (name, reason), where in reasons.items()]
    named: dict[tuple[str, str], list[str]] = {}
    for mistake in report.mistakes:
        named.setdefault((mistake.implementation, mistake.text), []).append(f"{mistake.workload} {mistake.dtype}")
    notes += [f"{name} ({', '.join(where)}): {text}." for (name, text), where in named.items()]
    if report.rows and not report.endings:
        notes.append("No training was judged to its end or compared with a known answer.")
    notes += in_other_dtypes(report.rows)
    notes += [
        f"{p.first} and {p.second} differ by more than the sum of their bounds, although each passed: {p.workload}, "
        f"{p.dtype}."
        for p in unexplained_pairs(report)
    ]
    last = [
        f"Seed {report.seed}.",
        "Errors are differences from the true gradient; a bound is the largest error that rounding alone can cause.",
        "Passed: the error is within the bound. A random point has parameters of the scale in brackets; a saturation "
        "point has the mean logit in brackets.",
        *_deciding_dtypes(report),
        *_asked(report),
        *_pairs(report),
        *_consequences(report),
    ]
    notes.append(" ".join(last))
    return Table("Gradients", pd.DataFrame(lines), notes)


def _groups(report: Report) -> dict[tuple[str, str, str], list[Judgement]]:
    """Return the judgements by implementation, workload and dtype."""
    groups: dict[tuple[str, str, str], list[Judgement]] = {}
    for row in report.rows:
        groups.setdefault((row.implementation, row.workload, row.dtype), []).append(row)
    return groups


def _worst(rows: Sequence[Judgement]) -> Judgement:
    """Return the judgement that stands for all of a group: a failure, or else the one with the largest error."""
    return max(rows, key=lambda row: (row.verdict not in NO_FAILURES, row.verdict != INSIDE, _largest(row)))


def unexplained_pairs(report: Report) -> list[Pair]:
    """Return the pairs of implementations that differ by more than rounding although neither has failed there."""
    wrong = _wrong(report)
    return [
        pair
        for pair in report.pairs
        if pair.verdict not in NO_FAILURES
        and not any((name, pair.workload, pair.dtype) in wrong for name in (pair.first, pair.second))
    ]


def _wrong(report: Report) -> set[tuple[str, str, str]]:
    """Return the implementations, workloads and dtypes for which a gradient, a prediction or the loss has failed."""
    return {(row.implementation, row.workload, row.dtype) for row in report.rows if row.verdict not in NO_FAILURES}


def _pairs(report: Report) -> Iterator[str]:
    """Yield how many pairs of implementations agree."""
    if report.pairs:
        near = sum(pair.verdict in NO_FAILURES for pair in report.pairs)
        yield f"{near} of {len(report.pairs)} pairs of implementations agree within the sum of their bounds."


def _consequences(report: Report) -> Iterator[str]:
    """Yield how many failures are not listed, because they follow from the wrong gradients that are."""
    refused = sum(bias.reason is not None for bias in report.biases)
    apart = sum(pair.verdict not in NO_FAILURES for pair in report.pairs)
    counts = {
        "systematic factors": refused - len(_unexplained_biases(report)),
        "pairs of implementations that differ": apart - len(unexplained_pairs(report)),
    }
    told = [f"{what} ({count})" for what, count in counts.items() if count]
    if told:
        yield f"Not listed, because they follow from these failures: {listed(told)}."


def _unexplained_biases(report: Report) -> list[Bias]:
    """Return the systematic factors that were refused although every error is within its bound."""
    wrong = _wrong(report)
    return [b for b in report.biases if b.reason and (b.implementation, b.workload, b.dtype) not in wrong]


def _asked(report: Report) -> Iterator[str]:
    """Yield a sentence on the shapes that were asked about besides those of the workloads."""
    timed = {name: ([*workload.layer_sizes], len(workload.inputs)) for name, workload in WORKLOADS.items()}
    others = [
        row
        for row in report.asked
        if row.workload in _reshaped(report) and ([*row.layer_sizes], row.samples) != timed.get(row.workload)
    ]
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
    return [f"{name}: {phrase}." for name, phrases in failures_in_other_dtypes(rows).items() for phrase in phrases]


def failures_in_other_dtypes(rows: Iterable[Judgement | Conduct]) -> dict[str, list[str]]:
    """Return what did not pass in a dtype in which its workload is not timed: phrases by name of the implementation."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for row in rows:
        if not row.decides and row.verdict not in NO_FAILURES:
            found.setdefault((row.implementation, worded(row.verdict), row.dtype), {})[row.workload] = None
    phrases: dict[str, list[str]] = {}
    for (name, verdict, dtype), names in found.items():
        timed = f"{listed([*names])} {'is' if len(names) == 1 else 'are'} not timed"
        phrases.setdefault(name, []).append(f"{verdict} in {dtype}, in which {timed}")
    return phrases


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
                "loss": _finite(end.loss),
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
    said = {(worst.implementation, worst.reason) for worst in map(_worst, _groups(report).values())}
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
                "difference, ulps": _finite(row.ulps),
                "largest error / bound": _finite(row.of_bound),
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


def _largest(row: Judgement) -> float:
    """Return the largest error as a fraction of the bound; infinity if it is not finite, 0 if nothing was compared."""
    if row.of_bound is None:
        return 0.0
    return math.inf if row.of_bound.largest is None else row.of_bound.largest


def _finite(value: float | None) -> str:
    """Return a number with three digits; UNDEFINED for None, which stands for one that is not finite."""
    return UNDEFINED if value is None else three_digits(value)


def _entry(row: Judgement) -> str:
    """Return the entry with the largest error, or the quantity that is malformed; NONE where nothing was judged."""
    if row.of_bound:
        return f"{row.parameter}{row.of_bound.index or ''}"
    return row.parameter if row.verdict == OUTSIDE else NONE


def _yes(answer: bool | None) -> str:
    return NONE if answer is None else "yes" if answer else "no"


def _share(refused: int, points: int) -> str:
    return "none" if refused == 0 else "all" if refused == points else str(refused)
