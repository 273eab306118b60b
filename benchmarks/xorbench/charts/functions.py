"""Figure of the study of elementary functions: errors in ulps over the argument."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from xorbench.charts.figure import Columns, Figure, Panel, data
from xorbench.charts.scales import log_scale
from xorbench.charts.style import by_implementation, labels

TICKS = [sign * size for size in (0.1, 1, 10, 100) for sign in (1, -1)]

SMALLEST, LARGEST = 0.1, 1000
"""The ends of the axis of errors; what is beyond them is drawn there, such as the error of tanh(40) = 1."""


@debug_mode(False)  # validation of every part is slow; the tests validate the figure instead
def functions(study: Mapping[str, Any]) -> Figure:
    """Return the figure of a panel for each function and dtype with a line for each framework."""
    names = labels(row["framework"] for row in study["rows"])
    middles = [(low + high) / 2 for low, high in pairwise(study["edges"])]
    x = alt.X(
        "x:Q",
        title="argument",
        scale=alt.Scale(type="symlog", constant=0.01, nice=False),
        axis=alt.Axis(values=[0, *TICKS], format="~r"),
    )
    y = alt.Y(
        "ulps:Q",
        title="error, ulps",
        scale=log_scale(domain=[SMALLEST, LARGEST]),
        axis=alt.Axis(values=[0.1, 1, 10, 100, 1000], format="~r"),
    )
    panels = []
    for function in study["functions"]:
        for dtype in ("float64", "float32"):
            rows = [row for row in study["rows"] if (row["function"], row["dtype"]) == (function, dtype)]
            columns: Columns = {"implementation": [], "x": [], "ulps": []}
            for row in rows:
                for middle, error in zip(middles, row["ulps_by_bin"], strict=True):
                    if error is not None:
                        columns["implementation"].append(names[row["framework"]])
                        columns["x"].append(middle)
                        columns["ulps"].append(min(max(float(error), SMALLEST), LARGEST))
            if rows:
                said = ", ".join(f"{row['framework']} {float(row['ulps']):.3g}" for row in rows)
                chart = alt.Chart(data(columns, implementation="string")).mark_line()
                encoded = chart.encode(x=x, y=y, **by_implementation([*names.values()]))
                panels.append(Panel(f"{function}, {dtype}", f"largest error in ulps: {said}.", encoded, height=190))
    text = (
        "The largest error of each elementary function in units in the last place (ulps), by framework and argument. "
        "The outermost points include all larger arguments. Errors below 0.1 and above 1,000 ulps, and results that "
        "are not finite, are drawn at the edge."
    )
    return Figure("functions", "Errors of elementary functions", text, panels, [*names.values()])
