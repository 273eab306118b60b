"""Rules on what a record says of itself: names, references, date, machine, command, versions and texts."""

import dataclasses
import itertools
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from packaging.version import InvalidVersion, Version

from xorbench.contract import REFERENCE
from xorbench.environment import ONE_THREAD, machine_name
from xorbench.record.run import Record, WorkloadRecord
from xorbench.record.settings import CONFIDENCE
from xorbench.workloads import named

FIRST_DATE = "2026-01-01"
"""No record is older than the suite."""

MOST_CPUS = 8192
"""The most CPUs that Linux supports."""

COMMANDS = ("run", "sweep", "history", "count")
"""The commands whose options are among the settings of the record that they write."""


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
        yield f"$.launches: the numbers are {_short(numbers)}, expected 0 to {len(numbers) - 1}, each once"


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
                yield f"$.launches[{number}].left: {_short(unknown[0])} is no implementation of the record"
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
                    f"$.workloads[{number}].{field.name}: {_short(one)}, expected {_short(other)}, which "
                    f"{workload.name} has in the catalogue"
                )


def words_of(command: str) -> list[str]:
    """Return the words of a command; [] where a shell would not run exactly these, as one command in one line.

    A name of a folder may hold one of the signs, which the suite quotes.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    is_plain = not _SIGNS & {*command} or shlex.join(words) == command
    return words if is_plain and "\n" not in command else []


_SIGNS = frozenset(";|&<>$`")
"""Signs by which a shell runs something else, unless they are quoted."""


def command(record: Record) -> Iterator[str]:
    """The command is one call of the suite, without the signs by which a shell would run something else."""
    words = words_of(record.command)
    if not words or words[0] not in ("xorbench", "xorbench.run"):
        yield f"$.command: {_short(record.command)}, expected one call of xorbench without other commands"
    elif words[0] == "xorbench" and record.part is None and ("--quick" in words) != record.settings.quick:
        yield f"$.settings.quick: {record.settings.quick}, but the command is {_short(record.command)}"
    elif words[:1] == ["xorbench"] and record.part is None and words[1:2] not in ([], [record.kind]):
        yield f"$.kind: {record.kind!r}, but the command is {_short(record.command)}"
    elif record.part is None and words[1:2] and words[1] in COMMANDS:
        yield from _other_settings(record, words)


def _other_settings(record: Record, words: Sequence[str]) -> Iterator[str]:
    """Yield the settings that are not those of the options in a command, of which the last one counts."""
    given: dict[str, str] = {}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        given[option] = value if equals else following
    settings = record.settings
    for option, found in {
        "--seed": settings.seed,
        "--launches": settings.launches,
        "--rounds": settings.rounds,
        "--budget": None if record.is_sweep else settings.budget_minutes,  # sweeps of two thread numbers share it
        "--cpu": settings.cpu,
        "--points": settings.points,
        "--cold-starts": settings.cold_starts,
    }.items():
        if option in given and found is not None and not _is_number(given[option], found):
            yield f"$.settings: {found} by {option}, but the command is {_short(record.command)}"
    if "--seed" not in given and settings.seed:
        yield f"$.settings.seed: {settings.seed}, but the command is {_short(record.command)}"


def _is_number(text: str, number: float) -> bool:
    try:
        return float(text) == number
    except ValueError:
        return False


def settings(record: Record) -> Iterator[str]:
    """The settings are those of the kind of the record, and name a CPU that a machine may have.

    Its number may exceed the number of cores: CPUs that are offline or hidden from a container are not counted.
    """
    found = record.settings
    if found.sweep != (record.kind == "sweep"):
        yield f"$.settings.sweep: {found.sweep}, but the kind is {record.kind!r}"
    if record.kind != "count" and found.launches is None and found.budget_minutes is None:
        yield "$.settings: neither launches nor budget_minutes, expected one of them"
    if found.cpu >= MOST_CPUS:
        yield f"$.settings.cpu: {found.cpu}, expected less than {MOST_CPUS}"
    if found.threads > record.machine.cores:
        yield f"$.settings.threads: {found.threads}, but the machine has {record.machine.cores} cores"


def thread_variables(record: Record) -> Iterator[str]:
    """The environment variables that set numbers of threads have the number in the settings."""
    for name, value in record.environment.variables.items():
        if name in ONE_THREAD and value != str(record.settings.threads):
            yield f"$.environment.variables.{name}: {_short(value)}, expected {record.settings.threads}"


def commit(record: Record) -> Iterator[str]:
    """The commit is a SHA-1, with a mark where files were changed."""
    if record.commit is not None and not re.fullmatch(r"[0-9a-f]{40}(\+changes)?", record.commit):
        yield f"$.commit: {_short(record.commit)}, expected 40 hexadecimal digits, followed by +changes or nothing"


def versions(record: Record) -> Iterator[str]:
    """The version of an implementation is that of its framework in its environment."""
    for number, i in enumerate(record.implementations):
        if i.interpreter and i.interpreter not in record.environment.others:
            yield f"$.implementations[{number}].interpreter: {i.interpreter!r} is no environment of the record"
            continue
        known = record.environment.others[i.interpreter] if i.interpreter else record.environment.versions
        expected = known.get(i.framework)
        if not (i.missing or i.broken) and expected is not None and i.version != expected:
            yield f"$.implementations[{number}].version: {_short(i.version)}, expected {expected} of the environment"


def releases(record: Record) -> Iterator[str]:
    """A history is of one framework, with one version of Python, and the versions of each file rise."""
    if not record.is_history:
        return
    there = [i for i in record.implementations if i.interpreter]
    if len({i.framework for i in there}) != 1 or len({i.interpreter for i in there}) < 2:
        yield "$.implementations: expected those of one framework in two or more environments"
    pythons = {record.environment.others[i.interpreter]["python"] for i in there if i.interpreter}
    if len(pythons) > 1:
        yield f"$.environment.others: {_short(sorted(pythons))}, expected one version of Python"
    for file in dict.fromkeys(i.file for i in there):
        versions = [i.version for i in there if i.file == file]
        if file is None or not _rising(versions):
            yield f"$.implementations: the versions of {_short(file)} are {_short(versions)}, expected rising ones"


def _rising(versions: Iterable[str]) -> bool:
    try:
        numbers = [Version(version) for version in versions]
    except InvalidVersion:
        return False
    return all(one < other for one, other in itertools.pairwise(numbers))


def plan(record: Record) -> Iterator[str]:
    """The plan has the number of launches, and its confidence is that after its looks at the data.

    A resumed run has the SHA-256 of what decided it, and a part has that of its plan, and the name of its host.
    """
    if record.part is not None and None in (record.plan_sha256, record.host):
        yield f"$.part: {record.part}, but without {'a plan' if record.plan_sha256 is None else 'a host'}"
    if record.host is not None and record.plan_sha256 is None:
        yield "$.plan_sha256: null, expected that of the plan for which the host has a name"
    if record.resumed and record.plan_sha256 is None:
        yield "$.plan_sha256: null, expected that of the plan of a resumed run"
    if record.plan.launches != len(record.launches) and not record.partial:
        yield f"$.plan.launches: {record.plan.launches}, expected {len(record.launches)}, the number of launches"
    looks = record.plan.looks if record.settings.resolution else 0
    allowed = {CONFIDENCE, 1 - (1 - CONFIDENCE) / 2**looks, 1 - (1 - CONFIDENCE) / 2 ** max(0, looks - 1)}
    if record.plan.confidence not in allowed:
        yield f"$.plan.confidence: {record.plan.confidence}, expected {1 - (1 - CONFIDENCE) / 2**looks}"


def texts(record: Record) -> Iterator[str]:
    """Texts have no control characters, except line breaks in scripts and in reasons."""
    yield from _unprintable(record, "$")


def _unprintable(part: object, place: str) -> Iterator[str]:
    """Yield a line for each text inside `part` that has a control character or a lone surrogate."""
    if isinstance(part, str):
        if not part.isprintable() and (bad := CONTROL.search(part)):
            yield f"{place}: holds the character {bad[0]!r}, expected printable ones"
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _unprintable(key, f"{place}.{key[:40]!r}")
            if not _is_plain(value):
                yield from _unprintable(value, f"{place}.{key[:40]}")
    elif isinstance(part, list):
        if part and not isinstance(part[0], NUMBERS):
            for number, value in enumerate(part):
                if not _is_plain(value):
                    yield from _unprintable(value, f"{place}[{number}]")
    elif not isinstance(part, NUMBERS):
        for name, value in vars(part).items():
            if not _is_plain(value):
                yield from _unprintable(value, f"{place}.{name}")


def _is_plain(value: object) -> bool:
    """Return whether a value is a number, nothing, or a text of printable characters, as nearly all in a record are."""
    return isinstance(value, NUMBERS) or (isinstance(value, str) and value.isprintable())


CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than the tabulator and the line feed, and halves of surrogate pairs."""

NUMBERS = (int, float, type(None))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:99]}…"


RULES = (
    unique,
    references,
    date,
    machine,
    workloads,
    command,
    settings,
    commit,
    versions,
    releases,
    plan,
    thread_variables,
    texts,
)
