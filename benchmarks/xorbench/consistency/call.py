"""Rules on how the suite was called: command, settings, environment variables and plan."""

import shlex
from collections.abc import Iterator, Sequence

from xorbench.environment import ONE_THREAD
from xorbench.record.checking import quoted
from xorbench.record.run import Record
from xorbench.record.settings import CONFIDENCE

MOST_CPUS = 8192
"""The most CPUs that Linux supports."""

COMMANDS = ("run", "sweep", "history", "count")
"""The commands whose options are among the settings of the record that they write."""


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
        yield f"$.command: {quoted(record.command)}, expected one call of xorbench without other commands"
    elif words[0] == "xorbench" and record.part is None and ("--quick" in words) != record.settings.quick:
        yield f"$.settings.quick: {record.settings.quick}, but the command is {quoted(record.command)}"
    elif words[:1] == ["xorbench"] and record.part is None and words[1:2] not in ([], [record.kind]):
        yield f"$.kind: {record.kind!r}, but the command is {quoted(record.command)}"
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
            yield f"$.settings: {found} by {option}, but the command is {quoted(record.command)}"
    if "--seed" not in given and settings.seed:
        yield f"$.settings.seed: {settings.seed}, but the command is {quoted(record.command)}"


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
            yield f"$.environment.variables.{name}: {quoted(value)}, expected {record.settings.threads}"


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


RULES = (
    command,
    settings,
    thread_variables,
    plan,
)
