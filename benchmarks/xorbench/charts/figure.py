"""Types of a figure and its panels, and its two forms: one specification for a file, and one per panel for the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import pandas as pd

from xorbench.charts.style import CONFIG, on_paper, role

Columns = dict[str, list[Any]]
"""Data of a chart: lists of numbers or texts, by the name of the field."""

Encoding = dict[str, Any]
"""Channels of Vega-Lite by their names, or a whole specification."""

Chart = alt.Chart | alt.LayerChart | alt.FacetChart

WIDTH = 380
"""Width of a panel in a file, in pixels. On the page a panel has the width that is available."""


@dataclass(frozen=True)
class Panel:
    """One coordinate system: its title, a description of its content as text, and its chart.

    `of` holds the workload and the implementation if the panel is about one row.
    """

    title: str
    text: str
    chart: Chart
    height: int = 220
    of: tuple[str, str] | None = None

    @cached_property
    def spec(self) -> Encoding:
        """The specification in Vega-Lite, without a width. Only the tests validate it, because that is slow."""
        with alt.data_transformers.enable(consolidate_datasets=False):  # a part must hold its own data
            found: Encoding = self.chart.to_dict(validate=False)
        return {key: value for key, value in found.items() if key not in ("$schema", "config")} | {
            "height": self.height
        }


@dataclass(frozen=True)
class Figure:
    """Panels that belong together, with a title and a caption; `name` is the name of the file without its ending.

    `series` holds the labels of the legend in the order of their colours; it is empty if panels label their marks.
    """

    name: str
    title: str
    text: str
    panels: list[Panel]
    series: list[str]

    @property
    def words(self) -> str:
        """The caption and the descriptions of all panels as one text, for screen readers."""
        return " ".join([self.text, *(f"{panel.title}: {panel.text}" for panel in self.panels)])


def data(columns: Mapping[str, Sequence[Any]], **types: str) -> alt.InlineData:
    """Return columns as CSV inside a specification, with four digits: a third of the size of the same data as objects.

    `types` gives the types of fields that are not numbers.
    """
    frame = pd.DataFrame(columns)
    parse = {column: types.get(column, "number") for column in columns}
    text = frame.to_csv(index=False, lineterminator="\n", float_format="%.4g")
    return alt.InlineData(values=text, format=alt.CsvDataFormat(type="csv", parse=parse))


def specification(figure: Figure) -> str:
    """Return the whole figure as one specification in light colours, as `vega.svg` expects it."""
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
