"""Figure of the raw rounds behind each ratio, in the order of time."""

import math
from collections.abc import Iterator

from xorbench.charts import axes, marks, paths
from xorbench.charts.axes import Axis
from xorbench.charts.figure import WIDTH, Figure, Panel, Sign, margin_of
from xorbench.charts.marks import Point
from xorbench.charts.paths import Mark
from xorbench.charts.style import labels, role
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.ratios import RowId, medians, paired
from xorbench.estimates.timing_table import Row
from xorbench.tables.cells import plain, three_digits, with_ends

MOST_POINTS = 3_500
"""Most points in all panels together, so that the page opens quickly."""

HEIGHT = 150


def rounds(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each row that has a ratio to the baseline; None if there is no such row."""
    shown = [row for row in analysis.rows if row.ratio is not None and not row.is_baseline]
    every = math.ceil(sum(_rounds(analysis, row) for row in shown) / MOST_POINTS)
    kept = "Every round" if every == 1 else f"One round in {every}"
    text = (
        f"{kept} as the ratio to the time of the baseline in the same round, in the order of time. Large dots are the "
        "medians of launches over the rounds that enter the ratio; the band is the 95 % interval over launches."
    )
    names = labels(i.name for i in analysis.record.implementations)
    panels = [_panel(analysis, row, names[row.implementation], max(1, every)) for row in shown]
    return Figure("rounds", "Raw rounds", text, panels) if panels else None


def _rounds(analysis: Analysis, row: Row) -> int:
    return sum(map(len, paired(analysis, row.workload, RowId(row.implementation)).values()))


def _panel(analysis: Analysis, row: Row, label: str, every: int) -> Panel:
    launches = paired(analysis, row.workload, RowId(row.implementation))
    raw: list[tuple[float, float]] = []
    first = 0
    for number, logarithms in enumerate(launches.values()):
        places = range(-first % every, len(logarithms), every)
        raw += [(number + (place + 0.5) / len(logarithms), math.exp(logarithms[place])) for place in places]
        first += len(logarithms)
    middles = [(number + 0.5, math.exp(middle)) for number, middle in enumerate(medians(launches))]
    value, ends = with_ends(row.ratio, row.launches)
    low, high = (row.ratio.low, row.ratio.high) if row.ratio else (None, None)
    everything = [ratio for _, ratio in (*raw, *middles)] + [end for end in (low, high) if end]
    y = axes.log("ratio of a round", min(everything), max(everything), HEIGHT, False, margin=1.01)
    x = _launches(len(launches))
    left, right = margin_of(y), 14.0
    band = f", 95 % interval {ends}" if low and high else ""
    text = f"{sum(map(len, launches.values()))} rounds in {len(launches)} launches, {len(raw)} of them drawn."
    return Panel(
        f"{label}, {row.workload}",
        f"ratio {value}{band}; {text}",
        [*_marks(x.over(WIDTH - left - right), y.over(HEIGHT), WIDTH - left - right, raw, middles, (low, high))],
        height=HEIGHT,
        left=left,
        right=right,
        x=x,
        y=y,
        key=[
            Sign("dot", "series-0", "a round"),
            Sign("circle", "slower", "median of a launch"),
            *([Sign("band", "muted", f"95 % interval: {plain(ends)}")] if band else []),
        ],
        numbers={"launch": [at for at, _ in raw], "ratio": [ratio for _, ratio in raw]},
        of=(row.workload, row.implementation),
    )


def _launches(number: int) -> Axis:
    ticks = [(float(launch), f"{launch}") for launch in range(number + 1)]
    return axes.thinned(Axis("launch", 0, number, ticks), 280, True)


def _marks(
    across: marks.Across,
    up: marks.Across,
    width: float,
    raw: list[tuple[float, float]],
    middles: list[tuple[float, float]],
    ends: tuple[float | None, float | None],
) -> Iterator[Mark]:
    """Yield the band of the interval, the rounds, and the medians of launches.

    A round is a line of length 0 with round ends: all rounds of a panel are one short path.
    """
    if ends[0] and ends[1]:
        band = paths.rectangle(0, HEIGHT - up(ends[1]), width, HEIGHT - up(ends[0]))
        yield Mark(band, fill=role("muted"), stroke=role("muted"), opacity=0.25)
    dots = ((across(at), HEIGHT - up(ratio)) for at, ratio in raw)
    path = "".join(paths.line([dot, dot]) for dot in dots)
    yield Mark(path, stroke=role("series-0"), width=3, round_ends=True)
    said = (f"launch {number}: median {three_digits(ratio)}" for number, (_, ratio) in enumerate(middles, start=1))
    yield from marks.points(
        across,
        (
            Point(at, HEIGHT - up(ratio), "slower", "circle", tip)
            for (at, ratio), tip in zip(middles, said, strict=True)
        ),
    )
