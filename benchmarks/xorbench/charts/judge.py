"""Figures of the judge's report: accuracy of gradients, training losses, and divergence of trainings."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from xorbench.charts import axes, lines
from xorbench.charts.axes import Axis
from xorbench.charts.figure import WIDTH, Figure
from xorbench.charts.lines import Line
from xorbench.charts.style import labels
from xorbench.contract import REFERENCE
from xorbench.record.report import Report, Trajectory

T = TypeVar("T")

ACROSS = WIDTH / 2
"""The pixels of a horizontal axis, at least: labels take the rest."""

MOST_PARTING = 4
"""The most lines with a label in a panel of differences between trainings: they cross one another all the way."""


def saturation(report: Report) -> Figure | None:
    """Return the figure of correct digits by the mean logit of the last layer; None without data."""
    text = "Correct decimal digits of the median gradient entry, from outputs saturated at 0 to outputs saturated at 1."
    return _digits(report, "accuracy-saturation", "Accuracy of gradients under saturation", text, "logit")


def scale(report: Report) -> Figure | None:
    """Return the figure of correct digits by the scale of the parameters; None without data."""
    text = "Correct decimal digits of the median gradient entry, from small to large parameters."
    return _digits(report, "accuracy-scale", "Accuracy of gradients by parameter scale", text, "scale")


def losses(report: Report) -> Figure | None:
    """Return the figure of losses by epoch, with all implementations in each panel; None without data."""
    text = f"The loss by epoch, computed from the parameters of each implementation with one formula. {lines.TOGETHER}"
    panels = []
    for workload, rows in _by(report.trajectories, lambda row: row.workload):
        shown = _lines(report, rows, "loss", ".3g")
        values = [value for line in shown for _, value in line.points]
        if values:
            low, high = min(values), max(values)
            steep = high > 10 * low
            y = axes.log("loss", low, high, lines.HEIGHT, False) if steep else axes.linear("loss", low, high, 4)
            panels.append(lines.panel(workload, f"{lines.said_of(shown)}.", _epochs(shown), y, shown))
    return Figure("losses", "Training loss", text, panels) if panels else None


def partings(report: Report) -> Figure | None:
    """Return the figure of differences of parameters from the reference and from a true training; None without data."""
    text = (
        f"Largest difference of the parameters from those of {REFERENCE} and from a training in 200-bit arithmetic, by "
        "epoch, after a start from the same parameters. Differences of 0 are not drawn on the logarithmic axis. "
        f"The lines that end highest are named. {lines.TOGETHER}"
    )
    panels = []
    for workload, rows in _by(report.trajectories, lambda row: row.workload):
        for start, field in ((f"from {REFERENCE}", "from_reference"), ("from 200-bit arithmetic", "from_truth")):
            shown = [line for line in _lines(report, rows, field, ".1e") if line.points]
            values = [value for line in shown for _, value in line.points]
            if values:
                y = axes.log("largest difference", min(values), max(values), lines.HEIGHT, False)
                text_of = f"{lines.said_of(shown)}."
                x = _epochs(shown)
                panels.append(lines.panel(f"{workload}, {start}", text_of, x, y, shown, most=MOST_PARTING))
    return Figure("trajectories", "Divergence of trainings", text, panels) if panels else None


def _digits(report: Report, name: str, title: str, text: str, axis: str) -> Figure | None:
    names = labels(_names(report))
    places = {implementation: place for place, implementation in enumerate(names)}
    panels = []
    chosen = [row for row in report.accuracy if row.axis == axis]
    for workload, rows in _by(chosen, lambda row: row.workload):
        for dtype, here in _by(rows, lambda row: row.dtype):
            shown = []
            for implementation, mine in _by(here, lambda row: row.implementation):
                digits = [row.median_digits for row in mine]
                points = sorted((row.position, row.median_digits) for row in mine)
                said = f"{min(digits):.1f} to {max(digits):.1f} digits"
                shown.append(Line(names[implementation], places[implementation], points, said))
            most = max(value for line in shown for _, value in line.points)
            y = axes.linear("correct digits", 0, max(most, 1.0), 4)
            x = _positions(axis, sorted({row.position for row in here}))
            panels.append(lines.panel(f"{workload}, {dtype}", f"{lines.said_of(shown)}.", x, y, shown))
    return Figure(name, title, f"{text} {lines.TOGETHER}", panels) if panels else None


def _positions(axis: str, positions: Sequence[float]) -> Axis:
    if axis == "scale":
        return axes.log("scale of the parameters", positions[0], positions[-1], ACROSS, True)
    found = axes.linear("mean logit of the last layer", positions[0], positions[-1])
    return axes.thinned(found, ACROSS, True)


def _epochs(shown: Sequence[Line]) -> Axis:
    epochs = [epoch for line in shown for epoch, _ in line.points]
    return axes.log("epoch", min(epochs), max(epochs), ACROSS, True)


def _lines(report: Report, rows: list[Trajectory], field: str, form: str) -> list[Line]:
    """Return the positive numbers of trajectories by epoch; the true training ends earlier than the others."""
    names = labels(_names(report))
    places = {name: place for place, name in enumerate(names)}
    found = []
    for row in rows:
        pairs = zip(row.at, getattr(row, field), strict=False)
        points = [(float(epoch), float(value)) for epoch, value in pairs if value > 0]
        said = f"from {points[0][1]:{form}} to {points[-1][1]:{form}}" if points else ""
        found.append(Line(names[row.implementation], places[row.implementation], points, said))
    return found


def _by(rows: Sequence[T], key: Callable[[T], str]) -> Iterator[tuple[str, list[T]]]:
    for value in dict.fromkeys(map(key, rows)):
        yield value, [row for row in rows if key(row) == value]


def _names(report: Report) -> list[str]:
    """Return the names of all judged implementations in their order."""
    parts = (report.rows, report.accuracy, report.trajectories)
    return list(dict.fromkeys(row.implementation for rows in parts for row in rows))
