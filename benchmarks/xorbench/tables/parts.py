"""Tables of what a step consists of: the times of loss, gradient and epoch, and of single predictions."""

from collections.abc import Iterator, Sequence

import pandas as pd

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.measured import LIMIT, Measured
from xorbench.measures import Measure
from xorbench.tables.captions import how_timed
from xorbench.tables.cells import NONE, Table, between, listed, plain, with_ends
from xorbench.tables.timings import label
from xorbench.tables.weaknesses import weaknesses

LOSS, GRADIENT, EPOCH, UPDATE = "loss, µs", "gradient, µs", "epoch, µs", "update, µs"
RATIO, AGAINST = "gradient / loss", f"limit of {LIMIT[1]}"
MEDIAN, SLOW = "one prediction, µs (median)", "one prediction, µs (99th percentile)"

COLUMNS: dict[Measure, str] = {"loss": LOSS, "gradient": GRADIENT, "epoch": EPOCH}


def parts(analysis: Analysis) -> list[Table]:
    """Return a table for each workload and tier; [] if only epochs were measured."""
    labels = {workload.name: label(workload) for workload in analysis.record.workloads}
    groups: dict[tuple[str, str], list[Measured]] = {}
    for row in analysis.measured:
        groups.setdefault((row.workload, row.tier), []).append(row)
    return [
        Table(
            f"What a step consists of: {labels[workload]}, {tier}",
            pd.DataFrame([_line(analysis, row) for row in rows], dtype=object),
            [*_reasons(rows), *_notes(analysis, len(rows)), *how_timed(analysis)],
            weaknesses(analysis),
        )
        for (workload, tier), rows in groups.items()
    ]


def _reasons(rows: Sequence[Measured]) -> Iterator[str]:
    for row in rows:
        for measure, reason in row.refused.items():
            yield f"{row.implementation}, {measure}: {reason}."


def _line(analysis: Analysis, row: Measured) -> dict[str, str]:
    there = analysis.record.settings.measures
    cells = {"implementation": row.implementation}
    for measure, head in COLUMNS.items():
        if measure in there:
            cells[head] = _time(row, measure)
    if "gradient" in there:
        cells[UPDATE] = _cell(row, row.update_microseconds, signed=True)
    if {"gradient", "loss"} <= {*there}:
        cells[RATIO] = _cell(row, row.gradient_over_loss)
        cells[AGAINST] = row.against_limit or NONE
    if "predict" in there:
        cells[MEDIAN] = "refused" if "predict" in row.refused else _cell(row, row.median_microseconds)
        cells[SLOW] = NONE if "predict" in row.refused else _cell(row, row.percentile_99_microseconds)
    return cells


def _time(row: Measured, measure: Measure) -> str:
    return "refused" if measure in row.refused else _cell(row, row.microseconds.get(measure))


def _cell(row: Measured, measured: Interval | None, signed: bool = False) -> str:
    return NONE if measured is None else between(measured, processes=row.launches, signed=signed)


def _notes(analysis: Analysis, rows: int) -> Iterator[str]:
    there = analysis.record.settings.measures
    percent = f"{analysis.record.plan.confidence * 100:.4g} %"
    yield (
        "Each function is in the form in which users of the framework call it many times, prepared outside of the "
        "clock; all are timed in the same rounds, each in its own process. Loss: the forward pass of a training step "
        "with its loss. Gradient: at fixed parameters. Epoch: a gradient and an update, as in the table of times."
    )
    if "gradient" in there:
        yield (
            "Update: the epoch less the gradient, from the same rounds. It may be negative where the loop over the "
            "epochs is compiled, because an epoch then has no call from Python."
        )
    if {"gradient", "loss"} <= {*there}:
        yield (
            f"By the cheap gradient principle a gradient takes at most {LIMIT[0]} to {LIMIT[1]} times the operations "
            "of the loss, which it computes too (A. Griewank and A. Walther, Evaluating Derivatives, SIAM 2008). The "
            "limit is on operations, not on time: calls, memory and the graph of a framework may cost more."
        )
    if "predict" in there:
        yield (
            "One prediction: the wall time from the call for one sample until the outputs are a NumPy array. Calls "
            "that met a context switch are left out, ten at a time."
        )
    yield (
        f"Intervals of update and ratio are simultaneous ({percent}, Bonferroni, {rows} row{'s' * (rows != 1)}); other "
        "intervals are single 95 % intervals."
    )


def line(analysis: Analysis) -> str:
    """Return a sentence on the measures of a run: the smallest and the largest ratio of gradient to loss.

    It is "" if only epochs were measured.
    """
    if not analysis.measured:
        return ""
    every = [(row.gradient_over_loss, plain(row.implementation)) for row in analysis.measured]
    ratios = sorted([(ratio.value, with_ends(ratio)[0], name) for ratio, name in every if ratio is not None])
    refused = [f"{plain(row.implementation)} ({m})" for row in analysis.measured for m in row.refused if m != "epoch"]
    found = []
    if ratios:
        ends = [f"{text} ({name})" for _, text, name in (ratios[0], *ratios[1:][-1:])]
        found.append(f"gradient / loss {' to '.join(ends)}")
    if refused:
        found.append(f"refused or failed {listed(list(dict.fromkeys(refused)))}")
    return f"Measures: {'; '.join([*found, 'show --table parts'])}."
