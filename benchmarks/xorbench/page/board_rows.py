"""Rows of a board: an implementation with its results on all workloads, and what its opened row shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.break_even import Cost
from xorbench.estimates.intervals import Interval
from xorbench.estimates.timing_table import Row
from xorbench.page.axis import Axis, Mark
from xorbench.page.sources import Drawing
from xorbench.record.report import INSIDE, Judgement
from xorbench.record.run import ImplementationRecord
from xorbench.tables.cells import NONE, NOT_APPLICABLE, between, ends, factor, three_digits, with_ends
from xorbench.tables.workloads import main_workload

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


def board_row(
    analysis: Analysis,
    name: str,
    rows: Mapping[tuple[str, str], Row],
    names: Mapping[str, str],
    digits: Mapping[tuple[str, str], float],
    scale: Axis,
    code: str | None,
    drawn: Drawing | None,
) -> BoardRow:
    """Return the row of the implementation `name`, from its `rows` by name and workload and the labels in `names`.

    `digits` are the fewest right digits of a gradient by name and dtype. `scale` is the axis of the picture; `code` and
    `drawn` are as for `boards`.
    """
    record = analysis.record
    about = next(i for i in record.implementations if i.name == name)
    mine = [rows[name, workload.name] for workload in record.workloads]
    main = main_workload(analysis)
    cost = next((c for c in analysis.costs if (c.implementation, c.workload) == (name, main.name)), None)
    panels = zip(drawn.figure.panels, drawn.panels, strict=True) if drawn and drawn.panels else ()
    return BoardRow(
        name=name,
        label=names[name],
        execution=about.execution,
        results=[_result(names[name], row, scale) for row in mine],
        start=_start(cost),
        memory=_quantity(cost.peak_mebibytes, cost.starts) if cost and cost.peak_mebibytes else NOTHING,
        digits=_digits(digits.get((name, main.dtype))),
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
        interval = "" if row.is_baseline else ends_if_known(ratio, row.launches)
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


def ends_if_known(ratio: Interval, launches: int) -> str:
    """Return the interval of `factor(ratio)` as text; "" without an interval."""
    found = ends(ratio, launches)
    return "" if found == NONE else found


def _start(cost: Cost | None) -> Quantity:
    """Return the milliseconds of import and first call together."""
    return _quantity(cost.start_seconds.times(1e3), cost.starts) if cost else NOTHING


def _quantity(measured: Interval, processes: int) -> Quantity:
    text, more = with_ends(measured, processes)
    return Quantity(
        three_digits(measured.value) if more == NONE else text, measured.value, "" if more == NONE else more
    )


def _digits(digits: float | None) -> Quantity:
    return NOTHING if digits is None else Quantity(f"{digits:.1f}", digits)


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
