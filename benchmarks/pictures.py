"""The judge's report as pictures: SVG, drawn without a browser."""

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
"""Okabe and Ito's, which the colour-blind can tell apart; the dashes tell lines apart that lie on each other."""

POWERS = [10**power for power in range(7)]

TENTHS = alt.Axis(values=[10.0**-power for power in range(20)], format=".0e")

PANEL = {"width": 340, "height": 180}


@dataclass(frozen=True)
class Picture:
    """A file name without its ending, what is to be seen, in words, and the SVG."""

    name: str
    text: str
    svg: str


def pictures(report: dict[str, Any]) -> list[Picture]:
    """All that the report has the data for."""
    found = []
    accuracy = pd.DataFrame(report["accuracy"])
    if len(accuracy):
        found += [
            _picture("accuracy-saturation", _SATURATION, _accuracy(accuracy, "logit", "mean logit of the last layer")),
            _picture("accuracy-scale", _SCALE, _accuracy(accuracy, "scale", "scale of the parameters")),
        ]
    if report["trajectories"]:
        found.append(_picture("trajectories", _TRAJECTORIES, _trajectories(report["trajectories"])))
    return found


_SATURATION = "Right decimal digits of the median gradient entry, from saturated at 0 to saturated at 1."
_SCALE = "Right decimal digits of the median gradient entry, from small parameters to large ones."
_TRAJECTORIES = (
    "How far trainings from the same parameters are from the reference's, and from the true one, epoch by epoch."
)


def _accuracy(rows: pd.DataFrame, axis: str, title: str) -> alt.FacetChart:
    rows = rows[rows["axis"] == axis]
    scale = alt.Scale(type="log") if axis == "scale" else alt.Scale()
    lines = alt.Chart(rows).mark_line(interpolate="linear")
    encoded = lines.encode(
        x=alt.X("position:Q", title=title, scale=scale),
        y=alt.Y("median_digits:Q", title="right digits"),
        **_by_implementation(rows),
    )
    return _panels(encoded, row="dtype:N", column="workload:N")


def _trajectories(rows: list[dict[str, Any]]) -> alt.FacetChart:
    points = pd.DataFrame(
        {
            "implementation": row["implementation"],
            "workload": row["workload"],
            "from": start,
            "epoch": epoch,
            "apart": d,
        }
        for row in rows
        for start, distances in (("the reference", row["from_reference"]), ("the truth", row["from_truth"]))
        for epoch, d in zip(row["at"], distances, strict=False)  # the truth is known of the first epochs only
        if d > 0  # has no logarithm: it is the same to the last bit
    )
    lines = alt.Chart(points).mark_line()
    encoded = lines.encode(
        x=alt.X("epoch:Q", title="epoch", scale=alt.Scale(type="log"), axis=alt.Axis(values=POWERS, format="~s")),
        y=alt.Y("apart:Q", title="largest difference", scale=alt.Scale(type="log"), axis=TENTHS),
        **_by_implementation(points),
    )
    return _panels(encoded, row="from:N", column="workload:N")


def _by_implementation(rows: pd.DataFrame) -> dict[str, Any]:
    """Colour and dashes, in the order in which implementations come; the first is the widest, so that none hides."""
    names = list(dict.fromkeys(rows["implementation"]))
    legend = alt.Legend(title=None, orient="top", symbolStrokeWidth=3, symbolSize=600)
    dashes = [[1, 0], [8, 4], [2, 3], [8, 3, 2, 3], [4, 4], [12, 3], [1, 2]]
    cycle = range(len(names))
    return {
        "color": alt.Color(
            "implementation:N",
            legend=legend,
            scale=alt.Scale(domain=names, range=[COLOURS[i % len(COLOURS)] for i in cycle]),
        ),
        "strokeDash": alt.StrokeDash(
            "implementation:N",
            legend=legend,
            scale=alt.Scale(domain=names, range=[dashes[i % len(dashes)] for i in cycle]),
        ),
        "strokeWidth": alt.StrokeWidth(
            "implementation:N", legend=None, scale=alt.Scale(domain=names, range=[max(1.5, 4.5 - i) for i in cycle])
        ),
    }


def _panels(chart: alt.Chart, row: str, column: str) -> alt.FacetChart:
    panels = chart.properties(**PANEL).facet(row=alt.Row(row, title=None), column=alt.Column(column, title=None))
    configured: alt.FacetChart = panels.configure(background="white")
    return configured


def _picture(name: str, text: str, chart: alt.FacetChart) -> Picture:
    svg: str = vl_convert.vegalite_to_svg(chart.properties(description=text).to_json())
    return Picture(name, text, svg + "\n")
