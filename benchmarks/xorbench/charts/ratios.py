"""Figure of ratios with their intervals on a logarithmic axis, and the noise floor as a band."""

import altair as alt

from xorbench.charts.figure import Chart, Columns, Figure, Panel, data
from xorbench.charts.scales import LADDER, log_scale
from xorbench.charts.style import SHAPES, colour, labels, role
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.timing_table import Row
from xorbench.tables.cells import with_ends

PIXELS_A_ROW = 34


def dots(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each workload and tier; None if nothing was timed."""
    names = labels(i.name for i in analysis.record.implementations)
    panels = []
    found = analysis.rows
    for workload, tier in dict.fromkeys((row.workload, row.tier) for row in found):
        shown = [row for row in found if (row.workload, row.tier) == (workload, tier) and row.ratio is not None]
        if any(row.implementation != REFERENCE for row in shown):
            floor = analysis.noise_floor_of(workload)
            panels.append(_panel(f"{workload}, {tier}", shown, floor, names))
    if not panels:
        return None
    text = (
        f"Time per epoch divided by that of {REFERENCE} in the same rounds, with 95 % intervals. The band is the noise "
        "floor: the ratio of a second copy of the baseline to the baseline."
    )
    return Figure("ratios", f"Time per epoch relative to {REFERENCE}", text, panels, series=[])


def _panel(title: str, shown: list[Row], floor: Interval | None, names: dict[str, str]) -> Panel:
    order = [names[row.implementation] for row in shown]
    ratios = [row.ratio for row in shown if row.ratio is not None]
    columns: Columns = {
        "implementation": order,
        "ratio": [ratio.value for ratio in ratios],
        "low": [ratio.low or ratio.value for ratio in ratios],
        "high": [ratio.high or ratio.value for ratio in ratios],
        "said": ["1" if row.is_baseline else with_ends(row.ratio)[0] for row in shown],
    }
    everybody = list(names.values())
    looks = {
        "color": alt.Color(
            "implementation:N",
            legend=None,
            scale=alt.Scale(domain=everybody, range=[colour(i) for i in range(len(everybody))]),
        ),
        "y": alt.Y(
            "implementation:N", sort=order, title=None, axis=alt.Axis(labelLimit=150, ticks=False, domain=False)
        ),
    }
    x = alt.X(
        "ratio:Q",
        title=f"time / {REFERENCE}",
        scale=log_scale(domain=_around(columns), nice=False),
        axis=alt.Axis(values=LADDER, format="~g"),
    )
    base = alt.Chart(data(columns, implementation="string", said="string"))
    shapes = alt.Scale(domain=everybody, range=[SHAPES[i % len(SHAPES)] for i in range(len(everybody))])
    layers: list[Chart] = [
        base.mark_rule(strokeWidth=3, strokeCap="round")
        .encode(x=x, x2="high:Q", **looks)
        .transform_calculate(ratio="datum.low"),
        base.mark_point(filled=True, size=110, opacity=1).encode(
            x=x, shape=alt.Shape("implementation:N", scale=shapes, legend=None), **looks
        ),
        base.mark_text(dy=-13, fontSize=12, fontWeight=600, color=role("ink")).encode(x=x, y=looks["y"], text="said:N"),
    ]
    ends = (floor.low, floor.high) if floor and floor.low and floor.high else (1.0, 1.0)
    band = alt.Chart(data({"ratio": [ends[0]], "high": [ends[1]]})).mark_rect(
        color=role("muted"), stroke=role("muted"), strokeWidth=1, opacity=0.4
    )
    said = [f"{row.implementation} {' with the interval '.join(with_ends(row.ratio))}" for row in shown[1:]]
    return Panel(
        title,
        f"{'; '.join(said)}.",
        alt.layer(band.encode(x=x, x2="high:Q"), *layers),
        height=PIXELS_A_ROW * len(shown) + 10,
    )


def _around(columns: Columns) -> list[float]:
    """Return the ends of an axis that has 1 on it and room for labels on both sides."""
    low, high = min([1.0, *columns["low"]]), max([1.0, *columns["high"]])
    margin = max(1.15, (high / low) ** 0.12)
    return [low / margin, high * margin]
