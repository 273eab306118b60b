"""The check of a journal that `run --resume` continues: the order of its parts, and the names and numbers in them."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import fields

from xorbench.contract import REFERENCE
from xorbench.record.report import Report
from xorbench.suite.parts import (
    Began,
    Calibrated,
    CalibratedEntry,
    Ended,
    Estimated,
    Finished,
    Head,
    Judged,
    Launched,
    Line,
    Multiplied,
    Planned,
    Point,
    StartedCold,
)

FIRST_LINE = 2
"""The line of a journal with its first part; the head is in the line before."""

Order = Mapping[type[Finished], type[Finished] | None]

OF_A_RUN: Order = {
    Began: None,
    Judged: Began,
    Calibrated: Judged,
    StartedCold: Calibrated,
    Planned: Calibrated,
    Launched: Calibrated,
    Ended: Calibrated,
}
"""For each kind of part in the journal of a run or a history, the kind that must be in it before; None: no kind."""

OF_A_SWEEP: Order = {
    Began: None,
    Calibrated: Began,
    Estimated: Calibrated,
    Judged: Estimated,
    Multiplied: Judged,
    Point: Multiplied,
    Launched: Multiplied,
    Ended: Multiplied,
}
"""For each kind of part in the journal of a sweep, the kind that must be in it before; None: no kind."""

ONCE = (Judged, Calibrated, Estimated, StartedCold, Ended)
"""The kinds of parts of which a journal has at most one."""

NAMING = ("implementation", "first", "second")
"""The keys of rows that name an implementation."""


def faults(head: Head, lines: Sequence[Line]) -> Iterator[str]:
    """Yield why parts of a journal do not fit the call or the parts before them, one line each, with its number."""
    names = {implementation.name for implementation in head.about.implementations}
    seen: set[type[Finished]] = set()
    launches: Counter[str] = Counter()
    report: Report | None = None
    for number, line in enumerate(lines, start=FIRST_LINE):
        part = line.part
        found = [
            *_misplaced(part, seen, head.kind),
            *_unknown(part, names, head.workloads),
            *_misnumbered(part, launches),
        ]
        if isinstance(part, Judged):
            report = part.report
        elif isinstance(part, Calibrated) and report is not None and head.kind != "sweep":
            found += _uncalibrated(part, report, head, names)
        yield from (f'line {number} ("{part.what}") {fault}' for fault in found)
        seen.add(type(part))


def _misplaced(part: Finished, seen: Set[type[Finished]], of: str) -> Iterator[str]:
    """Yield why a part may not follow parts of the kinds that were `seen`, in the journal of a run or a sweep."""
    order, kind = OF_A_SWEEP if of == "sweep" else OF_A_RUN, type(part)
    if kind not in order:
        yield f"is there, expected no such part in a {of}"
        return
    needed = order[kind]
    if needed is not None and needed not in seen:
        yield f'is there, expected "{needed.what}" before it'
    if Ended in seen:
        yield f'is there, expected nothing after "{Ended.what}"'
    elif kind in ONCE and kind in seen:
        yield "is there again, expected it once"


def _misnumbered(part: Finished, launches: Counter[str]) -> Iterator[str]:
    """Yield why a part does not have the number of the next launch, and count its launch.

    `launches` are the launches before it: of a point by its workload, of other parts under "".
    """
    if isinstance(part, Launched | Point):
        of = part.workload if isinstance(part, Point) else ""
        found = {part.launch.number, *(timing.launch for timing in part.timings)}
        if found != {launches[of]}:
            yield f"has the launch {', '.join(map(str, sorted(found)))}, expected {launches[of]}"
        launches[of] += 1


def _unknown(part: Finished, names: Collection[str], workloads: Collection[str]) -> Iterator[str]:
    """Yield which names of implementations and workloads in a part are not among those of the call."""
    holders: list[object] = [part, part.report] if isinstance(part, Judged) else [part]
    rows: list[tuple[object, bool]] = [(part, True)]
    for holder in holders:
        for field in fields(holder):  # type: ignore[arg-type]  # all of them are dataclasses
            value = getattr(holder, field.name)
            # planted faults are of workloads of their own
            rows += [(row, field.name != "faults") for row in value] if isinstance(value, list) else []
    for row, of_call in rows:
        for key in NAMING:
            name = getattr(row, key, None)
            if isinstance(name, str) and name not in names:
                yield f"has the implementation {name!r}, expected one of {', '.join(sorted(names))}"
        of_entry = row.epochs if isinstance(row, CalibratedEntry) else ()
        found = [getattr(row, "workload", None), *of_entry] if of_call else []
        for workload in found:
            if isinstance(workload, str) and workload not in workloads:
                yield f"has the workload {workload!r}, expected one of {', '.join(workloads)}"


def _uncalibrated(part: Calibrated, report: Report, head: Head, names: Set[str]) -> Iterator[str]:
    """Yield that an implementation is calibrated twice, or not at all although it passed the judge and did not fail."""
    entries = {(e.implementation, e.measure, e.copy): {*e.epochs} & {*e.seconds_per_epoch} for e in part.entries}
    if len(entries) < len(part.entries):
        yield "has an implementation twice, expected once"
    failed = {failure.implementation for failure in part.failures}
    passed = {name: {w for w in head.workloads if report.refusal(name, w) is None} for name in names}
    timed = passed.get(REFERENCE, set())
    if not timed or REFERENCE in failed or "epoch" not in head.settings.measures:
        return  # nothing can be timed beside it
    rows = [(name, measure, False) for name in sorted(names - failed) for measure in head.settings.measures]
    for name, measure, copy in [*rows, (REFERENCE, "epoch", True)]:
        if lacking := sorted((passed[name] & timed) - entries.get((name, measure, copy), set())):
            second = " as the second copy" if copy else ""
            yield f"lacks {name}{second} on {', '.join(lacking)}, which passed the judge ({measure})"
