"""Rules on what a record says of itself: names, references, date, machine, commit, versions and workloads."""

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from packaging.version import InvalidVersion, Version

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


def commit(record: Record) -> Iterator[str]:
    """The commit is a SHA-1, with a mark where files were changed."""
    if record.commit is not None and not re.fullmatch(r"[0-9a-f]{40}(\+changes)?", record.commit):
        yield f"$.commit: {quoted(record.commit)}, expected 40 hexadecimal digits, followed by +changes or nothing"


def versions(record: Record) -> Iterator[str]:
    """The version of an implementation is that of its framework in its environment."""
    for number, i in enumerate(record.implementations):
        if i.interpreter and i.interpreter not in record.environment.others:
            yield f"$.implementations[{number}].interpreter: {i.interpreter!r} is no environment of the record"
            continue
        known = record.environment.others[i.interpreter] if i.interpreter else record.environment.versions
        expected = known.get(i.framework)
        if not (i.missing or i.broken) and expected is not None and i.version != expected:
            yield f"$.implementations[{number}].version: {quoted(i.version)}, expected {expected} of the environment"


def releases(record: Record) -> Iterator[str]:
    """A history is of one framework, with one version of Python, and the versions of each file rise."""
    if not record.is_history:
        return
    there = [i for i in record.implementations if i.interpreter]
    if len({i.framework for i in there}) != 1 or len({i.interpreter for i in there}) < 2:
        yield "$.implementations: expected those of one framework in two or more environments"
    pythons = {record.environment.others[i.interpreter]["python"] for i in there if i.interpreter}
    if len(pythons) > 1:
        yield f"$.environment.others: {quoted(sorted(pythons))}, expected one version of Python"
    for file in dict.fromkeys(i.file for i in there):
        versions = [i.version for i in there if i.file == file]
        if file is None or not _rising(versions):
            yield f"$.implementations: the versions of {quoted(file)} are {quoted(versions)}, expected rising ones"


def _rising(versions: Iterable[str]) -> bool:
    try:
        numbers = [Version(version) for version in versions]
    except InvalidVersion:
        return False
    return all(one < other for one, other in itertools.pairwise(numbers))


RULES = (
    unique,
    references,
    date,
    machine,
    workloads,
    commit,
    versions,
    releases,
)
