"""Figures of the judge's report: accuracy of gradients, training losses, and divergence of trainings."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import altair as alt

from xorbench.charts.figure import Columns, Encoding, Figure, Panel, data
from xorbench.charts.scales import EPOCHS, LADDER, POWERS, log_scale
from xorbench.charts.style import by_implementation, labels
from xorbench.contract import REFERENCE
from xorbench.record.report import Report, Trajectory

T = TypeVar("T")


def saturation(report: Report) -> Figure | None:
    """Return the figure of correct digits by the mean logit of the last layer; None without data."""
    text = "Correct decimal digits of the median gradient entry, from outputs saturated at 0 to outputs saturated at 1."
    x = alt.X("position:Q", title="mean logit of the last layer", scale=alt.Scale(nice=False))
    return _digits(report, "accuracy-saturation", "Accuracy of gradients under saturation", text, "logit", x)


def scale(report: Report) -> Figure | None:
    """Return the figure of correct digits by the scale of the parameters; None without data."""
    text = "Correct decimal digits of the median gradient entry, from small to large parameters."
    axis = alt.Axis(values=LADDER, format="~g")
    x = alt.X("position:Q", title="scale of the parameters", scale=log_scale(nice=False), axis=axis)
    return _digits(report, "accuracy-scale", "Accuracy of gradients by parameter scale", text, "scale", x)


def losses(report: Report) -> Figure | None:
    """Return the figure of losses by epoch, with all implementations in each panel; None without data."""
    text = (
        "The loss by epoch, computed from the parameters of each implementation with one formula. Lines may coincide."
    )
    panels = []
    for workload, rows in _by(report.trajectories, lambda row: row.workload):
        columns = _columns(report, rows, "loss")
        low, high = min(columns["loss"]), max(columns["loss"])
        steep = low > 0 and high > 10 * low
        axis = alt.Axis(values=POWERS, format="~g") if steep else alt.Axis(tickCount=4)
        y = alt.Y("loss:Q", title="loss", scale=log_scale() if steep else alt.Scale(zero=False), axis=axis)
        lines = alt.Chart(data(columns, implementation="string")).mark_line()
        ends = "; ".join(f"{row.implementation} from {row.loss[0]:.3g} to {row.loss[-1]:.3g}" for row in rows)
        panels.append(Panel(workload, f"{ends}.", lines.encode(x=EPOCHS, y=y, **_looks(report))))
    return Figure("losses", "Training loss", text, panels, _names(report)) if panels else None


def partings(report: Report) -> Figure | None:
    """Return the figure of differences of parameters from the reference and from a true training; None without data."""
    text = (
        f"Largest difference of the parameters from those of {REFERENCE} and from a training in 200-bit arithmetic, by "
        "epoch, after a start from the same parameters. Differences of 0 are not drawn on the logarithmic axis."
    )
    panels = []
    for workload, rows in _by(report.trajectories, lambda row: row.workload):
        for start, field in ((f"from {REFERENCE}", "from_reference"), ("from 200-bit arithmetic", "from_truth")):
            columns = _columns(report, rows, field)
            if columns[field]:
                y = alt.Y(
                    f"{field}:Q",
                    title="largest difference",
                    scale=log_scale(),
                    axis=alt.Axis(values=POWERS, format=".0e"),
                )
                chart = alt.Chart(data(columns, implementation="string")).mark_line()
                said = f"at most {max(columns[field]):.1e}."
                panels.append(Panel(f"{workload}, {start}", said, chart.encode(x=EPOCHS, y=y, **_looks(report))))
    return Figure("trajectories", "Divergence of trainings", text, panels, _names(report)) if panels else None


def _digits(report: Report, name: str, title: str, text: str, axis: str, x: alt.X) -> Figure | None:
    names = labels(_everybody(report))
    panels = []
    chosen = [row for row in report.accuracy if row.axis == axis]
    for workload, rows in _by(chosen, lambda row: row.workload):
        for dtype, here in _by(rows, lambda row: row.dtype):
            columns: Columns = {
                "implementation": [names[row.implementation] for row in here],
                "position": [row.position for row in here],
                "digits": [row.median_digits for row in here],
            }
            y = alt.Y("digits:Q", title="correct digits", scale=alt.Scale(domainMin=0), axis=alt.Axis(tickCount=4))
            chart = alt.Chart(data(columns, implementation="string")).mark_line().encode(x=x, y=y, **_looks(report))
            said = f"between {min(columns['digits']):.1f} and {max(columns['digits']):.1f} digits."
            panels.append(Panel(f"{workload}, {dtype}", said, chart, height=170))
    return Figure(name, title, text, panels, _names(report)) if panels else None


def _columns(report: Report, rows: list[Trajectory], field: str) -> Columns:
    """Return the positive numbers of trajectories and their epochs; the true training ends earlier than the others."""
    names = labels(_everybody(report))
    points = [
        (names[row.implementation], epoch, value)
        for row in rows
        for epoch, value in zip(row.at, getattr(row, field), strict=False)
        if value > 0
    ]
    return {key: [point[place] for point in points] for place, key in enumerate(("implementation", "epoch", field))}


def _by(rows: Sequence[T], key: Callable[[T], str]) -> Iterator[tuple[str, list[T]]]:
    for value in dict.fromkeys(map(key, rows)):
        yield value, [row for row in rows if key(row) == value]


def _everybody(report: Report) -> list[str]:
    """Return the names of all judged implementations in their order."""
    parts = (report.rows, report.accuracy, report.trajectories)
    return list(dict.fromkeys(row.implementation for rows in parts for row in rows))


def _names(report: Report) -> list[str]:
    return list(labels(_everybody(report)).values())


def _looks(report: Report) -> Encoding:
    return by_implementation(_names(report))
