"""Figure of break-even: which implementation takes less time in a fresh process, by the number of epochs."""

import itertools
import math

from xorbench.charts import axes, marks
from xorbench.charts.axes import Axis
from xorbench.charts.figure import WIDTH, Columns, Figure, Label, Panel, Sign, columns_of
from xorbench.charts.marks import Piece
from xorbench.charts.style import labels, width_of
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.break_even import BreakEven, Cost
from xorbench.estimates.intervals import Interval
from xorbench.estimates.leaders import Leader, leaders
from xorbench.estimates.timing_table import Row

FEWEST_POWERS = 6
"""The axis reaches at least to ten to this power."""

ROW = 24
"""The height of a row in pixels."""

THICK = 10

SAYS = {"at once": "from the first", "never": "never", "not separated": "not separated"}


def break_even(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each workload and tier; None if no cold start was measured."""
    names = labels(i.name for i in analysis.record.implementations)
    begun = {(cost.workload, cost.implementation): cost for cost in analysis.costs}
    found = [row for row in analysis.rows if (row.workload, row.implementation) in begun]
    panels = []
    for workload, tier in dict.fromkeys((row.workload, row.tier) for row in found):
        base = next((r for r in found if (r.workload, r.implementation) == (workload, REFERENCE)), None)
        others = [r for r in found if (r.workload, r.tier) == (workload, tier) and r.implementation != REFERENCE]
        if base and others:
            shown = [(row, begun[workload, row.implementation]) for row in (base, *others)]
            title = f"{workload}, {tier}" if tier else workload
            panels.append(_panel(title, shown, leaders(analysis, workload, tier), names))
    text = (
        "Which implementation takes less time in a fresh process, import and first call included, by the number of "
        "epochs. A thick bar: the least time of all, pale where the intervals overlap; a thin line: less time than "
        f"{REFERENCE}; the line below it is the interval of the break-even, from the ends of all intervals."
    )
    return Figure("break_even", "Cold starts and break-even", text, panels) if panels else None


def _panel(title: str, shown: list[tuple[Row, Cost]], leading: list[Leader], names: dict[str, str]) -> Panel:
    ahead = {leader.implementation: number for number, leader in enumerate(leading)}
    order = sorted(shown, key=lambda one: (ahead.get(one[0].implementation, len(shown)), _from(one[1].break_even)))
    said = [_short(row, cost) for row, cost in order]
    left = 12 + max(width_of(names[row.implementation]) for row, _ in shown)
    right = 12 + max(map(width_of, said))
    axis = _axis([cost.break_even for _, cost in shown], leading, WIDTH - left - right)
    texts: list[Label] = []
    solid: list[Piece] = []
    pale: list[Piece] = []
    thin: list[Piece] = []
    measured: list[tuple[Interval, float]] = []
    for place, ((row, cost), short) in enumerate(zip(order, said, strict=True)):
        y = ROW * place + 9.0
        name, number, found = names[row.implementation], ahead.get(row.implementation), cost.break_even
        texts.append(Label(-8, y, name, "end"))
        texts.append(Label(WIDTH - left - right + 8, y, short, colour="muted"))
        tip = f"{name}: {_long(row, cost)}"
        if number is not None:
            certain, whole = _reach(leading, number, axis)
            tip += f"; the fastest {_between(leading, number)}"
            pale.append(Piece(*whole, y - THICK / 2, y + THICK / 2, "series-0"))
            if certain:
                solid.append(Piece(*certain, y - THICK / 2, y + THICK / 2, "series-0", tip))
            start = min(max(leading[number].start.value, axis.low), axis.high)
            thin.append(Piece(start, start, y - THICK / 2 - 2, y + THICK / 2 + 2, "series-0", tip))
        if found and (reach := _ahead(found, axis)):
            thin.append(Piece(*reach, y, y, "series-1", tip))
        if found and found.low is not None and found.high is not None:
            low, high = (min(max(end, axis.low), axis.high) for end in (found.low, found.high))
            measured.append((Interval(low, low, high), y + 9))
    across = axis.over(WIDTH - left - right)
    drawn = [
        *marks.areas(across, pale, opacity=0.3),
        *marks.areas(across, solid),
        *marks.lines(across, thin),
        *marks.lines(across, marks.whiskers(measured), width=1.5),
    ]
    return Panel(
        title,
        _words(shown, leading, names),
        drawn,
        height=ROW * len(order),
        left=left,
        right=right,
        x=axis,
        labels=texts,
        numbers=_numbers(order, leading, names),
        key=[
            Sign("bar", "series-0", "the fastest of all"),
            Sign("thin", "series-1", f"faster than {REFERENCE}"),
            Sign("interval", "ink", "interval of the break-even"),
        ],
        notes=[_sentence(leading, names)] if leading else [],
    )


def _numbers(order: list[tuple[Row, Cost]], leading: list[Leader], names: dict[str, str]) -> Columns:
    starts = {leader.implementation: leader.start for leader in leading}
    found = [cost.break_even or BreakEven("") for _, cost in order]
    fastest = [starts.get(row.implementation, Interval(math.nan, None, None)) for row, _ in order]
    return {
        "implementation": [names[row.implementation] for row, _ in order],
        "break-even": [one.verdict for one in found],
        "epochs": [one.epochs for one in found],
        "low": [one.low for one in found],
        "high": [one.high for one in found],
        **columns_of(fastest, "fastest from", "fastest from, "),
    }


def _axis(found: list[BreakEven | None], leading: list[Leader], pixels: float) -> Axis:
    ends = [end for one in found if one for end in (one.epochs, one.high) if end]
    ends += [leader.start.value for leader in leading]
    ends += [leader.start.high for leader in leading if leader.start.high and math.isfinite(leader.start.high)]
    powers = min(12, max(FEWEST_POWERS, math.ceil(math.log10(max([1.0, *ends])) + 0.2)))
    ticks = [(10.0**power, axes.number(10.0**power)) for power in range(powers + 1)]
    return axes.thinned(Axis("epochs", 1, 10.0**powers, ticks, "log"), pixels, True)


def _from(found: BreakEven | None) -> float:
    """Return the key by which rows are sorted: a row that is ahead of the baseline after few epochs comes first."""
    if found is None:
        return 0.0
    return {"at once": 1.0, "after": found.epochs or 1.0, "until": 1e98, "not separated": 1e99}.get(
        found.verdict, 1e100
    )


def _ahead(found: BreakEven, axis: Axis) -> tuple[float, float] | None:
    """Return from which to which number of epochs an implementation is ahead of the baseline, on the axis."""
    epochs = min(max(found.epochs or 1.0, axis.low), axis.high)
    reaches = {"at once": (axis.low, axis.high), "after": (epochs, axis.high), "until": (axis.low, epochs)}
    return reaches.get(found.verdict)


def _reach(leading: list[Leader], number: int, axis: Axis) -> tuple[tuple[float, float] | None, tuple[float, float]]:
    """Return where a leader is the fastest for certain, None if nowhere, and where it may be, on the axis."""
    start = leading[number].start
    end = leading[number + 1].start if number + 1 < len(leading) else Interval(axis.high, axis.high, axis.high)
    inner = (start.high or start.value, end.low or end.value)
    outer = (start.low or start.value, end.high or end.value)
    low, high = (min(max(one, axis.low), axis.high) for one in inner)
    first, last = (min(max(one, axis.low), axis.high) for one in outer)
    return (low, high) if low < high else None, (first, last)


def _epochs(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.0f}"


def _short(row: Row, cost: Cost) -> str:
    found = cost.break_even
    if row.implementation == REFERENCE or found is None:
        return "baseline" if row.implementation == REFERENCE else ""
    return (
        f"{found.verdict} {axes.number(float(f'{found.epochs:.3g}'))}" if found.epochs else SAYS.get(found.verdict, "")
    )


def _long(row: Row, cost: Cost) -> str:
    found = cost.break_even
    if row.implementation == REFERENCE or found is None:
        return "the baseline"
    if not found.epochs:
        return f"break-even {found.verdict}"
    between = f" ({_epochs(found.low)} to {_epochs(found.high)})" if found.low and found.high else ""
    return f"faster than {REFERENCE} {found.verdict} {_epochs(found.epochs)} epochs{between}"


def _between(leading: list[Leader], number: int) -> str:
    start, last = leading[number].start.value, number + 1 == len(leading)
    if last:
        return f"from {_epochs(start)} epochs on"
    return f"from {_epochs(start)} to {_epochs(leading[number + 1].start.value)} epochs"


def _sentence(leading: list[Leader], names: dict[str, str]) -> str:
    """Return who is the fastest until which number of epochs, in one sentence."""
    parts = []
    for leader, after in itertools.pairwise(leading):
        low, high = after.start.low, after.start.high
        upper = _epochs(high) if high is not None and math.isfinite(high) else "any number"
        between = f" ({_epochs(low)} to {upper})" if low is not None and high is not None else ""
        parts.append(f"{names[leader.implementation]} until {_epochs(after.start.value)} epochs{between}")
    parts.append(f"{names[leading[-1].implementation]}{'' if len(leading) > 1 else ' at any number of epochs'}")
    return f"The fastest in a fresh process: {', then '.join(parts)}."


def _words(shown: list[tuple[Row, Cost]], leading: list[Leader], names: dict[str, str]) -> str:
    said = []
    for row, cost in shown:
        found = cost.break_even
        if found and found.epochs:
            said.append(f"{row.implementation} is faster {found.verdict} {_epochs(found.epochs)} epochs")
        elif found:
            said.append(f"{row.implementation}: break-even {found.verdict}")
    return f"{'; '.join(said)}.{f' {_sentence(leading, names)}' if leading else ''}"
