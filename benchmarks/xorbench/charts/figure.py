"""Types of a figure: its panels, and what each of them holds beside its chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import pandas as pd

from xorbench.charts.axes import Axis
from xorbench.charts.style import TEXT, width_of

Columns = Mapping[str, Sequence[float | str | None]]
"""Data of a chart: lists of numbers or texts, by the name of the field."""

Encoding = dict[str, Any]
"""A specification in Vega-Lite, or a part of it."""

Chart = alt.Chart | alt.LayerChart

WIDTH = 352
"""Width of a panel in pixels, so that no text is reduced on a phone. A page may enlarge it."""


@dataclass(frozen=True)
class Label:
    """A text in a panel: `x` and the middle `y` in pixels from the upper left corner of the plot.

    A text with a halo has an outline in the colour of the page, so that it can be read on top of marks.
    """

    x: float
    y: float
    text: str
    anchor: str = "start"
    size: float = TEXT
    bold: bool = False
    colour: str = "ink"
    halo: bool = False


@dataclass(frozen=True)
class Sign:
    """An entry of a key: a glyph of `picture.GLYPHS`, the role of its colour, and its meaning in words."""

    glyph: str
    colour: str
    text: str


@dataclass(frozen=True)
class Panel:
    """One coordinate system: its title, a description of its content as text, and its chart as Vega-Lite.

    `height` is that of the plot, `left` and `right` are the margins beside it and `top` is the room above it for
    labels, all in pixels. `x` and `y` are the axes whose ticks are labelled. `labels` are the texts inside, `key`
    explains the marks, `notes` stand below. `of` holds the workload and the implementation if the panel is about one
    row. `numbers` are the data that the panel shows, by the name of the column.
    """

    title: str
    text: str
    spec: Encoding
    height: float = 170
    left: float = 44
    right: float = 14
    top: float = 0
    x: Axis | None = None
    y: Axis | None = None
    labels: Sequence[Label] = ()
    key: Sequence[Sign] = ()
    notes: Sequence[str] = ()
    of: tuple[str, str] | None = None
    numbers: Columns = field(default_factory=dict)

    @property
    def width(self) -> float:
        """The width of the plot, between the margins."""
        return WIDTH - self.left - self.right


@dataclass(frozen=True)
class Figure:
    """Panels that belong together, with a title and a caption; `name` is the name of the file without its ending."""

    name: str
    title: str
    text: str
    panels: Sequence[Panel]

    @property
    def words(self) -> str:
        """The caption and the descriptions of all panels as one text, for screen readers."""
        return " ".join([self.text, *(f"{panel.title}: {panel.text}" for panel in self.panels)])


def data(columns: Columns) -> alt.InlineData:
    """Return columns as CSV inside a specification, with five digits: a third of the size of the same data as objects.

    A column whose first value is a text is one of texts.
    """
    parse = {name: "string" if values and isinstance(values[0], str) else "number" for name, values in columns.items()}
    text = pd.DataFrame(columns).to_csv(index=False, lineterminator="\n", float_format="%.5g")
    return alt.InlineData(values=text, format=alt.CsvDataFormat(type="csv", parse=parse))


def spec_of(*layers: Chart) -> Encoding:
    """Return layers as one specification in Vega-Lite. Only the tests validate it, because that is slow."""
    with alt.data_transformers.enable(consolidate_datasets=False):  # a part must hold its own data
        found: Encoding = alt.layer(*layers).to_dict(validate=False)
    return {key: value for key, value in found.items() if key not in ("$schema", "config")}


def margin_of(axis: Axis) -> float:
    """Return the width of the texts of a vertical axis, with the space around them."""
    return max(24.0, 10 + max((width_of(text) for _, text in axis.ticks), default=0.0))
