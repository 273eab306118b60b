"""Rules on what a record says of itself: names, references, date, machine and workloads."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from xorbench.contract import REFERENCE
from xorbench.environment import machine_name
from xorbench.record.checking import quoted
from xorbench.record.run import Record, WorkloadRecord
from xorbench.workloads import named

FIRST_DATE = "2026-01-01"
"""No record is older than the suite."""


def unique(record: Record) -> Iterator[str]:
    """Names of implementations and of workloads are unique, and launches are numbered from 0."""
    for what, names in (
        ("implementations", [i.name for i in record.implementations]),
        ("workloads", [w.name for w in record.workloads]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield f"$.{what}: {name!r} is there {count} times, expected once"
    numbers = [launch.number for launch in record.launches]
    if numbers != [*range(len(numbers))]:
        yield f"$.launches: the numbers are {quoted(numbers)}, expected 0 to {len(numbers) - 1}, each once"


def references(record: Record) -> Iterator[str]:
    """Every implementation, workload and launch that a part of the record names exists in it.

    The launch of a failure may also be the number of a cold start.
    """
    implementations = {i.name for i in record.implementations}
    workloads = {w.name for w in record.workloads}
    report = record.gradients
    parts: dict[str, Iterable[object]] = {
        "timings": record.timings,
        "launches": record.launches,
        "failures": record.failures,
        "cold_starts": record.cold_starts,
        "products": record.products,
        "counts.rows": record.counts.rows if record.counts else [],
    }
    for field in dataclasses.fields(report):
        if isinstance(value := getattr(report, field.name), list):
            parts[f"gradients.{field.name}"] = value
    for place, items in parts.items():
        for number, item in enumerate(items):
            for key in ("implementation", "first", "second"):
                if getattr(item, key, None) is not None and getattr(item, key) not in implementations:
                    yield f"$.{place}[{number}].{key}: {getattr(item, key)!r} is no implementation of the record"
            workload = getattr(item, "workload", None)
            if place != "gradients.faults" and workload not in {None, *workloads}:
                yield f"$.{place}[{number}].workload: {workload!r} is no workload of the record"
            launch = getattr(item, "launch", None)
            if place == "launches" and (unknown := sorted({*getattr(item, "left", ())} - implementations)):
                yield f"$.launches[{number}].left: {quoted(unknown[0])} is no implementation of the record"
            most = len(record.launches)
            if place == "failures":
                most = max(most, record.settings.cold_starts, 1)
            if launch is not None and launch >= most:
                yield f"$.{place}[{number}].launch: {launch}, expected less than {most}"
    if REFERENCE not in implementations:
        yield f"$.implementations: {REFERENCE} is not among them"


def date(record: Record) -> Iterator[str]:
    """The date is one of the calendar, between the first release and tomorrow."""
    try:
        created = datetime.strptime(record.created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        yield f"$.created: {record.created!r} is no date of the calendar"
        return
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    if not datetime.fromisoformat(FIRST_DATE).replace(tzinfo=UTC) <= created <= tomorrow:
        yield f"$.created: {record.created}, expected a time between {FIRST_DATE} and tomorrow"


def machine(record: Record) -> Iterator[str]:
    """The name of the machine is made of its parts."""
    machine = record.machine
    expected = machine_name(machine.cpu, machine.cores, machine.system, machine.architecture)
    if machine.name != expected:
        yield f"$.machine.name: {machine.name!r}, expected {expected!r}, which its parts give"


def workloads(record: Record) -> Iterator[str]:
    """Every workload is the one of the catalogue with this name."""
    for number, workload in enumerate(record.workloads):
        try:
            expected = WorkloadRecord.of(named(workload.name))
        except KeyError:
            yield f"$.workloads[{number}].name: {workload.name!r} is not in the catalogue"
            continue
        for field in dataclasses.fields(workload):
            one, other = getattr(workload, field.name), getattr(expected, field.name)
            if field.name != "story" and one != other:
                yield (
                    f"$.workloads[{number}].{field.name}: {quoted(one)}, expected {quoted(other)}, which "
                    f"{workload.name} has in the catalogue"
                )


RULES = (unique, references, date, machine, workloads)
