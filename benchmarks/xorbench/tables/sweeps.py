"""Tables of a sweep: the time of an epoch at each point, crossover points, and growth of the cost."""

import math

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.crossings import CROSSES, NOT_SEPARATED, Crossing
from xorbench.estimates.growth import Growth, peak
from xorbench.estimates.intervals import Interval
from xorbench.estimates.sweep_axes import Axis
from xorbench.estimates.timing_table import Row
from xorbench.tables.cells import NONE, NOT_APPLICABLE, Measured, Table, between, with_ends
from xorbench.tables.weaknesses import weaknesses


def points(analysis: Analysis) -> list[Table]:
    """Return a table for each axis of the sweep with the time of an epoch, a column for each implementation."""
    found = {(row.workload, row.implementation): row for row in analysis.rows}
    names = [i.name for i in analysis.record.implementations]
    return [
        Table(
            f"µs per epoch by {axis.title}, {threads(analysis)}",
            pd.DataFrame([_point(axis, place, names, found) for place in range(len(axis.sizes))], dtype=object),
            ["Means over launches. Tuned implementations are marked with an asterisk."],
            weaknesses(analysis),
        )
        for axis in analysis.axes
    ]


def where_lines_cross(analysis: Analysis) -> Table:
    """Return the table of crossover points: all pairs whose lines cross or may cross, and all with the baseline."""
    shown = [c for c in analysis.crossings if c.verdict in (CROSSES, NOT_SEPARATED) or REFERENCE in (c.one, c.other)]
    note = (
        "Sizes at which the faster of two implementations changes, with 95 % intervals. An interval reaches at least "
        "to the two measured sizes around the crossing, because nothing was measured between them; if it reaches "
        "further, it contains the sizes at which the ratio of the two times is not separated from 1, interpolated "
        "linearly on logarithmic axes. Verdicts at the points of a line are simultaneous. Not in the sweep: one is "
        "faster at every point. Not separated: the other is not shown to be faster at any point, and the first not at "
        "every point."
    )
    return Table(f"Crossover points, {threads(analysis)}", pd.DataFrame(map(_crossing, shown), dtype=object), [note])


def cost_growth(analysis: Analysis) -> Table:
    """Return the table of cost growth: a fixed cost per epoch and a cost per multiply-add for each implementation."""
    best = peak(analysis)
    notes = [
        "Fitted over all points by least squares of relative errors, neither cost below 0, with 95 % intervals over "
        "launches. Multiply-adds are those of the matrix products, forward and backward; every other cost that grows "
        "with size is included in theirs. Largest misfit: the largest distance of a point from the fit, as a share of "
        "its time. A row has no intervals if its largest misfit exceeds the relative width of both above their values: "
        "the points do not follow the fit, and an interval would only show how well the fit repeats."
    ]
    if best:
        notes.append(f"Peak: {best:.3g} multiply-adds per nanosecond, in the fastest matrix product on this machine.")
    frame = pd.DataFrame(map(_growth, analysis.growth), dtype=object)
    return Table(f"Growth of the cost of an epoch, {threads(analysis)}", frame, notes)


def around(size: Interval | None) -> tuple[str, str]:
    """Return the size of a crossing and its interval as texts; NOT_APPLICABLE if there is no crossing.

    The ends are rounded outwards to whole sizes, so that rounding does not make the interval narrower.
    """
    if size is None:
        return NOT_APPLICABLE, NOT_APPLICABLE
    value, ends = with_ends(size)
    if size.low is None or size.high is None:
        return value, ends
    return value, Measured(f"{math.floor(size.low):,} to {math.ceil(size.high):,}", low=size.low, high=size.high)


def threads(analysis: Analysis) -> str:
    """Return the number of threads of a record, in words."""
    number = analysis.record.settings.threads
    return "1 thread" if number == 1 else f"{number} threads"


def _point(axis: Axis, place: int, names: list[str], found: dict[tuple[str, str], Row]) -> dict[str, str]:
    line = {axis.name: f"{axis.sizes[place]:,}"}
    for name in names:
        row = found[axis.workloads[place], name]
        head = f"{name}*" if row.tier == "tuned" else name
        line[head] = (
            row.verdict
            if row.microseconds_per_epoch is None
            else between(row.microseconds_per_epoch, processes=row.launches)
        )
    return line


def _crossing(found: Crossing) -> dict[str, str]:
    value, ends = around(found.size)
    second = found.other if found.first == found.one else found.one
    return {
        "axis": found.axis.title,
        "faster at small sizes": found.first or NOT_APPLICABLE,
        "faster at large sizes": second if found.verdict == CROSSES else NOT_APPLICABLE,
        "pair": f"{found.one}, {found.other}",
        "crossover size": value,
        "95 % interval": ends,
        "verdict": found.verdict,
    }


def _growth(found: Growth) -> dict[str, str]:
    return {
        "implementation": found.implementation,
        "points": str(found.points),
        "fixed cost, µs per epoch": between(found.fixed_microseconds),
        "ns per multiply-add": between(found.nanoseconds_per_multiply_add),
        "share of the peak": NONE if found.of_peak is None else f"{found.of_peak:.1%}",
        "largest misfit": f"{found.off:.0%}",
    }
