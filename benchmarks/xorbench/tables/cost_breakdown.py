"""The tables of what a step is made of: parts that add up to its time."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import pandas as pd

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.cost_breakdown import Part, Step
from xorbench.estimates.intervals import Interval
from xorbench.tables.captions import weaknesses
from xorbench.tables.cells import NONE, Table, decimals, rounded, significant
from xorbench.tables.timings import label

MOST_DECIMALS = 2


def decompositions(analysis: Analysis) -> list[Table]:
    """One for each workload in which an implementation and another from which it differs in one thing were timed."""
    every = analysis.steps
    note = (
        "A part is the time of the implementation in its line less that of the one in the line above; where one "
        "between them was not timed, its part is in the next. In each launch its share of the whole step is taken from "
        "the same rounds, and its time is that share of the median time of the step. Both are means over launches, "
        "each with its own interval: where the machine is slower in one launch than in another, times vary and shares "
        "need not. The verdict is that of the share. The intervals of a column hold together for a step. Numbers are "
        "rounded so that they add up."
    )
    shown = []
    for workload in analysis.record.workloads:
        lines = [line for step in every if step.workload == workload.name for line in _lines(step)]
        if lines:
            title = f"What a step is made of: {label(workload)}"
            shown.append(Table(title, pd.DataFrame(lines), [note], weaknesses(analysis)))
    return shown


def _lines(step: Step) -> list[dict[str, str]]:
    microseconds = adding_up([part.microseconds for part in step.parts])
    percent = adding_up([part.share.times(100) for part in step.parts])
    lines = [_line(step, *found) for found in zip(step.parts, microseconds, percent, strict=True)]
    whole = {"step of": step.implementation, "part": "together", "measured in": NONE}
    numbers = {
        "µs per epoch": _total(microseconds),
        "95 % interval, µs": NONE,
        "% of it": _total(percent),
        "95 % interval, %": NONE,
    }
    return [*lines, whole | numbers | {"verdict": NONE}]


def _line(step: Step, part: Part, microseconds: str, percent: str) -> dict[str, str]:
    return {
        "step of": step.implementation,
        "part": part.adds,
        "measured in": part.implementation,
        "µs per epoch": microseconds,
        "95 % interval, µs": _ends(part.microseconds),
        "% of it": percent,
        "95 % interval, %": _ends(part.share.times(100)),
        "verdict": part.verdict,
    }


def _ends(measured: Interval) -> str:
    """Of an interval, with as many digits as it allows, and no more decimals than its value has."""
    if measured.low is None or measured.high is None:
        return NONE
    digits = min(MOST_DECIMALS, decimals(measured.high - measured.low))
    return f"{significant(measured.low, digits)} to {significant(measured.high, digits)}"


def adding_up(parts: Sequence[Interval]) -> list[str]:
    """Their values with the same decimals, which add up to their sum with these: each is what the sum rises by."""
    sums = list(accumulate((part.value for part in parts), initial=0.0))
    return [rounded(b - a, MOST_DECIMALS) for a, b in pairwise(round(s, MOST_DECIMALS) for s in sums)]


def _total(cells: Sequence[str]) -> str:
    return rounded(sum(float(cell.replace(",", "")) for cell in cells), MOST_DECIMALS)
