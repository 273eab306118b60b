"""Figure of the cost breakdown of a step: its parts one after the other, in microseconds and as shares of the step."""

from dataclasses import replace
from itertools import accumulate, pairwise

from xorbench.charts import axes, marks
from xorbench.charts.figure import INTERVAL, WIDTH, Figure, Label, Panel, Sign, columns_of
from xorbench.charts.marks import Piece
from xorbench.charts.style import fitted, labels, width_of
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.cost_breakdown import NOT_SEPARATED, Step
from xorbench.estimates.intervals import Interval
from xorbench.tables.cells import between, plain

ROW, HEADING = 36.0, 22.0
"""The heights in pixels of the row of a part, and of the name of an implementation above its parts."""

MARGIN = 20.0

BAR = 10.0


def decomposition(analysis: Analysis) -> Figure | None:
    """Return a figure with two panels for each workload; None if no two implementations differ in one thing."""
    every = analysis.steps
    names = labels(i.name for i in analysis.record.implementations)
    panels = []
    for workload in dict.fromkeys(step.workload for step in every):
        shown = [step for step in every if step.workload == workload]
        panels += [_panel(shown, workload, of_it, names) for of_it in (False, True)]
    text = (
        "Each part is the difference in time between two implementations that differ in one thing, and begins where "
        "the part above it ends; the line under its end is its interval. A part whose share is not separated from 0 "
        "is hollow; a part that saves time extends to the left."
    )
    return Figure("decomposition", "Cost breakdown of a step", text, panels) if panels else None


def _panel(shown: list[Step], workload: str, of_it: bool, names: dict[str, str]) -> Panel:
    bars: list[Piece] = []
    hollow: list[Piece] = []
    measured: list[tuple[Interval, float]] = []
    lines: list[tuple[str, str, Interval]] = []
    texts: list[Label] = []
    width, y = WIDTH - 2 * MARGIN, 0.0
    for step in shown:
        whole = "100 %" if of_it else f"{between(Interval(step.microseconds, None, None))} µs"
        texts.append(Label(-MARGIN, y + 9, names[step.implementation], bold=True))
        texts.append(Label(width + MARGIN, y + 9, whole, "end", bold=True))
        y += HEADING
        sizes = [part.share.times(100) if of_it else part.microseconds for part in step.parts]
        steps = pairwise(accumulate((size.value for size in sizes), initial=0.0))
        for part, size, (start, end) in zip(step.parts, sizes, steps, strict=True):
            said = between(size)
            room = WIDTH - width_of(said) - 10
            texts.append(Label(-MARGIN, y + 6, fitted(plain(part.adds), room)))
            texts.append(Label(width + MARGIN, y + 6, said, "end", colour="muted"))
            lines.append((names[step.implementation], plain(part.adds), size))
            tip = f"{plain(part.adds)}: {said} {'%' if of_it else 'µs'}"
            top = y + 15
            if part.verdict == NOT_SEPARATED:
                hollow.append(Piece(start, end, top, top + BAR, "series-0", tip))
            else:
                bars.append(Piece(start, end, top, top + BAR, "series-0", tip))
            low, high = (None if limit is None else start + limit for limit in (size.low, size.high))
            measured.append((Interval(end, low, high), top + BAR + 5))
            y += ROW
    ends = [place for piece in (*bars, *hollow) for place in (piece.x, piece.x2)]
    ends += [limit for interval, _ in measured for limit in (interval.low, interval.high) if limit is not None]
    axis = axes.linear("% of the step" if of_it else "µs per epoch", min(0.0, *ends), max(0.0, *ends))
    axis = replace(axes.thinned(axis, width, True), grid=False)  # its lines would cross the texts
    across = axis.over(width)
    drawn = [
        *marks.areas(across, bars),
        *marks.outlines(across, hollow),
        *marks.lines(across, marks.whiskers(measured), width=1.5),
    ]
    return Panel(
        f"{workload}, {'shares' if of_it else 'times'}",
        f"{'; '.join(_words(step, of_it) for step in shown)}.",
        drawn,
        height=y,
        left=MARGIN,
        right=MARGIN,
        x=axis,
        labels=texts,
        numbers={
            "implementation": [name for name, _, _ in lines],
            "part": [part for _, part, _ in lines],
            **columns_of([size for _, _, size in lines], axis.title),
        },
        key=[
            Sign("bar", "series-0", "a part"),
            *([Sign("hollow", "series-0", "not separated from 0")] if hollow else []),
            INTERVAL,
        ],
    )


def _words(step: Step, of_it: bool) -> str:
    sizes = [f"{between(p.share.times(100))} %" if of_it else f"{between(p.microseconds)} µs" for p in step.parts]
    return f"{step.implementation}: {', '.join(f'{p.adds} {size}' for p, size in zip(step.parts, sizes, strict=True))}"
