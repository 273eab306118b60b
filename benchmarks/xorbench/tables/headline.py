"""A record in one sentence."""

from collections.abc import Sequence

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import NOT_STEADY, Row
from xorbench.record.report import MISSING
from xorbench.tables.captions import timed_on
from xorbench.tables.cells import NONE, with_ends
from xorbench.tables.timings import label

SHOWN = 3
"""If more than these were timed beside the baseline, only the fastest and the slowest are named."""


def headline(analysis: Analysis) -> str:
    """What an epoch costs whom, how sure that is, where, and whether the gradients are right: plain text.

    Of the first workload with a hidden layer, where there is one, and of the baseline's own tier; rows that are not
    steady are left out.
    """
    workload = next((w for w in analysis.record.workloads if len(w.layer_sizes) > 2), analysis.record.workloads[0])
    found = [row for row in analysis.rows if row.workload == workload.name and row.ratio is not None]
    baseline = next((row for row in found if row.is_baseline), None)
    if baseline is None:
        return f"{label(workload)} was not timed on {analysis.record.machine.cpu}; {_gradients(analysis)}."
    others = [row for row in found if row is not baseline and row.tier == baseline.tier and row.verdict != NOT_STEADY]
    named = others if len(others) <= SHOWN else [others[0], others[-1]]  # rows come from fastest to slowest
    costs = [f"{with_ends(baseline.microseconds_per_epoch)[0]} µs in {baseline.implementation}", *map(_cost, named)]
    extremes = f", the fastest and the slowest of {len(others)}" if len(others) > SHOWN else ""
    unfit = "Not to be believed, for the run is unfit: " if analysis.record.unfit else ""
    where = f"{'on' if unfit else 'On'} {timed_on(analysis)} of {analysis.record.machine.cpu}"
    return f"{unfit}{where}, an epoch of {label(workload)} costs {_listed(costs)}{extremes}; {_gradients(analysis)}."


def _cost(row: Row) -> str:
    value, ends = with_ends(row.ratio)
    return f"{value} times that in {row.implementation}{'' if ends == NONE else f' (95 % interval {ends})'}"


def _gradients(analysis: Analysis) -> str:
    verdicts = [row.verdict for row in analysis.record.gradients.rows if row.verdict != MISSING]
    wrong = sum(verdict != "inside" for verdict in verdicts)
    if not verdicts:
        return "no gradient was judged"
    return (
        f"{wrong} of {len(verdicts)} verdicts on gradients are not inside"
        if wrong
        else "every gradient is inside its bound"
    )


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
