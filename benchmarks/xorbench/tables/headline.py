"""Summary of a record in one sentence."""

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import NOT_STEADY, Row
from xorbench.record.report import INSIDE, MISSING, NOT_OFFERED
from xorbench.tables.captions import timed_on
from xorbench.tables.cells import NONE, listed, with_ends
from xorbench.tables.timings import label

SHOWN = 3
"""Most rows beside the baseline that are all named; of more, only the fastest and the slowest are."""


def headline(analysis: Analysis) -> str:
    """Return one sentence of plain text: the time of an epoch, ratios with intervals, and the verdict on gradients.

    It is about the first workload with a hidden layer, or the first of all if there is none, and about the tier of the
    baseline. Rows that are not steady are left out.
    """
    workload = next((w for w in analysis.record.workloads if len(w.layer_sizes) > 2), analysis.record.workloads[0])
    found = [row for row in analysis.rows if row.workload == workload.name and row.ratio is not None]
    baseline = next((row for row in found if row.is_baseline), None)
    if baseline is None:
        return f"{label(workload)} was not timed on {analysis.record.machine.cpu}; {_gradients(analysis)}."
    others = [row for row in found if row is not baseline and row.tier == baseline.tier and row.verdict != NOT_STEADY]
    named = others if len(others) <= SHOWN else [others[0], others[-1]]  # rows come from fastest to slowest
    costs = [f"{with_ends(baseline.microseconds_per_epoch)[0]} µs in {baseline.implementation}", *map(_cost, named)]
    extremes = f", the fastest and the slowest of {len(others)} other implementations" if len(others) > SHOWN else ""
    unfit = "This run is unfit and its ratios are not reliable: " if analysis.record.unfit else ""
    where = f"{'on' if unfit else 'On'} {timed_on(analysis)} of {analysis.record.machine.cpu}"
    epoch = f"an epoch (one full-batch step) of {label(workload)}"
    return f"{unfit}{where}, {epoch} costs {listed(costs)}{extremes}; {_gradients(analysis)}."


def _cost(row: Row) -> str:
    value, ends = with_ends(row.ratio)
    return f"{value} times that in {row.implementation}{'' if ends == NONE else f' (95 % interval {ends})'}"


def _gradients(analysis: Analysis) -> str:
    rows = [row for row in analysis.record.gradients.rows if row.verdict not in (MISSING, NOT_OFFERED)]
    deciding = [row for row in rows if row.decides]
    wrong = [row for row in deciding if row.verdict != INSIDE]
    if not deciding:
        return "no gradient was judged"
    if wrong:
        return f"{len(wrong)} of {len(deciding)} gradient checks did not pass"
    where = "" if all(row.verdict == INSIDE for row in rows) else "in the dtypes that are timed, "
    return f"{where}every gradient error is within its rounding bound"
