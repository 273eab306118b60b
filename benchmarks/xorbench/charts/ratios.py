"""Figure of ratios with their intervals on one logarithmic axis, and the noise floor as a band."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xorbench.charts import marks
from xorbench.charts.axes import Axis, thinned
from xorbench.charts.figure import INTERVAL, WIDTH, Figure, Label, Panel, Sign, columns_of
from xorbench.charts.marks import Piece, Point
from xorbench.charts.style import EXECUTIONS, OTHER_EXECUTION, fitted, labels, width_of
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.timing_table import Row
from xorbench.tables.cells import ends, factor

ROW = 30
"""The height of a row in pixels."""

WIDEST = 120
"""The most pixels of the factors and intervals beside the plot."""


@dataclass(frozen=True)
class _Entry:
    """A row with its texts: the name, the factor to the baseline, and the interval of that factor."""

    row: Row
    ratio: Interval
    name: str
    factor: str
    between: str

    @property
    def tip(self) -> str:
        return f"{self.name}: {self.factor}{f' ({self.between})' if self.between else ''}"


def dots(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each workload and tier, all with the same axis; None if nothing was timed."""
    names = labels(i.name for i in analysis.record.implementations)
    tables: dict[tuple[str, str], list[_Entry]] = {}
    for row in analysis.rows:
        if row.ratio is not None:
            tables.setdefault((row.workload, row.tier), []).append(_entry(row, row.ratio, names[row.implementation]))
    compared = {key: shown for key, shown in tables.items() if any(not one.row.is_baseline for one in shown)}
    if not compared:
        return None
    everything = [one for shown in compared.values() for one in shown]
    left = 12 + max(width_of(one.name) for one in everything)
    right = 10 + max(max(width_of(one.factor, bold=True), width_of(one.between)) for one in everything)
    axis = around_one([one.ratio for one in everything], WIDTH - left - right)
    panels = [
        _panel(f"{workload}, {tier}" if tier else workload, shown, analysis.noise_floor_of(workload), axis, left, right)
        for (workload, tier), shown in compared.items()
    ]
    text = (
        f"How many times faster or slower than {REFERENCE} an epoch is, from the ratio of the times in the same "
        "rounds, with 95 % intervals. The band is the noise floor, the ratio of a second copy of the baseline to the "
        "baseline: what is inside cannot be told from 1."
    )
    return Figure("ratios", f"Time per epoch relative to {REFERENCE}", text, panels)


def tuned_dots(analysis: Analysis) -> Figure | None:
    """Return the same figure under a name of its own, for a run with tuned implementations beside another run."""
    found = dots(analysis)
    return found and replace(found, name="ratios-tuned", title=f"{found.title}, tuned and idiomatic")


def around_one(ratios: Sequence[Interval], pixels: float) -> Axis:
    """Return an axis that contains 1 and all intervals, with ticks at powers of 2, 4, 8 or more, as there is room."""
    low = min(1.0, *(ratio.low or ratio.value for ratio in ratios))
    high = max(1.0, *(ratio.high or ratio.value for ratio in ratios))
    margin = max(1.15, (high / low) ** 0.06)
    low, high = low / margin, high * margin
    for step in (2**power for power in range(1, 1000)):
        powers = range(math.ceil(math.log(low, step)), math.floor(math.log(high, step)) + 1)
        ticks = [(float(step) ** power, f"{step ** abs(power):,}x" if power else "1") for power in powers]
        axis = Axis("", low, high, ticks, "log")
        if thinned(axis, pixels, True) == axis:
            return axis
    raise ValueError(f"ratios are from {low} to {high}, expected an axis with room for a tick")


def sides(one: float, low: float, high: float) -> Iterator[Label]:
    """Yield the names of the two sides of 1, which is at `one`, as far as they fit between `low` and `high`."""
    for text, x, anchor, end in (("← faster", one - 6, "end", -1), ("slower →", one + 6, "start", 1)):
        if low <= x + end * width_of(text) <= high:
            yield Label(x, -9, text, anchor, colour="muted")


def _entry(row: Row, ratio: Interval, name: str) -> _Entry:
    if row.is_baseline:
        return _Entry(row, ratio, name, "baseline", "")
    between = ends(ratio, row.launches) if ratio.low and ratio.high else ""
    return _Entry(row, ratio, name, fitted(factor(ratio, row.launches), WIDEST), fitted(between, WIDEST))


def _panel(title: str, entries: list[_Entry], floor: Interval | None, axis: Axis, left: float, right: float) -> Panel:
    shown = sorted(entries, key=lambda one: one.ratio.value)
    width, height = WIDTH - left - right, ROW * len(shown) + 4.0
    across = axis.over(width)
    texts = [*sides(across(1.0), -left, width + right)]
    stems, points, measured = [], [], []
    for place, entry in enumerate(shown):
        shape, colour = EXECUTIONS.get(entry.row.execution, OTHER_EXECUTION)
        y = ROW * place + 11.0
        stems.append(Piece(1.0, entry.ratio.value, y, y, colour))
        points.append(Point(entry.ratio.value, y, colour, shape, entry.tip))
        measured.append((entry.ratio, y + 11))
        texts.append(Label(-8, y, entry.name, "end"))
        texts.append(Label(width + 8, y, entry.factor, bold=True))
        texts.append(Label(width + 8, y + 13, entry.between, colour="muted"))
    ends_of = (floor.low, floor.high) if floor and floor.low and floor.high else (1.0, 1.0)
    band = Piece(*ends_of, 0.0, height, "muted")
    drawn = [
        *marks.areas(across, [band], opacity=0.4),
        *marks.lines(across, [Piece(end, end, 0.0, height, "muted") for end in dict.fromkeys(ends_of)], width=1),
        *marks.lines(across, stems),
        *marks.lines(across, marks.whiskers(measured), width=1.5),
        *marks.points(across, points),
    ]
    kinds = dict.fromkeys(entry.row.execution for entry in shown if entry.row.execution)
    signs = [Sign(*EXECUTIONS.get(kind, OTHER_EXECUTION), kind) for kind in kinds]
    return Panel(
        title,
        f"{'; '.join(entry.tip for entry in entries if not entry.row.is_baseline)}.",
        drawn,
        height=height,
        left=left,
        right=right,
        top=12,
        x=axis,
        labels=[text for text in texts if text.text],
        numbers={
            "implementation": [entry.name for entry in shown],
            "execution": [entry.row.execution for entry in shown],
            **columns_of([entry.ratio for entry in shown], "ratio"),
        },
        key=[*signs, INTERVAL, Sign("band", "muted", "cannot be told from 1")],
    )
