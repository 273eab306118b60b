"""Figures as SVG: a whole file, and one element for each panel of a page."""

import json

from xorbench.charts import vega
from xorbench.charts.figure import Figure, specification
from xorbench.charts.style import CONFIG


def svg(figure: Figure) -> str:
    """Return the whole figure as an SVG file."""
    return vega.svg(specification(figure))


def inlined(figure: Figure) -> list[str]:
    """Return one SVG element for each panel, to stand in an HTML page."""
    return [vega.svg(json.dumps({**p.spec, "width": 360, "config": CONFIG})) for p in figure.panels]
