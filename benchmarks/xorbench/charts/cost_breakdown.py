"""Figure of the cost breakdown of a step: its parts end to end, in microseconds and as shares of the step."""

from itertools import accumulate

import altair as alt

from xorbench.charts.figure import Chart, Columns, Figure, Panel, data
from xorbench.charts.style import colour, labels, role
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.cost_breakdown import NOT_SEPARATED, Step
from xorbench.tables.cells import between

PIXELS_A_STEP = 46

LINES = (14, 18)
"""Offsets in pixels below the middle of a bar, used in turn for intervals, because those of adjacent parts overlap."""


def parts(analysis: Analysis) -> Figure | None:
    """Return a figure with two panels for each workload; None if no two implementations differ in one thing."""
    every = analysis.steps
    names = labels(i.name for i in analysis.record.implementations)
    kinds = labels(part.adds for step in every for part in step.parts)
    panels = []
    for workload in dict.fromkeys(step.workload for step in every):
        shown = [step for step in every if step.workload == workload]
        panels += [_panel(shown, workload, unit, names, kinds) for unit in ("microseconds", "share")]
    text = (
        "Each part is the difference in time between two implementations that differ in one thing; the thin line is "
        "its interval. A part whose share is not separated from 0 is pale; a part that saves time extends to the left."
    )
    return Figure("parts", "Cost breakdown of a step", text, panels, series=[]) if panels else None


def _panel(shown: list[Step], workload: str, unit: str, names: dict[str, str], kinds: dict[str, str]) -> Panel:
    of_it = unit == "share"
    columns: Columns = {key: [] for key in ("implementation", "part", "start", "end", "low", "high", "opacity", "line")}
    for step in shown:
        sizes = [part.share.times(100) if of_it else part.microseconds for part in step.parts]
        ends = list(accumulate((size.value for size in sizes), initial=0.0))
        for number, (part, size, start, end) in enumerate(zip(step.parts, sizes, ends, ends[1:], strict=False)):
            columns["implementation"].append(names[step.implementation])
            columns["part"].append(kinds[part.adds])
            columns["start"].append(start)
            columns["end"].append(end)
            columns["low"].append(end if size.low is None else start + size.low)
            columns["high"].append(end if size.high is None else start + size.high)
            columns["opacity"].append(0.4 if part.verdict == NOT_SEPARATED else 1)
            columns["line"].append(number % len(LINES))
    everything = list(kinds.values())
    base = alt.Chart(data(columns, implementation="string", part="string"))
    order = [names[step.implementation] for step in shown]
    axis = alt.Axis(labelLimit=150, ticks=False, domain=False)
    y = alt.Y("implementation:N", sort=order, title=None, axis=axis)
    x = alt.X("start:Q", title="% of the step" if of_it else "µs per epoch", axis=alt.Axis(tickCount=5, format="~g"))
    colours = alt.Scale(domain=everything, range=[colour(number) for number in range(len(everything))])
    legend = alt.Legend(columns=1, symbolType="square", symbolSize=120, symbolStrokeWidth=0)
    layers: list[Chart] = [
        base.mark_bar(size=20).encode(
            x=x,
            x2="end:Q",
            y=y,
            color=alt.Color("part:N", scale=colours, legend=legend),
            opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
        ),
        *(
            base.transform_filter(alt.datum.line == number)
            .mark_rule(color=role("ink"), strokeWidth=1.5, yOffset=offset)
            .encode(x=alt.X("low:Q"), x2="high:Q", y=y)
            for number, offset in enumerate(LINES)
        ),
    ]
    return Panel(
        f"{workload}, {'shares' if of_it else 'times'}",
        f"{'; '.join(_words(step, of_it) for step in shown)}.",
        alt.layer(*layers),
        height=PIXELS_A_STEP * len(shown) + 10,
    )


def _words(step: Step, of_it: bool) -> str:
    sizes = [f"{between(p.share.times(100))} %" if of_it else f"{between(p.microseconds)} µs" for p in step.parts]
    return f"{step.implementation}: {', '.join(f'{p.adds} {size}' for p, size in zip(step.parts, sizes, strict=True))}"
