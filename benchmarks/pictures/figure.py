"""What a picture is: panels with their words; and its two forms, a file of SVG and specifications for the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from benchmarks.pictures.style import CONFIG, on_paper, role

Chart = alt.Chart | alt.LayerChart

WIDTH = 380
"""Of a panel in a file, in pixels. On the page it is as wide as there is room."""


@dataclass(frozen=True)
class Panel:
    """One coordinate system: what stands above it, what is to be seen in it, in words, and its marks.

    `of` is the workload and the implementation, where it is of one row alone.
    """

    title: str
    text: str
    chart: Chart
    height: int = 220
    of: tuple[str, str] | None = None


@dataclass(frozen=True)
class Figure:
    """Panels that belong together. `name` is that of its file, without the ending.

    `series` are the labels that its lines have, in the order of their colours; empty where panels say it themselves.
    """

    name: str
    title: str
    text: str
    panels: list[Panel]
    series: list[str]

    @property
    def words(self) -> str:
        """All that is to be seen, for those who can't."""
        return " ".join([self.text, *(f"{panel.title}: {panel.text}" for panel in self.panels)])


def data(columns: Mapping[str, Sequence[Any]], **types: str) -> alt.InlineData:
    """Columns as CSV inside a picture, which is a third of the same as objects. `types` are for what is no number."""
    frame = pd.DataFrame(columns)
    parse = {column: types.get(column, "number") for column in frame}
    text = frame.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    return alt.InlineData(values=text, format=alt.DataFormat(alt.CsvDataFormat(type="csv", parse=parse)))


def svg(figure: Figure) -> str:
    """The picture as a file, in light colours on white."""
    panels = [panel.chart.properties(title=panel.title, width=WIDTH, height=panel.height) for panel in figure.panels]
    whole = alt.concat(*panels, columns=2, spacing=30).properties(
        title=alt.TitleParams(figure.title, fontSize=16, offset=14), description=figure.words, padding=16
    )
    config = {**CONFIG, "background": role("raised")}
    text = json.dumps({**whole.to_dict(), "config": config}, sort_keys=True)
    return str(vl_convert.vegalite_to_svg(on_paper(text))) + "\n"


def vega(panel: Panel) -> dict[str, Any]:
    """The panel as Vega draws it, as wide as what holds it and without a legend, which the page has once."""
    chart = panel.chart.properties(
        width="container", height=panel.height, padding={"left": 2, "right": 8, "top": 4, "bottom": 4}
    )
    config = {**CONFIG, "legend": {"disable": True}}
    found: dict[str, Any] = vl_convert.vegalite_to_vega({**chart.to_dict(), "config": config})
    return found
