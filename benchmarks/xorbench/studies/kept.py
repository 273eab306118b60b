"""Studies that stay: the JSON of one study, `<folder>/studies/<study>/<machine>-<time>.json`."""

import errno
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from xorbench import environment
from xorbench.record import checking, store
from xorbench.record.parts import Part, Text
from xorbench.record.run import Machine, Timestamp, Versions

Data = dict[str, Any]
"""What a study found, a document for JSON: each study has its own, which its `table_of` reads."""

FOLDER = "studies"
"""Of a folder of records, where its studies lie."""

COMMAND = "python -m xorbench.studies."
"""What a study is run by; data that were kept before the package had this name say `benchmarks` instead."""

_COMMAND = r"^python -m (xorbench|benchmarks)\.studies\.[a-z_]+( |$)"


@dataclass(frozen=True)
class Study(Part):
    """One study: which one, when, by which command, of which commit, on which machine, with which versions.

    `data` is the study's own, a document for JSON, from which its table is rendered.
    """

    study: Annotated[str, Field(pattern=r"^[a-z_]+$", max_length=100)]
    created: Timestamp
    command: Annotated[str, Field(pattern=_COMMAND, max_length=10_000)]
    commit: Text | None
    machine: Machine
    versions: Versions
    data: Data


_TYPES: TypeAdapter[Study] = TypeAdapter(Study)


def begun(name: str, frameworks: Iterable[str], arguments: Iterable[str] = ()) -> Study:
    """A study of this name that begins now and has no data yet; the arguments are those of the process if not given."""
    asked = environment.command(arguments).removeprefix("xorbench")
    versions = environment.versions()["python"]
    return Study(
        study=name,
        created=store.timestamp(),
        command=f"{COMMAND}{name}{asked}",
        commit=environment.commit(),
        machine=environment.machine(),
        versions={"python": versions, **{one: environment.version_of(one) for one in dict.fromkeys(frameworks)}},
        data={},
    )


def path_of(study: Study, folder: Path) -> Path:
    """Where a study belongs in a folder of records."""
    return folder / FOLDER / study.study / f"{study.machine.name}-{study.created.replace(':', '')}.json"


def write(study: Study, folder: Path) -> Path:
    """Check a study and write it, whole or not at all.

    Raises ValueError, OSError; FileExistsError where another one lies there already.
    """
    text = json.dumps(_TYPES.dump_python(study), indent=1, allow_nan=False) + "\n"
    parsed(text)
    path = path_of(study, folder)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise FileExistsError(errno.EEXIST, "another study began in the same second", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    store.write_whole(path, text)
    return path


def read(path: Path) -> Study:
    """A study, checked. Raises OSError; ValueError, in one line that names the file, where it is none."""
    try:
        return parsed(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no study: {error}") from error


def parsed(text: str | bytes) -> Study:
    """Return the study that a text holds. Raises ValueError, in one line that says where and what was expected."""
    found = checking.checked(_TYPES, checking.plain_json(text))
    if "python" not in found.versions:
        raise ValueError("$.versions.python: is missing")
    return found


def holds_one(path: Path) -> bool:
    """Whether a file is meant as a study and not as a record. Raises OSError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return path.absolute().parent.parent.name == FOLDER
    return isinstance(content, dict) and "study" in content


def paths(folder: Path, name: str = "*") -> list[Path]:
    """All studies in a folder of records, or those of one name; oldest first within each machine and name."""
    return sorted((folder / FOLDER).glob(f"{name}/*.json"))


def newest(folder: Path, name: str) -> Study | None:
    """The study of this name that began last, whatever machine it is from. Raises OSError, ValueError."""
    found = (study for study in map(read, paths(folder, name)) if study.study == name)
    return max(found, key=lambda study: study.created, default=None)
