"""Faults of a journal that `run --resume` would continue: the order, names and numbers of its parts are checked."""

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

EITHER = ("implementation", "first", "second")
"""The keys of rows that name an implementation."""


def faults(head: Head, lines: Sequence[Line]) -> Iterator[str]:
    """Yield for each part that does not fit to the call or to the parts before it, why, as in "line 3 is ..."."""
    order = OF_A_SWEEP if head.kind == "sweep" else OF_A_RUN
    names = {implementation.name for implementation in head.about.implementations}
    there: set[type[Finished]] = set()
    launched, taken = 0, Counter[str]()
    report: Report | None = None
    for number, line in enumerate(lines, start=FIRST_LINE):
        part, kind = line.part, type(line.part)
        what = f'line {number} is "{part.what}"'
        if kind not in order:
            yield f"{what}, which no {head.kind} has"
            continue
        before = order[kind]
        if before is not None and before not in there:
            yield f'{what}, expected "{before.what}" before it'
        if Ended in there or (kind in ONCE and kind in there):
            yield f"{what}, expected {'nothing after the end' if Ended in there else 'it once'}"
        there.add(kind)
        yield from (f"{what} and has {fault}" for fault in _unknown(part, names, head.workloads))
        if isinstance(part, Judged):
            report = part.report
        elif isinstance(part, Calibrated) and report is not None and head.kind != "sweep":
            yield from (f"{what} and {fault}" for fault in _uncalibrated(part, report, head, names))
        elif isinstance(part, Launched | Point):
            expected = launched if isinstance(part, Launched) else taken[part.workload]
            launches = {part.launch.number, *(timing.launch for timing in part.timings)}
            if launches != {expected}:
                found = ", ".join(map(str, sorted(launches)))
                yield f"{what} of the launch {found}, expected {expected}"
            if isinstance(part, Launched):
                launched += 1
            else:
                taken[part.workload] += 1


def _unknown(part: Finished, names: Collection[str], workloads: Collection[str]) -> Iterator[str]:
    """Yield the names of implementations and workloads in a part that are not among those of the call."""
    holders: list[object] = [part, part.report] if isinstance(part, Judged) else [part]
    rows: list[tuple[object, bool]] = [(part, True)]
    for holder in holders:
        for field in fields(holder):  # type: ignore[arg-type]  # all of them are dataclasses
            value = getattr(holder, field.name)
            # planted faults are of workloads of their own
            rows += [(row, field.name != "faults") for row in value] if isinstance(value, list) else []
    for row, of_call in rows:
        for key in EITHER:
            name = getattr(row, key, None)
            if isinstance(name, str) and name not in names:
                yield f"the implementation {name!r}, expected one of {', '.join(sorted(names))}"
        of_entry = row.epochs if isinstance(row, CalibratedEntry) else ()
        found = [getattr(row, "workload", None), *of_entry] if of_call else []
        for workload in found:
            if isinstance(workload, str) and workload not in workloads:
                yield f"the workload {workload!r}, expected one of {', '.join(workloads)}"


def _uncalibrated(part: Calibrated, report: Report, head: Head, names: Set[str]) -> Iterator[str]:
    """Yield what is calibrated twice, or not at all though it passed the judge and did not fail."""
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
