"""Join the parts of a plan that one host measured into the record that one command would have written there."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TypeVar

from xorbench.clock import ledger
from xorbench.estimates.analysis import Analysis
from xorbench.fleet import units
from xorbench.fleet.plan import FleetPlan
from xorbench.record.report import Report
from xorbench.record.run import Record, Seconds
from xorbench.record.timing import LaunchRecord, Timing

T = TypeVar("T")


def joined(plan: FleetPlan, parts: Sequence[Record]) -> Record:
    """Return the record of parts of a plan, which have the same host, machine, environment and settings.

    A workload that is in two parts, as where two curves of a sweep cross, is taken from the first. Launches of one
    number are one launch, which took the time of all. A part in which nothing could be timed has none.
    """
    taken: set[str] = set()
    kept = [_without(part, taken) for part in parts]
    first = kept[0]
    order = [name for name in units.workloads(plan) if name in taken]
    by_name = {workload.name: workload for part in kept for workload in part.workloads}
    timed = [part for part in kept if part.launches] or kept
    launches = [_one_launch(each) for each in zip(*(part.launches for part in timed), strict=True)]
    timings = [timing for part in kept for timing in _with_left(part, launches)]
    record = replace(
        first,
        resumed=any(part.resumed for part in kept),
        part=None,
        created=min(part.created for part in kept),
        command=command(plan),
        plan=timed[0].plan,
        seconds=Seconds(**{f.name: sum(getattr(part.seconds, f.name) for part in kept) for f in fields(Seconds)}),
        workloads=[by_name[name] for name in order],
        gradients=_one_report([part.gradients for part in kept], order, [i.name for i in first.implementations]),
        launches=launches,
        timings=sorted(timings, key=lambda timing: (timing.launch, order.index(timing.workload))),
        cold_starts=[start for part in kept for start in part.cold_starts],
        failures=sorted((f for part in kept for f in part.failures), key=lambda failure: failure.launch),
        unfit=None,
    )
    return replace(record, unfit=Analysis(record).unfit)


def command(plan: FleetPlan) -> str:
    """Return the one command that measures everything that a plan holds."""
    given = [f"--with={name}" for name in plan.files if Path(name).stem in plan.implementations]
    return shlex.join(["xorbench", plan.kind, *plan.arguments, *given])


def _without(part: Record, taken: set[str]) -> Record:
    """Return a part without the workloads that are `taken`, to which those that it keeps are added.

    A worker that was lost in a launch is lost for the workloads after that one, too, so that its failure stays.
    """
    dropped = {workload.name for workload in part.workloads if workload.name in taken}
    taken |= {workload.name for workload in part.workloads}
    if not dropped:
        return part

    def rest(rows: Iterable[T]) -> list[T]:
        return [row for row in rows if getattr(row, "workload", None) not in dropped]

    report = part.gradients
    lists = {f.name: rest(value) for f in fields(Report) if isinstance(value := getattr(report, f.name), list)}
    return replace(
        part,
        workloads=[workload for workload in part.workloads if workload.name not in dropped],
        gradients=replace(report, **lists | {name: getattr(report, name) for name in OF_ALL}),
        timings=rest(part.timings),
        cold_starts=rest(part.cold_starts),
        failures=[failure for failure in part.failures if failure.workload not in dropped or failure.launch >= 0],
    )


def _one_launch(parts: Sequence[LaunchRecord]) -> LaunchRecord:
    """Return the launches of one number in several parts as one; what is unknown in a part is unknown."""
    loads, steals, clocks = (
        [getattr(part, name) for part in parts] for name in ("load_1_minute", "steal_seconds", "megahertz")
    )
    return replace(
        parts[0],
        overlapped=all(part.overlapped for part in parts),
        seconds=sum(part.seconds for part in parts),
        seconds_starting=sum(part.seconds_starting for part in parts),
        seconds_in_turns=sum(part.seconds_in_turns for part in parts),
        load_1_minute=None if None in loads else max(loads),
        steal_seconds=None if None in steals else sum(steals),
        megahertz=None if None in clocks else min(clocks),
        others_timing=any(part.others_timing for part in parts),
        left={name: left for part in parts for name, left in part.left.items()},
    )


def _with_left(part: Record, launches: Sequence[LaunchRecord]) -> list[Timing]:
    """Return the timings of a part, refused where a worker left a process running in the same launch of another."""
    own = {launch.number: launch.left for launch in part.launches}
    others = [
        replace(launch, left={n: left for n, left in launch.left.items() if n not in own[launch.number]})
        for launch in launches
    ]
    return ledger.with_left(part.timings, others)


OF_ALL = ("faults",)
"""The lists of a report that do not depend on the workloads that are judged, so that every part has the same."""

ONE_EACH = ("counterexamples",)
"""The lists of a report of which each implementation has one entry, for its first workload with a failure."""

BY_IMPLEMENTATION = ("rows", "conduct", "mistakes", *ONE_EACH)
"""The lists of a report in the order of implementations, then of workloads; all others are in that of workloads."""


def _one_report(reports: Sequence[Report], workloads: Sequence[str], implementations: Sequence[str]) -> Report:
    """Return the reports of several parts as one, in the order in which one judgement would give its lists."""

    def of_workload(row: object) -> int:
        return workloads.index(getattr(row, "workload"))  # noqa: B009  rows have different types

    def of_both(row: object) -> tuple[int, int]:
        return implementations.index(getattr(row, "implementation")), of_workload(row)  # noqa: B009

    found: dict[str, list[object]] = {}
    for name in (f.name for f in fields(Report) if isinstance(getattr(reports[0], f.name), list)):
        rows: list[object] = [row for report in reports for row in getattr(report, name)]
        if name in OF_ALL:
            rows = [*getattr(reports[0], name)]
        elif name in BY_IMPLEMENTATION:
            rows.sort(key=of_both)
        else:
            rows.sort(key=of_workload)
        if name in ONE_EACH:
            rows = [*{of_both(row)[0]: row for row in reversed(rows)}.values()][::-1]
        found[name] = rows
    return replace(reports[0], **found)  # type: ignore[arg-type]  # each list has its own type
