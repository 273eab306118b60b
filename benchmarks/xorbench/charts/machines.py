"""Figure of the ratios on several machines: one mark for each machine, on one logarithmic axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xorbench.charts import marks
from xorbench.charts.axes import Axis
from xorbench.charts.figure import INTERVAL, WIDTH, Figure, Label, Panel, Sign, columns_of
from xorbench.charts.marks import Piece, Point
from xorbench.charts.ratios import around_one, sides
from xorbench.charts.style import COLOURS, fitted, labels, width_of
from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval
from xorbench.estimates.machines import Comparison, Conclusion, OverMachines
from xorbench.tables.cells import ends, factor
from xorbench.tables.machines import conclusion, letters_of, title

NAME = "ratios-on-machines"

MOST = 8
"""The largest number of machines that are drawn: the first ones."""

STEP, GAP = 18, 10
"""The distance in pixels between the marks of two machines, and the additional one between two implementations."""

WIDEST = 110
"""The largest width, in pixels, of the factors beside the plot."""

SHAPES = ("circle", "square", "diamond", "triangle-up")


@dataclass(frozen=True)
class _Machine:
    """A machine: its letter, the shape and the colour role of its marks, and its description."""

    letter: str
    shape: str
    colour: str
    about: str


@dataclass(frozen=True)
class _Mark:
    """A ratio on one machine, with its verdict and its texts: letter with factor, and a description."""

    machine: _Machine
    ratio: Interval
    verdict: str
    factor: str
    tip: str


def machines(over: OverMachines) -> Figure | None:
    """Return a figure with a panel for each comparison, all with the same axis; None if nothing is compared."""
    if not over.comparisons:
        return None
    signs = _signs(over)
    names = labels(each.implementation for found in over.comparisons for each in found.conclusions)
    drawn = [
        (found, [(each, _marks(found, each, names[each.implementation], signs)) for each in found.conclusions])
        for found in over.comparisons
    ]
    everything = [mark for _, rows in drawn for _, some in rows for mark in some]
    said = [*names.values(), *(each.verdict for found in over.comparisons for each in found.conclusions)]
    left = 12 + max(map(width_of, said))
    right = 10 + max(width_of(mark.factor, bold=True) for mark in everything)
    axis = around_one([mark.ratio for mark in everything], WIDTH - left - right)
    more = f" Only the first {MOST} machines are drawn." if len(over.compared) > MOST else ""
    text = (
        f"How many times faster or slower than {REFERENCE} an epoch is on each machine, with intervals that are "
        "simultaneous over implementations and machines. Each ratio is from one record of one machine. Under the name "
        f"of an implementation is its verdict over all machines.{more}"
    )
    panels = [_panel(found, rows, names, axis, left, right) for found, rows in drawn if any(some for _, some in rows)]
    return Figure(NAME, f"Time per epoch relative to {REFERENCE} on several machines", text, panels)


def _signs(over: OverMachines) -> dict[str, _Machine]:
    """Return the machines that are drawn, by name; no two have the same combination of shape and colour."""
    found = {}
    for place, (name, letter) in enumerate(letters_of(over).items()):
        if place < MOST:
            about = over.records[name].record.machine
            words = f"{letter}: {about.cpu}, {about.cores} CPU{'s' * (about.cores > 1)}, {about.system}"
            found[name] = _Machine(letter, SHAPES[place % len(SHAPES)], f"series-{place % COLOURS}", words)
    return found


def _marks(found: Comparison, each: Conclusion, name: str, signs: Mapping[str, _Machine]) -> list[_Mark]:
    shown = []
    for machine, there in zip(found.machines, each.found, strict=True):
        if there.ratio is not None and machine in signs:
            sign, times = signs[machine], factor(there.ratio, there.launches)
            between = f" ({ends(there.ratio, there.launches)})" if there.ratio.low is not None else ""
            tip = f"{name} on {sign.letter}: {times}{between}"
            shown.append(_Mark(sign, there.ratio, there.verdict, fitted(f"{sign.letter} {times}", WIDEST), tip))
    return shown


def _panel(
    found: Comparison,
    rows: Sequence[tuple[Conclusion, Sequence[_Mark]]],
    names: Mapping[str, str],
    axis: Axis,
    left: float,
    right: float,
) -> Panel:
    width = WIDTH - left - right
    across = axis.over(width)
    texts = [*sides(across(1.0), -left, width + right)]
    points: list[Point] = []
    intervals: list[Piece] = []
    y = 11.0
    for each, some in rows:
        texts.append(Label(-8, y, names[each.implementation], "end"))
        texts.append(Label(-8, y + 13, each.verdict, "end", colour="muted"))
        for place, mark in enumerate(some):
            at = y + STEP * place
            points.append(Point(mark.ratio.value, at, mark.machine.colour, mark.machine.shape, mark.tip))
            intervals += marks.whiskers([(mark.ratio, at + 8)], mark.machine.colour)
            texts.append(Label(width + 8, at, mark.factor, bold=True))
        y += STEP * max(2, len(some)) + GAP
    height = y - GAP - 4
    every = [(each, mark) for each, some in rows for mark in some]
    used = {mark.machine.letter: mark.machine for _, mark in every}
    return Panel(
        title(found),
        f"{conclusion(found)} {'; '.join(mark.tip for _, mark in every)}.",
        [
            *marks.lines(across, [Piece(1.0, 1.0, 0.0, height, "muted")], width=1),
            *marks.lines(across, intervals, width=1.5),
            *marks.points(across, points),
        ],
        height=height,
        left=left,
        right=right,
        top=12,
        x=axis,
        labels=texts,
        numbers={
            "implementation": [names[each.implementation] for each, _ in every],
            "machine": [mark.machine.about for _, mark in every],
            **columns_of([mark.ratio for _, mark in every], "ratio"),
            "verdict": [mark.verdict for _, mark in every],
            "over machines": [each.verdict for each, _ in every],
        },
        key=[
            *(Sign(used[letter].shape, used[letter].colour, used[letter].about) for letter in sorted(used)),
            INTERVAL,
        ],
        notes=[conclusion(found)],
    )
