"""Figure of what a step consists of: the times of loss, gradient and epoch of each implementation on one axis."""

from collections.abc import Sequence

from xorbench.charts import axes, marks
from xorbench.charts.figure import INTERVAL, WIDTH, Figure, Label, Panel, Sign, columns_of
from xorbench.charts.marks import Piece, Point
from xorbench.charts.style import fitted, labels, width_of
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.measured import Measured
from xorbench.measures import Measure
from xorbench.tables.cells import NONE, between, with_ends

ROW = 30
"""The height of a row in pixels."""

WIDEST = 90
"""The most pixels of the ratios beside the plot."""

SIGNS: dict[Measure, tuple[str, str, str]] = {
    "predict": ("triangle-up", "series-4", "prediction of one sample"),
    "loss": ("circle", "series-2", "loss"),
    "gradient": ("square", "series-0", "gradient"),
    "epoch": ("diamond", "series-1", "epoch"),
}
"""The shape, the role of the colour and the words of the mark of each measure."""


def measured(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each workload and tier; None if only epochs were measured."""
    names = labels(i.name for i in analysis.record.implementations)
    groups: dict[str, list[Measured]] = {}
    for row in analysis.measured:
        if len(row.microseconds) > 1:
            groups.setdefault(", ".join(filter(None, (row.workload, row.tier))), []).append(row)
    panels = [_panel(title, rows, names) for title, rows in groups.items()]
    text = (
        "The time of one call of the loss and of the gradient, and of a whole epoch, timed in the same rounds, with "
        "95 % intervals, and that of a prediction of one sample if it was measured, averaged over a round; the table "
        "has the median of single predictions. On the right is the time of the gradient over that of the loss; by the "
        "cheap gradient principle it is at most 4 to 5 in operations."
    )
    return Figure("parts", "What a step consists of", text, panels) if panels else None


def _panel(title: str, rows: Sequence[Measured], names: dict[str, str]) -> Panel:
    ratios = [_ratio(row) for row in rows]
    left = 12 + max(width_of(names[row.implementation]) for row in rows)
    right = 10 + min(WIDEST, max(width_of(ratio, bold=True) for ratio in ratios))
    width, height = WIDTH - left - right, ROW * len(rows) + 4.0
    every = [interval for row in rows for interval in row.microseconds.values()]
    low, high = min(one.low or one.value for one in every), max(one.high or one.value for one in every)
    axis = axes.log("µs per call or epoch", low, high, width, True, 1.15)
    across = axis.over(width)
    texts = [Label(width + right, -9, "gradient / loss", "end", colour="muted")]
    points: list[Point] = []
    intervals: list[Piece] = []
    for place, (row, ratio) in enumerate(zip(rows, ratios, strict=True)):
        y = ROW * place + 11.0
        texts.append(Label(-8, y, names[row.implementation], "end"))
        texts.append(Label(width + 8, y, fitted(ratio, WIDEST), bold=True))
        for measure, (shape, colour, words) in SIGNS.items():
            if found := row.microseconds.get(measure):
                tip = f"{names[row.implementation]}, {words}: {between(found, processes=row.launches)} µs"
                points.append(Point(found.value, y, colour, shape, tip))
                intervals += marks.whiskers([(found, y + 11)], colour)
    there = [measure for measure in SIGNS if any(measure in row.microseconds for row in rows)]
    return Panel(
        title,
        f"{'; '.join(point.tip for point in points)}.",
        [*marks.lines(across, intervals, width=1.5), *marks.points(across, points)],
        height=height,
        left=left,
        right=right,
        top=12,
        x=axis,
        labels=texts,
        numbers={
            "implementation": [names[row.implementation] for row in rows for _ in there],
            "measure": [measure for _ in rows for measure in there],
            **columns_of([row.microseconds.get(measure) for row in rows for measure in there], "microseconds"),
        },
        key=[*(Sign(*SIGNS[measure]) for measure in there), INTERVAL],
    )


def _ratio(row: Measured) -> str:
    return NONE if row.gradient_over_loss is None else f"{with_ends(row.gradient_over_loss, row.launches)[0]}x"
