"""Figure of cold starts and break-even: the time of a training by epochs, including import and first call."""

import math

import altair as alt
import numpy as np

from xorbench.charts.figure import Chart, Columns, Figure, Panel, data
from xorbench.charts.scales import POWERS, log_scale
from xorbench.charts.style import by_implementation, labels, role
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.break_even import Cost
from xorbench.estimates.timing_table import Row

FEWEST_POWERS = 6

POINTS_A_POWER = 6


def payback(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each workload and tier; None if no cold start was measured."""
    names = labels(i.name for i in analysis.record.implementations)
    begun = {(cost.workload, cost.implementation): cost for cost in analysis.costs}
    found = [row for row in analysis.rows if (row.workload, row.implementation) in begun]
    panels = []
    for workload, tier in dict.fromkeys((row.workload, row.tier) for row in found):
        base = next((r for r in found if (r.workload, r.implementation) == (workload, REFERENCE)), None)
        others = [r for r in found if (r.workload, r.tier) == (workload, tier) and r.implementation != REFERENCE]
        if base and others:
            shown = [(row, begun[workload, row.implementation]) for row in (base, *others)]
            panels.append(_panel(f"{workload}, {tier}", shown, names))
    text = (
        "Time in a fresh process until a number of epochs is done: import, first call, epochs. Points mark the "
        f"break-even with {REFERENCE}, where the lines cross; the bar is the worst case of all intervals."
    )
    return Figure("payback", "Cold starts and break-even", text, panels, [*names.values()]) if panels else None


def _panel(title: str, shown: list[tuple[Row, Cost]], names: dict[str, str]) -> Panel:
    crossings = [(row, cost.break_even) for row, cost in shown if cost.break_even and cost.break_even.epochs]
    furthest = max([1.0, *(found.high or found.epochs or 1 for _, found in crossings)])
    powers = max(FEWEST_POWERS, math.ceil(math.log10(furthest) + 0.5))
    epochs = np.logspace(0, powers, powers * POINTS_A_POWER + 1)
    step = _seconds_of_an_epoch(shown[0][0])
    lines: Columns = {"implementation": [], "epoch": [], "seconds": []}
    for row, cost in shown:
        begun = cost.import_seconds.value + cost.first_call_seconds.value
        lines["implementation"] += [names[row.implementation]] * len(epochs)
        lines["epoch"] += epochs.tolist()
        lines["seconds"] += (begun + (epochs - 1) * step * (row.ratio.value if row.ratio else 1)).tolist()
    x = alt.X("epoch:Q", title="epochs", scale=log_scale(nice=False), axis=alt.Axis(values=POWERS, format="~s"))
    y = alt.Y("seconds:Q", title="seconds", scale=log_scale(), axis=alt.Axis(values=POWERS, format="~g"))
    looks = by_implementation(list(names.values()))
    drawn: list[Chart] = [
        alt.Chart(data(lines, implementation="string")).mark_line().encode(x=x, y=y, **looks),
    ]
    if crossings:
        points: Columns = {
            "implementation": [names[row.implementation] for row, _ in crossings],
            "epoch": [found.epochs for _, found in crossings],
            "high": [found.high or found.epochs for _, found in crossings],
            "low": [found.low or found.epochs for _, found in crossings],
            "seconds": [_seconds(shown[0], found.epochs or 1) for _, found in crossings],
            "said": [f"{float(f'{found.epochs:.3g}'):,.0f}" for _, found in crossings],
        }
        marked = alt.Chart(data(points, implementation="string", said="string"))
        drawn += [
            marked.mark_rule(color=role("ink"), strokeWidth=3).encode(x=alt.X("low:Q"), x2="high:Q", y=y),
            marked.mark_point(filled=True, color=role("ink"), size=70, opacity=1).encode(x=x, y=y),
            marked.mark_text(dy=16, dx=6, align="left", color=role("ink"), fontWeight=600).encode(
                x=x, y=y, text="said:N"
            ),
        ]
    return Panel(title, _words(shown), alt.layer(*drawn), height=250)


def _seconds(base: tuple[Row, Cost], epochs: float) -> float:
    """Return the time of the baseline in seconds after `epochs`, including import and first call."""
    row, cost = base
    step = _seconds_of_an_epoch(row)
    return cost.import_seconds.value + cost.first_call_seconds.value + (epochs - 1) * step


def _seconds_of_an_epoch(row: Row) -> float:
    return row.microseconds_per_epoch.value / 1e6 if row.microseconds_per_epoch else 0.0


def _words(shown: list[tuple[Row, Cost]]) -> str:
    said = []
    for row, cost in shown:
        found = cost.break_even
        if found and found.epochs:
            said.append(f"{row.implementation} is faster {found.verdict} {float(f'{found.epochs:.3g}'):,.0f} epochs")
        elif found:
            said.append(f"{row.implementation}: break-even {found.verdict}")
    return "; ".join(said) + "."
