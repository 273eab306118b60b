"""Figure of the raw rounds behind each ratio, in the order of time."""

import math

import altair as alt

from xorbench.charts.figure import Chart, Columns, Figure, Panel, data
from xorbench.charts.scales import LADDER, log_scale
from xorbench.charts.style import labels, role
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.ratios import Contender, medians, paired
from xorbench.estimates.timing_table import Row

MOST_POINTS = 3_500
"""Most points in all panels together, so that the page opens quickly."""


def rounds(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each row that has a ratio to the baseline; None if there is no such row."""
    shown = [row for row in analysis.rows if row.ratio is not None and not row.is_baseline]
    every = math.ceil(sum(_rounds(analysis, row) for row in shown) / MOST_POINTS)
    kept = "Every round" if every == 1 else f"One round in {every}"
    text = (
        f"{kept} as the ratio to the time of the baseline in the same round, in the order of time. Dots are the "
        "medians of launches over the rounds that enter the ratio; the band is the 95 % interval over launches."
    )
    names = labels(i.name for i in analysis.record.implementations)
    panels = [_panel(analysis, row, names[row.implementation], max(1, every)) for row in shown]
    return Figure("rounds", "Raw rounds", text, panels, series=[]) if panels else None


def _rounds(analysis: Analysis, row: Row) -> int:
    return sum(map(len, paired(analysis, row.workload, Contender(row.implementation)).values()))


def _panel(analysis: Analysis, row: Row, label: str, every: int) -> Panel:
    launches = paired(analysis, row.workload, Contender(row.implementation))
    raw: Columns = {"launch": [], "at": [], "ratio": []}
    first = 0
    for number, logarithms in enumerate(launches.values()):
        for place in range(-first % every, len(logarithms), every):
            raw["launch"].append(number)
            raw["at"].append(f"{number + place / len(logarithms):.3f}")
            raw["ratio"].append(f"{math.exp(logarithms[place]):.4g}")
        first += len(logarithms)
    middles: Columns = {
        "at": [n + 0.5 for n in range(len(launches))],
        "ratio": [f"{math.exp(m):.5g}" for m in medians(launches)],
    }
    values = alt.Axis(values=LADDER, format="~g") if _wide(raw["ratio"]) else alt.Axis(tickCount=5, format="~g")
    x = alt.X(
        "at:Q", title="launch", scale=alt.Scale(domain=[0, len(launches)], nice=False), axis=alt.Axis(tickMinStep=1)
    )
    y = alt.Y("ratio:Q", title="ratio of a round", scale=log_scale(nice=False), axis=values)
    layers: list[Chart] = []
    if row.ratio and row.ratio.low and row.ratio.high:
        band = alt.Chart(data({"ratio": [row.ratio.low], "high": [row.ratio.high]}))
        layers.append(band.mark_rect(color=role("muted"), opacity=0.35).encode(y=y, y2="high:Q"))
    line = alt.Chart(data(raw)).mark_line(strokeWidth=1, color=role("series-0"), opacity=0.75)
    dots = alt.Chart(data(middles)).mark_point(filled=True, size=36, opacity=1, color=role("slower"))
    layers += [line.encode(x=x, y=y, detail="launch:N"), dots.encode(x=x, y=y)]
    text = f"{sum(map(len, launches.values()))} rounds in {len(launches)} launches, {len(raw['at'])} of them drawn."
    return Panel(
        f"{label}, {row.workload}", text, alt.layer(*layers), height=260, of=(row.workload, row.implementation)
    )


def _wide(ratios: list[str]) -> bool:
    numbers = [float(ratio) for ratio in ratios]
    return max(numbers) > 4 * min(numbers)
