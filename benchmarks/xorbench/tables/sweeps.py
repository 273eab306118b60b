"""The tables of a sweep: what an epoch costs at each point, where lines cross, how the cost grows."""

import math

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.crossings import CROSSES, NOT_SEPARATED, Crossing
from xorbench.estimates.growth import Growth, peak
from xorbench.estimates.intervals import Interval
from xorbench.estimates.sweep_axes import Axis
from xorbench.estimates.timing_table import Row
from xorbench.tables.captions import weaknesses
from xorbench.tables.cells import NONE, Table, between, with_ends


def points(analysis: Analysis) -> list[Table]:
    """What an epoch costs, a table for each axis, a column for each implementation."""
    found = {(row.workload, row.implementation): row for row in analysis.rows}
    names = [i.name for i in analysis.record.implementations]
    return [
        Table(
            f"µs per epoch by {axis.title}, {threads(analysis)}",
            pd.DataFrame([_point(axis, place, names, found) for place in range(len(axis.sizes))]),
            ["Means over launches; tuned implementations are marked with an asterisk."],
            weaknesses(analysis),
        )
        for axis in analysis.axes
    ]


def where_lines_cross(analysis: Analysis) -> Table:
    """Every two whose lines cross or may cross, and everybody with the baseline."""
    shown = [c for c in analysis.crossings if c.verdict in (CROSSES, NOT_SEPARATED) or REFERENCE in (c.one, c.other)]
    note = (
        "Sizes with 95 % intervals. An interval reaches at least to the two measured sizes around the crossing, "
        "because nothing was measured between them; where it reaches further, it holds the sizes at which the ratio of "
        "the two times can not be told from 1, straight between points on logarithmic axes. Who is faster at a point "
        "is decided for all points of a line together. Not in the sweep: the first is faster at every point. Not "
        "separated: nowhere is the other shown to be faster, and the first not everywhere."
    )
    return Table(f"Where lines cross, {threads(analysis)}", pd.DataFrame([_crossing(c) for c in shown]), [note])


def cost_growth(analysis: Analysis) -> Table:
    """A fixed cost per epoch, and one per multiply-add, of each implementation."""
    best = peak(analysis)
    notes = [
        "Fitted over all points, with 95 % intervals over launches: the least squares of relative errors, neither part "
        "below 0. Multiply-adds are those of the products, forward and backward; all else that grows is in their cost. "
        "Off: how far a point is from the fit at most, as a share of its time. A row has no intervals where it is off "
        "by more than both would reach above their values, as shares of these: the points do not lie on the fit, and "
        "an interval would only tell how well the fit repeats."
    ]
    if best:
        notes.append(f"Peak: this machine's fastest product of matrices does {best:.3g} multiply-adds a nanosecond.")
    lines = [_growth(found) for found in analysis.growth]
    return Table(f"How the cost of an epoch grows, {threads(analysis)}", pd.DataFrame(lines), notes)


def around(size: Interval | None) -> tuple[str, str]:
    """The size of a crossing and its interval, whose ends are whole sizes: rounding must not make it narrower."""
    value, ends = with_ends(size)
    if size is None or size.low is None or size.high is None:
        return value, ends
    return value, f"{math.floor(size.low):,} to {math.ceil(size.high):,}"


def threads(analysis: Analysis) -> str:
    """With how many it was timed."""
    number = analysis.record.settings.threads
    return "1 thread" if number == 1 else f"{number} threads"


def _point(axis: Axis, place: int, names: list[str], found: dict[tuple[str, str], Row]) -> dict[str, str]:
    line = {axis.name: f"{axis.sizes[place]:,}"}
    for name in names:
        row = found[axis.workloads[place], name]
        head = f"{name}*" if row.tier == "tuned" else name
        line[head] = row.verdict if row.microseconds_per_epoch is None else between(row.microseconds_per_epoch)
    return line


def _crossing(found: Crossing) -> dict[str, str]:
    value, ends = around(found.size)
    second = found.other if found.first == found.one else found.one
    return {
        "along": found.axis.title,
        "first ahead": found.first or NONE,
        "then": second if found.verdict == CROSSES else NONE,
        "of": f"{found.one}, {found.other}",
        "at": value,
        "95 % interval": ends,
        "verdict": found.verdict,
    }


def _growth(found: Growth) -> dict[str, str]:
    return {
        "implementation": found.implementation,
        "points": str(found.points),
        "fixed, µs per epoch": between(found.fixed_microseconds),
        "ns per multiply-add": between(found.nanoseconds_per_multiply_add),
        "of the peak": NONE if found.of_peak is None else f"{found.of_peak:.1%}",
        "off, at most": f"{found.off:.0%}",
    }
