"""Types of a figure: its panels, and what each of them holds beside its marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xorbench.charts.axes import Axis
from xorbench.charts.paths import Mark
from xorbench.charts.style import TEXT, width_of
from xorbench.estimates.intervals import Interval

Columns = Mapping[str, Sequence[float | str | None]]
"""Data of a panel: lists of numbers or texts, by the name of the column."""

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
    """An entry of a key: a shape of `paths.GLYPHS`, the role of its colour, and its meaning in words."""

    glyph: str
    colour: str
    text: str


INTERVAL = Sign("interval", "ink", "95 % interval")
"""The entry of a key that explains the line of an interval."""


@dataclass(frozen=True)
class Panel:
    """One coordinate system: its title, a description of its content as text, and its marks, the lowest first.

    `height` is that of the plot, `left` and `right` are the margins beside it and `top` is the room above it for
    labels, all in pixels. `x` and `y` are the axes whose ticks are labelled and whose grid is drawn under the marks.
    `labels` are the texts inside, `key` explains the marks, `notes` stand below. `of` holds the workload and the
    implementation if the panel is about one row. `numbers` are the data that the panel shows, by the name of the
    column.
    """

    title: str
    text: str
    marks: Sequence[Mark]
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


def columns_of(measured: Sequence[Interval | None], name: str, before: str = "") -> Columns:
    """Return quantities as the column `name`, and the ends of their intervals as `before` with "low" and "high"."""
    return {
        name: [one.value if one else None for one in measured],
        f"{before}low": [one.low if one else None for one in measured],
        f"{before}high": [one.high if one else None for one in measured],
    }


def margin_of(axis: Axis) -> float:
    """Return the width of the texts of a vertical axis, with the space around them."""
    return max(24.0, 10 + max((width_of(text) for _, text in axis.ticks), default=0.0))
