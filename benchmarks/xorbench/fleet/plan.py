"""The plan of a comparison whose parts are measured on several hosts: a JSON file that decides all of them."""

import hashlib
import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import Field, TypeAdapter

from xorbench import environment
from xorbench.contract import Implementation, discover
from xorbench.contract.implementation import UNREADABLE_SHA256
from xorbench.record import checking, store
from xorbench.record.parts import Many, MaxLen, MinLen, Part, Text
from xorbench.record.timing import Sha256
from xorbench.suite.about import harness_sha256

Kind = Literal["run", "sweep", "gradients"]

NAME = "plan.json"
"""The name of the file of a plan in a folder of one call, and that of a new plan for which no other name is given."""

SHORT = 12
"""The number of digits of a SHA-256 that a message or the name of a file has."""

LONGEST_FILE = 2**20
"""The most characters of a file that travels with a plan."""

OF_THE_JUDGE = ("numpy", "python-flint")
"""The distributions with which true gradients are computed."""

Option = Annotated[str, Field(pattern=r"^--[a-z][a-z-]*(=[^\n]*)?$", max_length=1_000)]

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=200)]
"""The name of a file that travels with a plan, without a folder."""


@dataclass(frozen=True)
class PlannedPart(Part):
    """A part of a plan, which one host measures as a whole: its units, and the estimated seconds.

    A unit is a workload of a run, a curve of a sweep, or a range of points of a judgement of gradients.
    """

    units: Annotated[list[Text], MinLen(1), Many]
    seconds: Annotated[float, Ge(0)]


@dataclass(frozen=True)
class FleetPlan(Part):
    """A plan: a command, what decides its result, and its parts.

    `arguments` are the options of the one command that would measure everything, each as --name=value or --name. The
    `implementations` are named in their order there; here they have the SHA-256 of their texts. `files` are the texts
    of those that were given by --with, and of their further sources, by file name. `versions` are those of Python, of
    libraries and of compilers that every host must have.
    """

    kind: Kind
    arguments: Annotated[list[Option], Many]
    harness_sha256: Sha256
    implementations: Annotated[dict[Text, Sha256], MinLen(1), Many]
    files: dict[FileName, Annotated[str, MaxLen(LONGEST_FILE)]]
    versions: dict[Text, Text]
    parts: Annotated[list[PlannedPart], MinLen(1), Many]

    @property
    def sha256(self) -> str:
        """The SHA-256 of the canonical JSON, which the record of every part has."""
        text = json.dumps(_TYPES.dump_python(self), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def call_sha256(self) -> str:
        """The SHA-256 of the plan without its parts, which depend on the number of hosts."""
        return replace(self, parts=[]).sha256

    def values(self, option: str) -> list[str]:
        """Return the values of an option in the order of the arguments; [] if it is not given."""
        start = f"--{option}="
        return [argument.removeprefix(start) for argument in self.arguments if argument.startswith(start)]

    def value(self, option: str) -> str:
        """Return the value of an option. Raises ValueError, with one line, unless it is given once."""
        found = self.values(option)
        if len(found) != 1:
            raise ValueError(f"$.arguments: --{option} is there {len(found)} times, expected once")
        return found[0]

    def number(self, option: str, least: int = 1) -> int:
        """Return the value of an option that is a whole number. Raises ValueError, with one line, if it is none."""
        text = self.value(option)
        if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < least:
            raise ValueError(
                f"$.arguments: --{option}={text}, expected a whole number of at least {least} and at most 18 digits"
            )
        return int(text)

    def named(self, number: int) -> str:
        """Return what the part with this number is called, such as "2/3"."""
        return f"{number}/{len(self.parts)}"


_TYPES: TypeAdapter[FleetPlan] = TypeAdapter(FleetPlan)


def parsed(text: str | bytes) -> FleetPlan:
    """Return the plan in a JSON text. Raises ValueError, with one line that says where and what was expected."""
    from xorbench.fleet import units  # imported here, because it needs the type

    plan = checking.checked(_TYPES, checking.plain_json(text))
    units.check(plan)
    return plan


def read(path: Path) -> FleetPlan:
    """Return the plan in a file. Raises ValueError, with one line, if it can't be read or is not a plan."""
    try:
        return parsed(checking.bounded(path))
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ValueError(f"{path} is not a plan: {checking.one_line(str(error))}") from None


def write(plan: FleetPlan, path: Path) -> None:
    """Write a plan to a file by one atomic move. Raises ValueError if it is invalid, and OSError."""
    store.write_whole(path, text_of(plan))


def text_of(plan: FleetPlan) -> str:
    """Return the JSON text of a plan. Raises ValueError if it is invalid."""
    text = json.dumps(_TYPES.dump_python(plan), indent=1, allow_nan=False) + "\n"
    parsed(text)
    return text


def place(plan: FleetPlan, folder: Path) -> Path:
    """Return the path of the copy of a plan in a folder of its parts."""
    return folder / f"plan-{plan.sha256[:SHORT]}.json"


def implementations(plan: FleetPlan, folder: Path) -> list[Implementation]:
    """Return the implementations of a plan in their order; the files that travel with it are written to `folder`.

    Raises ValueError, with one line, where one is not there or has another name, and OSError.
    """
    for name, text in plan.files.items():
        (folder / name).write_bytes(text.encode())
    names = plan.values("implementation")
    given = [folder / name for name in plan.files if name.endswith(".py") and Path(name).stem in names]
    found = {i.name: i for i in discover(given)}
    for name in names:
        if name not in found:
            raise ValueError(f"no implementation is named {name} here")
    return [found[name] for name in names]


def versions(chosen: Iterable[Implementation]) -> dict[str, str]:
    """Return the versions of Python, of the judge's libraries, and of all that implementations need, by name."""
    needed = [implementation for implementation in chosen if implementation.usable]
    programs = [name for i in needed for name in (i.framework, i.program) if name]
    found = {d.metadata["Name"]: d.version for d in environment.required([*OF_THE_JUDGE, *programs])}
    others = {name: environment.version_of(name) for name in dict.fromkeys(programs) if not _is_library(name)}
    return {"python": platform.python_version(), **found, **others}


def _is_library(name: str) -> bool:
    return any(True for _ in environment.required([name]))


def drafted(
    kind: Kind, arguments: list[str], chosen: Sequence[Implementation], given: Sequence[Implementation]
) -> FleetPlan:
    """Return a plan that has no parts yet, made on this host of the options of a command, see `FleetPlan`.

    The `chosen` implementations are in the order of the arguments; those that are `given` by --with are among them, and
    their texts travel with the plan. Raises ValueError, with one line, where a name or a text can't travel.
    """
    sha256s = {i.name: i.source_sha256 or UNREADABLE_SHA256 for i in chosen}
    return FleetPlan(kind, arguments, harness_sha256(), sha256s, _texts(given), versions(chosen), parts=[])


def _texts(given: Sequence[Implementation]) -> dict[str, str]:
    """Return the texts of implementations and of their further sources by file name.

    Raises ValueError, with one line, where a name or a text can't travel.
    """
    found: dict[str, str] = {}
    for implementation in given:
        for path in (implementation.path, *(implementation.path.parent / name for name in implementation.sources)):
            try:
                text = path.read_bytes().decode()
            except (OSError, UnicodeDecodeError):
                raise ValueError(f"{path} can't be read as UTF-8") from None
            if path.parent != implementation.path.parent:
                raise ValueError(f"{path} is in another folder than {implementation.path.name}, expected the same")
            if found.setdefault(path.name, text) != text:
                raise ValueError(f"two different files are named {path.name}; rename one")
    return found
