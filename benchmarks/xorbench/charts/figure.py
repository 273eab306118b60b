"""What a picture is: panels with their words; and its two forms, a file of SVG and specifications for the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import pandas as pd

from xorbench.charts.style import CONFIG, on_paper, role

Columns = dict[str, list[Any]]
"""What is drawn: numbers and texts, by the name of the field."""

Encoding = dict[str, Any]
"""Channels of Vega-Lite by their names, or a specification."""

Chart = alt.Chart | alt.LayerChart | alt.FacetChart

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

    @cached_property
    def spec(self) -> Encoding:
        """In Vega-Lite, without a width. Not validated, which takes ten times as long: the tests draw all there is."""
        with alt.data_transformers.enable(consolidate_datasets=False):  # only a whole chart can hold data for its parts
            found: Encoding = self.chart.to_dict(validate=False)
        return {key: value for key, value in found.items() if key not in ("$schema", "config")} | {
            "height": self.height
        }


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
    """Columns as CSV inside a picture, which is a third of the same as objects, to a fraction of a pixel.

    `types` are for what is no number.
    """
    frame = pd.DataFrame(columns)
    parse = {column: types.get(column, "number") for column in columns}
    text = frame.to_csv(index=False, lineterminator="\n", float_format="%.4g")
    return alt.InlineData(values=text, format=alt.CsvDataFormat(type="csv", parse=parse))


def specification(figure: Figure) -> str:
    """The whole picture as one specification, in light colours: what `vega.svg` makes a file of."""
    whole = {
        "title": {"text": figure.title, "fontSize": 16, "offset": 14},
        "description": figure.words,
        "padding": 16,
        "columns": 2,
        "spacing": 30,
        "concat": [{**panel.spec, "title": panel.title, "width": WIDTH} for panel in figure.panels],
        "config": {**CONFIG, "background": role("raised")},
    }
    return on_paper(json.dumps(whole, sort_keys=True))
