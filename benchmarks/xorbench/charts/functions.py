"""Figure of the study of elementary functions: errors in ulps over the argument."""

from itertools import pairwise

from xorbench.charts import axes, lines
from xorbench.charts.axes import Axis
from xorbench.charts.figure import WIDTH, Figure
from xorbench.charts.lines import Line
from xorbench.charts.style import labels
from xorbench.record.studies import Data
from xorbench.tables.studies.functions import Functions
from xorbench.tables.studies.typed import typed

TICKS = [-100, -10, -1, 0, 1, 10, 100]

SMALLEST, LARGEST = 0.1, 1000
"""The ends of the axis of errors; what is beyond them is drawn there, such as the error of tanh(40) = 1."""

ERRORS = axes.log("error, ulps", SMALLEST, LARGEST, lines.HEIGHT, False)


def functions(data: Data) -> Figure:
    """Return the figure of the study: a panel for each function and dtype, with a line for each framework."""
    study = typed(Functions, data)
    names = labels(row.framework for row in study.rows)
    places = {name: place for place, name in enumerate(names)}
    middles = [(low + high) / 2 for low, high in pairwise(study.edges)]
    panels = []
    for function in study.functions:
        for dtype in ("float64", "float32"):
            rows = [row for row in study.rows if (row.function, row.dtype) == (function, dtype)]
            shown = []
            for row in rows:
                pairs = zip(middles, row.ulps_by_bin, strict=True)
                points = [(middle, min(max(float(e), SMALLEST), LARGEST)) for middle, e in pairs if e is not None]
                said = f"{float(row.ulps):.3g} ulps"
                shown.append(Line(names[row.framework], places[row.framework], points, said))
            if any(line.points for line in shown):
                across = [x for line in shown for x, _ in line.points]
                x = _arguments(min(across), max(across))
                panels.append(
                    lines.panel(f"{function}, {dtype}", f"largest error: {lines.said_of(shown)}.", x, ERRORS, shown)
                )
    text = (
        "The largest error of each elementary function in units in the last place (ulps), by framework and argument. "
        "The outermost points include all larger arguments. Errors below 0.1 and above 1,000 ulps, and results that "
        f"are not finite, are drawn at the edge. {lines.TOGETHER}"
    )
    return Figure("functions", "Errors of elementary functions", text, panels)


def _arguments(low: float, high: float) -> Axis:
    ticks = [(float(value), axes.number(value)) for value in TICKS if low <= value <= high]
    return axes.thinned(Axis("argument", low, high, ticks, "symlog"), WIDTH / 2, True)
