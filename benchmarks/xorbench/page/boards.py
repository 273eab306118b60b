"""Boards: the picture and the table of all implementations of one tier in one record, with all workloads side by side.

Every text is written here; the script of the page only exchanges texts and places where another baseline is chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from xorbench.charts.style import labels
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.break_even import Cost
from xorbench.estimates.intervals import Interval
from xorbench.estimates.pairs import Pair
from xorbench.estimates.timing_table import Row
from xorbench.page.axis import Axis, Mark, axis
from xorbench.page.sources import Drawing
from xorbench.record.report import INSIDE, Judgement
from xorbench.record.run import ImplementationRecord, WorkloadRecord
from xorbench.tables.cells import NONE, NOT_APPLICABLE, between, ends, factor, three_digits, with_ends
from xorbench.tables.workloads import main_workload

MOST_PAIRED = 40
"""The most implementations of a record for which any can be chosen as the baseline: the pairs grow with the square."""

BASELINE = "baseline"


@dataclass(frozen=True)
class Quantity:
    """A number as text, its value for sorting (None without a number), and a text with more about it."""

    text: str
    value: float | None = None
    more: str = ""

    @property
    def key(self) -> str:
        """The value as text for the script, with six digits: further ones differ between processors."""
        return "" if self.value is None else f"{self.value:.6g}"


NOTHING = Quantity(NONE)


@dataclass(frozen=True)
class Result:
    """An implementation on one workload: its time, its factor to the baseline, and its place in the picture.

    Where there is no time, `factor` is the verdict, and `reason` says why.
    """

    rank: str
    time: Quantity
    factor: str
    interval: str
    ratio: str
    verdict: str
    reason: str
    mark: Mark | None
    tip: str


@dataclass(frozen=True)
class BoardRow:
    """An implementation: its results by workload, its other quantities, and what the opened row shows."""

    name: str
    label: str
    execution: str
    results: list[Result]
    start: Quantity
    memory: Quantity
    digits: Quantity
    about: list[tuple[str, str]]
    source: str | None
    rounds: list[tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """A workload of a board: its name and label, and the band of ratios that cannot be told from 1."""

    name: str
    label: str
    band: Mark | None
    noise: str


class BoardData(TypedDict):
    """The data from which the script of the page shows a board with another baseline; see `_data`."""

    key: str
    first: int
    workloads: list[str]
    names: list[str]
    labels: list[str]
    base: int
    ranks: list[list[str]]
    noise: list[list[float | str | None] | None]
    pairs: list[list[Any]]


@dataclass(frozen=True)
class Board:
    """The implementations of one tier in one record, from the fastest to the slowest on the workload `first`.

    `data` is what the script needs for other baselines; None where there are none to choose.
    """

    key: str
    tier: str
    created: str
    file: str
    places: list[Place]
    first: int
    axis: Axis
    entries: list[BoardRow]
    data: BoardData | None

    @property
    def chosen(self) -> Place:
        """The workload that the picture shows first."""
        return self.places[self.first]


def reference_tier(analysis: Analysis) -> str:
    """Return the tier of the baseline; "" if the record does not have it."""
    return next((str(i.tier) for i in analysis.record.implementations if i.name == REFERENCE), "")


def boards(analysis: Analysis, key: str, code: str | None = None, drawn: Drawing | None = None) -> list[Board]:
    """Return a board for each tier of a run, that of the baseline first; `key` begins their identifiers.

    `code` is the way from the page to the folder of the implementations, and `drawn` the figure of raw rounds. Records
    of other kinds have none: the workloads of a sweep, for example, are too many to stand side by side.
    """
    if not analysis.record.is_run:
        return []
    own = reference_tier(analysis)
    tiers = sorted(dict.fromkeys(row.tier or own for row in analysis.rows), key=lambda tier: tier != own)
    return [_board(analysis, f"{key}-{tier or 'all'}", tier, code, drawn) for tier in tiers]


def compact(analysis: Analysis, key: str) -> Board | None:
    """Return the board of the tier of the baseline, without other baselines; None unless it is a run."""
    if not analysis.record.is_run:
        return None
    return _board(analysis, key, reference_tier(analysis), None, None, pairs=False)


def _board(
    analysis: Analysis, key: str, tier: str, code: str | None, drawn: Drawing | None, pairs: bool = True
) -> Board:
    record = analysis.record
    own = reference_tier(analysis)
    rows = {(row.implementation, row.workload): row for row in analysis.rows if (row.tier or own) == tier}
    names = labels(i.name for i in record.implementations)
    scale = axis(row.ratio.value for row in rows.values() if row.ratio is not None)
    places = [_place(analysis, workload, scale) for workload in record.workloads]
    first = record.workloads.index(main_workload(analysis))
    order = [row.implementation for row in rows.values() if row.workload == places[first].name]
    order.sort(key=lambda name: _speed(rows[name, places[first].name]))
    entries = [_entry(analysis, name, rows, names, scale, code, drawn) for name in order]
    return Board(
        key=key,
        tier=tier,
        created=record.created,
        file=f"{record.machine.name}/{record.created.replace(':', '')}.json",
        places=places,
        first=first,
        axis=scale,
        entries=entries,
        data=_data(analysis, key, entries, names, places, first) if pairs else None,
    )


def _speed(row: Row) -> tuple[bool, float]:
    return (row.ratio is None, row.ratio.value if row.ratio else 0.0)


def _place(analysis: Analysis, workload: WorkloadRecord, scale: Axis) -> Place:
    floor = analysis.noise_floor_of(workload.name)
    known = floor is not None and floor.low is not None
    return Place(
        name=workload.name,
        label=f"{workload.name} ({'-'.join(map(str, workload.layer_sizes))}, {workload.dtype})",
        band=scale.mark(floor) if floor is not None and known else None,
        noise=between(floor) if floor is not None and known else "",
    )


def _entry(
    analysis: Analysis,
    name: str,
    rows: Mapping[tuple[str, str], Row],
    names: Mapping[str, str],
    scale: Axis,
    code: str | None,
    drawn: Drawing | None,
) -> BoardRow:
    record = analysis.record
    about = next(i for i in record.implementations if i.name == name)
    names = labels(i.name for i in record.implementations)
    mine = [rows[name, workload.name] for workload in record.workloads]
    main = main_workload(analysis).name
    cost = next((c for c in analysis.costs if (c.implementation, c.workload) == (name, main)), None)
    panels = zip(drawn.figure.panels, drawn.panels, strict=True) if drawn and drawn.panels else ()
    return BoardRow(
        name=name,
        label=names[name],
        execution=about.execution,
        results=[_result(names[name], row, scale) for row in mine],
        start=_start(cost),
        memory=_quantity(cost.peak_mebibytes, cost.starts) if cost and cost.peak_mebibytes else NOTHING,
        digits=_digits(analysis, name),
        about=[*_declared(about), *_judged(analysis, name), *_begun(analysis, name)],
        source=f"{code}/{about.file or name}.py" if code and not about.interpreter else None,
        rounds=[(panel.title, svg) for panel, svg in panels if panel.of and panel.of[1] == name],
    )


def _result(label: str, row: Row, scale: Axis) -> Result:
    ratio = row.ratio
    if ratio is None:
        shown, interval, text, mark = row.verdict, "", NONE, None
    else:
        shown = BASELINE if row.is_baseline else factor(ratio, row.launches)
        interval = "" if row.is_baseline else _ends(ratio, row.launches)
        text, mark = "1" if row.is_baseline else between(ratio, processes=row.launches), scale.mark(ratio)
    time, of_time = with_ends(row.microseconds_per_epoch, row.launches)
    value = row.microseconds_per_epoch.value if row.microseconds_per_epoch else None
    said = f"{label}, {row.workload}: {shown}{f' ({interval})' if interval else ''}"
    return Result(
        rank=NOT_APPLICABLE if row.rank is None else str(row.rank),
        time=Quantity(time, value, of_time),
        factor=shown,
        interval=interval,
        ratio=text,
        verdict=row.verdict,
        reason=row.reason or "",
        mark=mark,
        tip=said if value is None else f"{said}, {time} µs per epoch",
    )


def _ends(ratio: Interval, launches: int) -> str:
    found = ends(ratio, launches)
    return "" if found == NONE else found


def _start(cost: Cost | None) -> Quantity:
    """Return the milliseconds of import and first call together; their ends are the sums of the ends of both."""
    if cost is None:
        return NOTHING
    one, other = cost.import_seconds, cost.first_call_seconds
    low = None if one.low is None or other.low is None else one.low + other.low
    high = None if one.high is None or other.high is None else one.high + other.high
    return _quantity(Interval(one.value + other.value, low, high).times(1e3), cost.starts)


def _quantity(measured: Interval, processes: int) -> Quantity:
    text, more = with_ends(measured, processes)
    return Quantity(
        three_digits(measured.value) if more == NONE else text, measured.value, "" if more == NONE else more
    )


def _digits(analysis: Analysis, name: str) -> Quantity:
    """Return the right digits of the median entry of the gradient, at the scale of parameters where they are fewest."""
    dtype = main_workload(analysis).dtype
    found = [
        row.median_digits
        for row in analysis.record.gradients.accuracy
        if (row.implementation, row.axis, row.dtype) == (name, "scale", dtype)
    ]
    return Quantity(f"{min(found):.1f}", min(found)) if found else NOTHING


def _declared(about: ImplementationRecord) -> list[tuple[str, str]]:
    parts = [
        ("framework", f"{about.framework} {about.version}"),
        ("how Python calls it", about.granularity),
        ("gradients by", about.gradients_by or ""),
        ("lines of code", str(about.lines_of_code or "")),
    ]
    return [(head, text) for head, text in parts if text]


def _judged(analysis: Analysis, name: str) -> list[tuple[str, str]]:
    """Return what the judge found for an implementation, for each workload and dtype."""
    found: dict[tuple[str, str], list[Judgement]] = {}
    for row in analysis.record.gradients.rows:
        if row.implementation == name:
            found.setdefault((row.workload, row.dtype), []).append(row)
    return [(f"gradient, {workload}, {dtype}", _verdict(rows)) for (workload, dtype), rows in found.items()]


def _verdict(rows: Sequence[Judgement]) -> str:
    wrong = next((row for row in rows if row.verdict != INSIDE), None)
    if wrong is not None:
        return f"{wrong.parameter}: {wrong.verdict}{f', {wrong.reason}' if wrong.reason else ''}"
    errors = [row.of_bound.largest for row in rows if row.of_bound and row.of_bound.largest is not None]
    worst = f", worst error {three_digits(max(errors))} of what rounding explains" if errors else ""
    return f"passed at {max(row.points for row in rows):,} points{worst}"


def _begun(analysis: Analysis, name: str) -> list[tuple[str, str]]:
    """Return the parts of the cold starts of an implementation."""
    costs = [cost for cost in analysis.costs if cost.implementation == name]
    found = [("import, ms", between(costs[0].import_seconds, 1e3, costs[0].starts))] if costs else []
    found += [
        (f"first call, {cost.workload}, ms", between(cost.first_call_seconds, 1e3, cost.starts)) for cost in costs
    ]
    if costs and costs[0].installed_mebibytes:
        found.append(("installed size, MiB", three_digits(costs[0].installed_mebibytes)))
    return found


def _data(
    analysis: Analysis,
    key: str,
    entries: Sequence[BoardRow],
    names: Mapping[str, str],
    places: Sequence[Place],
    first: int,
) -> BoardData | None:
    """Return the ratios of each two rows, with their texts, for the script; None if there are too many rows or too few.

    The baseline of the record is the last of the names if it is of another tier. A pair is [row, baseline, workload,
    ratio, low, high, factor, interval, interval of the opposite], with rows and workloads as numbers of the lists. The
    factor of the opposite ratio is the same, with "faster" and "slower" exchanged.
    """
    if len(entries) < 2 or len(analysis.record.implementations) > MOST_PAIRED:
        return None
    every = list(dict.fromkeys([*(entry.name for entry in entries), REFERENCE]))
    number = {name: place for place, name in enumerate(every)}
    of = {place.name: number for number, place in enumerate(places)}
    found = [
        _pair(pair, number, of) for pair in analysis.pairs if {pair.implementation, pair.baseline} <= number.keys()
    ]
    return {
        "key": key,
        "first": first,
        "workloads": [place.name for place in places],
        "names": every,
        "labels": [names.get(name, name) for name in every],
        "base": number[REFERENCE],
        "ranks": [[entry.results[place].rank for entry in entries] for place in range(len(places))],
        "noise": [_noise(analysis.noise_floor_of(place.name)) for place in places],
        "pairs": found,
    }


def _pair(pair: Pair, number: Mapping[str, int], of: Mapping[str, int]) -> list[float | str | None]:
    ratio = pair.ratio
    rows = [number[pair.implementation], number[pair.baseline], of[pair.workload]]
    texts = [factor(ratio, pair.launches), _ends(ratio, pair.launches), _ends(inverse(ratio), pair.launches)]
    return [*rows, *_numbers(ratio), *texts]


def inverse(ratio: Interval) -> Interval:
    """Return the ratio in the other direction, with its ends inverted and swapped."""
    low, high = (None if end is None else 1 / end for end in (ratio.high, ratio.low))
    return Interval(1 / ratio.value, low, high)


def _numbers(ratio: Interval) -> list[float | None]:
    """Return a ratio and the ends of its interval, with six digits."""
    return [None if end is None else float(f"{end:.6g}") for end in (ratio.value, ratio.low, ratio.high)]


def _noise(floor: Interval | None) -> list[float | str | None] | None:
    """Return the ends of the ratios that cannot be told from 1, and their text; None if they are not known."""
    return None if floor is None or floor.low is None else [*_numbers(floor)[1:], between(floor)]
