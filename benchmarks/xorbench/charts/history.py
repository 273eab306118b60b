"""Figure of histories: the cost of an epoch over the releases of a framework, with intervals and step changes."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xorbench.charts import axes, marks
from xorbench.charts.axes import Axis
from xorbench.charts.figure import INTERVAL, WIDTH, Figure, Label, Panel, Sign, columns_of
from xorbench.charts.marks import Piece, Point
from xorbench.charts.ratios import sides
from xorbench.charts.style import fitted, labels, width_of
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.history import OLDEST, History, Release
from xorbench.estimates.intervals import Interval
from xorbench.estimates.noise_floor import MOST_OFF
from xorbench.tables.cells import ends, factor, plain
from xorbench.tables.verdict_words import worded

ROW = 30
"""The height of the row of a release in pixels."""

WIDEST = 110
"""The most pixels of the texts on each side of the plot."""

MARKS = {"slower": ("diamond", "slower"), "faster": ("diamond", "faster")}
"""The shape and the role of the colour of the mark of a step change."""

PLAIN = ("circle", "series-6")
"""The shape and the role of the colour of the mark of a release that is no step change."""


@dataclass(frozen=True)
class _Entry:
    """A release with its texts: the version, the factor to the oldest release, and the interval of that factor."""

    release: Release
    version: str
    factor: str
    between: str

    @property
    def mark(self) -> tuple[str, str]:
        """The shape and the role of the colour of its mark."""
        return MARKS[self.release.verdict] if self.release.is_step else PLAIN

    @property
    def tip(self) -> str:
        """The text that is shown over the mark: the version, the factor to the oldest release, and its interval."""
        return f"{self.version}: {self.factor}{f' ({self.between})' if self.between else ''}"


def history(histories: Sequence[Analysis]) -> Figure | None:
    """Return a figure with a panel for each file and workload of each history; None without two timed releases."""
    panels = [_panel(found) for one in histories for found in one.histories if len(found.timed) > 1]
    text = (
        "How many times slower or faster an epoch of the same file is in each release than in the oldest one, from the "
        "ratio of the times in the same rounds, with 95 % intervals. A diamond is a step change: its ratio to the "
        f"release before has an interval that excludes 1, and differs from 1 by more than {MOST_OFF:.0%}."
    )
    return Figure("history", "Cost over releases", text, panels) if panels else None


def _panel(found: History) -> Panel:
    entries = [_entry(release) for release in found.releases]
    left = 12 + max(width_of(one.version) for one in entries)
    right = 10 + max(max(width_of(one.factor, bold=True), width_of(one.between)) for one in entries)
    costs = [release.cost for release in found.releases if release.cost]
    axis = _axis(costs, WIDTH - left - right)
    width, height = WIDTH - left - right, ROW * len(entries) + 4.0
    across = axis.over(width)
    texts = [*sides(across(1.0), -left, width + right)]
    placed: list[tuple[_Entry, Interval, float]] = []
    for place, entry in enumerate(entries):
        y = ROW * place + 13.0
        texts += [
            Label(-8, y, entry.version, "end"),
            Label(width + 8, y - 2, entry.factor, bold=True),
            Label(width + 8, y + 11, entry.between, colour="muted"),
        ]
        if entry.release.cost:
            placed.append((entry, entry.release.cost, y))
    ways = [Piece(a.value, b.value, ya, yb, "muted") for (_, a, ya), (_, b, yb) in itertools.pairwise(placed)]
    drawn = [
        *marks.lines(across, [Piece(1.0, 1.0, 0.0, height, "muted")], width=1),
        *marks.lines(across, ways, width=1.5),
        *marks.lines(across, marks.whiskers((cost, y) for _, cost, y in placed), width=1.5),
        *marks.points(
            across, (Point(cost.value, y, entry.mark[1], entry.mark[0], entry.tip) for entry, cost, y in placed)
        ),
    ]
    steps = [*_steps(found)]
    verdicts = dict.fromkeys(release.verdict for release in found.steps)
    (name,) = labels([found.implementation]).values()
    return Panel(
        f"{name}, {plain(found.workload, 40)}: {plain(found.framework, 40)}",
        f"{'; '.join(one.tip for one in entries)}. {' '.join(steps) or 'No step change.'}",
        drawn,
        height=height,
        left=left,
        right=right,
        top=12,
        x=axis,
        labels=[text for text in texts if text.text],
        key=[
            Sign(*PLAIN, "a release"),
            INTERVAL,
            *(Sign(*MARKS[verdict], f"{verdict} than the release before") for verdict in verdicts),
        ],
        notes=steps,
        numbers={
            "implementation": [name for _ in entries],
            "release": [plain(f"{found.framework} {release.version}") for release in found.releases],
            **columns_of([release.microseconds for release in found.releases], "microseconds", "microseconds "),
            **columns_of([release.cost for release in found.releases], "cost", "cost "),
            **columns_of([release.change for release in found.releases], "change", "change "),
            "verdict": [release.verdict for release in found.releases],
        },
    )


def _entry(release: Release) -> _Entry:
    version = fitted(plain(release.version), WIDEST)
    if release.cost is None:
        return _Entry(release, version, fitted(worded(release.verdict), WIDEST), "")
    if release.verdict == OLDEST:
        return _Entry(release, version, OLDEST, "")
    between = ends(release.cost) if release.cost.low and release.cost.high else ""
    return _Entry(release, version, fitted(factor(release.cost), WIDEST), fitted(between, WIDEST))


def _axis(costs: Sequence[Interval], pixels: float) -> Axis:
    """Return an axis that contains 1 and all intervals."""
    low = min(cost.low or cost.value for cost in costs)
    high = max(cost.high or cost.value for cost in costs)
    margin = max(1.005, (high / low) ** 0.06)
    return axes.log("time / oldest release", low, high, pixels, True, margin)


def _steps(found: History) -> Iterator[str]:
    """Yield a sentence for each step change."""
    for release in found.steps:
        if release.change and release.before:
            change = f"{factor(release.change)} than {plain(release.before)} ({ends(release.change)})"
            yield f"Step change at {plain(release.version)}: {change}."
