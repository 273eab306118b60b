"""The table of gradients: the largest error of each implementation as a fraction of its bound."""

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from xorbench.record.report import INSIDE, NO_FAILURES, OUTSIDE, Bias, Judgement, Report
from xorbench.tables.cells import NONE, Table, listed, number_or_undefined
from xorbench.tables.verdict_words import failing, in_other_dtypes, unexplained_pairs, worded
from xorbench.workloads import WORKLOADS


def gradients(report: Report) -> Table:
    """Return the table of gradients: the largest error / bound by implementation, workload and dtype."""
    lines = []
    reasons: dict[tuple[str, str], list[str]] = {}
    for (implementation, workload, dtype), rows in groups(report).items():
        shown = worst(rows)
        reading = shown.of_bound
        lines.append(
            {
                "implementation": implementation,
                "workload": workload,
                "dtype": dtype,
                "points": str(max(row.points for row in rows)),
                "largest error / bound": number_or_undefined(reading.largest) if reading else NONE,
                "entry": _entry(shown),
                "point": reading.where if reading else NONE,
                "verdict": worded(shown.verdict),
            }
        )
        if shown.reason:
            reasons.setdefault((implementation, shown.reason), []).append(f"{workload} {dtype}")
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


def groups(report: Report) -> dict[tuple[str, str, str], list[Judgement]]:
    """Return the judgements by implementation, workload and dtype."""
    groups: dict[tuple[str, str, str], list[Judgement]] = {}
    for row in report.rows:
        groups.setdefault((row.implementation, row.workload, row.dtype), []).append(row)
    return groups


def worst(rows: Sequence[Judgement]) -> Judgement:
    """Return the judgement that stands for all of a group: a failure, or else the one with the largest error."""
    return max(rows, key=lambda row: (row.verdict not in NO_FAILURES, row.verdict != INSIDE, _largest(row)))


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
    wrong = failing(report)
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


def _deciding_dtypes(report: Report) -> list[str]:
    """Return a sentence that names the dtype in which each workload is timed; [] if no other was judged."""
    names: dict[str, dict[str, None]] = {}
    for row in report.rows:
        if row.decides:
            names.setdefault(row.dtype, {})[row.workload] = None
    if all(row.decides for row in report.rows):
        return []
    dtypes = "; ".join(f"{dtype} for {listed([*workloads])}" for dtype, workloads in names.items())
    told = "Verdicts in the dtype in which a workload is timed decide which implementations are timed on it"
    return [f"{told}: {dtypes}."]


def _largest(row: Judgement) -> float:
    """Return the largest error as a fraction of the bound; infinity if it is not finite, 0 if nothing was compared."""
    if row.of_bound is None:
        return 0.0
    return math.inf if row.of_bound.largest is None else row.of_bound.largest


def _entry(row: Judgement) -> str:
    """Return the entry with the largest error, or the quantity that is malformed; NONE where nothing was judged."""
    if row.of_bound:
        return f"{row.parameter}{row.of_bound.index or ''}"
    return row.parameter if row.verdict == OUTSIDE else NONE
