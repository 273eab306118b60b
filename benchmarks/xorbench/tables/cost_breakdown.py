"""Tables of the cost breakdown of a step: parts that add up to its time."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import pandas as pd

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.cost_breakdown import Part, Step
from xorbench.estimates.intervals import Interval
from xorbench.tables.cells import NONE, NOT_APPLICABLE, Measured, Table, decimals, rounded, significant
from xorbench.tables.timings import label
from xorbench.tables.weaknesses import weaknesses

MOST_DECIMALS = 2


def decompositions(analysis: Analysis) -> list[Table]:
    """Return a table for each workload with timed implementations that differ from each other in one thing."""
    every = analysis.steps
    note = (
        "A part is the time of the implementation in its line minus the time of the one in the line above. If an "
        "implementation between them was not timed, the next part includes it. In each launch the share of the step is "
        "computed from the same rounds, and the time is this share of the median time of the step. Both are means over "
        "launches, each with its own interval: if the machine is slower in some launches, times vary more than shares. "
        "The verdict is about the share. The intervals of a column are simultaneous for a step. Parts are rounded so "
        "that they add up to the rounded total."
    )
    shown = []
    for workload in analysis.record.workloads:
        lines = [line for step in every if step.workload == workload.name for line in _lines(step)]
        if lines:
            title = f"Cost breakdown of a step: {label(workload)}"
            shown.append(Table(title, pd.DataFrame(lines, dtype=object), [note], weaknesses(analysis)))
    return shown


def _lines(step: Step) -> list[dict[str, str]]:
    microseconds = adding_up([part.microseconds for part in step.parts])
    percent = adding_up([part.share.times(100) for part in step.parts])
    lines = [_line(step, *found) for found in zip(step.parts, microseconds, percent, strict=True)]
    whole = {"implementation": step.implementation, "part": "total", "added by": NOT_APPLICABLE}
    numbers = {
        "µs per epoch": _total(microseconds),
        "95 % interval, µs": NOT_APPLICABLE,
        "% of the step": _total(percent),
        "95 % interval, %": NOT_APPLICABLE,
    }
    return [*lines, whole | numbers | {"verdict": NOT_APPLICABLE}]


def _line(step: Step, part: Part, microseconds: str, percent: str) -> dict[str, str]:
    return {
        "implementation": step.implementation,
        "part": part.adds,
        "added by": part.implementation,
        "µs per epoch": microseconds,
        "95 % interval, µs": _ends(part.microseconds),
        "% of the step": percent,
        "95 % interval, %": _ends(part.share.times(100)),
        "verdict": part.verdict,
    }


def _ends(measured: Interval) -> str:
    """Return the ends of an interval as text, with at most as many decimals as its value has; NONE without ends."""
    if measured.low is None or measured.high is None:
        return NONE
    digits = min(MOST_DECIMALS, decimals(measured.low, measured.high))
    text = f"{significant(measured.low, digits)} to {significant(measured.high, digits)}"
    return Measured(text, low=measured.low, high=measured.high)


def adding_up(parts: Sequence[Interval]) -> list[str]:
    """Return the values of `parts` as text, rounded so that they add up to their rounded sum.

    Each is the difference of two successive rounded partial sums.
    """
    sums = list(accumulate((part.value for part in parts), initial=0.0))
    return [rounded(b - a, MOST_DECIMALS) for a, b in pairwise(round(s, MOST_DECIMALS) for s in sums)]


def _total(cells: Sequence[str]) -> str:
    return rounded(sum(float(cell.replace(",", "")) for cell in cells), MOST_DECIMALS)
