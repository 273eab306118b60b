"""Pictures of the judge's report: where digits are lost, how losses fall, when trainings part."""

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
    """Right digits along the mean logit of the last layer."""
    text = "Right decimal digits of the median gradient entry, from saturated at 0 to saturated at 1."
    x = alt.X("position:Q", title="mean logit of the last layer", scale=alt.Scale(nice=False))
    return _digits(report, "accuracy-saturation", "Where saturation costs digits", text, "logit", x)


def scale(report: Report) -> Figure | None:
    """Right digits along the scale of the parameters."""
    text = "Right decimal digits of the median gradient entry, from small parameters to large ones."
    axis = alt.Axis(values=LADDER, format="~g")
    x = alt.X("position:Q", title="scale of the parameters", scale=log_scale(nice=False), axis=axis)
    return _digits(report, "accuracy-scale", "What large parameters cost", text, "scale", x)


def losses(report: Report) -> Figure | None:
    """Loss by epoch, all implementations on top of each other."""
    text = "The loss at the parameters that each has after so many epochs, by one formula for all."
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
    return Figure("losses", "Loss, on top of each other", text, panels, _names(report)) if panels else None


def partings(report: Report) -> Figure | None:
    """How far trainings are from the reference's, and from the true one."""
    text = (
        "How far trainings from the same parameters are from the reference's, and from the true one, epoch by epoch. "
        "What is the same to the last bit has no logarithm and is not drawn."
    )
    panels = []
    for workload, rows in _by(report.trajectories, lambda row: row.workload):
        for start, field in ((f"from {REFERENCE}", "from_reference"), ("from the truth", "from_truth")):
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
    return Figure("trajectories", "How far trainings part", text, panels, _names(report)) if panels else None


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
            y = alt.Y("digits:Q", title="right digits", scale=alt.Scale(domainMin=0), axis=alt.Axis(tickCount=4))
            chart = alt.Chart(data(columns, implementation="string")).mark_line().encode(x=x, y=y, **_looks(report))
            said = f"between {min(columns['digits']):.1f} and {max(columns['digits']):.1f} digits."
            panels.append(Panel(f"{workload}, {dtype}", said, chart, height=170))
    return Figure(name, title, text, panels, _names(report)) if panels else None


def _columns(report: Report, rows: list[Trajectory], field: str) -> Columns:
    """The numbers of trajectories at their epochs, of those that a logarithm has; the truth ends earlier."""
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
    """All that are judged, in the order of the implementations."""
    parts = (report.rows, report.accuracy, report.trajectories)
    return list(dict.fromkeys(row.implementation for rows in parts for row in rows))


def _names(report: Report) -> list[str]:
    return list(labels(_everybody(report)).values())


def _looks(report: Report) -> Encoding:
    return by_implementation(_names(report))
