"""Studies that stay: the JSON of one study, `<folder>/studies/<study>/<machine>-<time>.json`."""

import errno
import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import jsonschema_rs

from xorbench import environment, records

FOLDER = "studies"
"""Of a folder of records, where its studies lie."""

COMMAND = "python -m xorbench.studies."
"""What a study is run by; data that were kept before the package had this name say `benchmarks` instead."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["study", "created", "command", "commit", "machine", "versions", "data"],
    "additionalProperties": False,
    "properties": {
        "study": {"type": "string", "pattern": "^[a-z_]+$"},
        "created": records.SCHEMA["properties"]["created"],
        "command": {"type": "string", "pattern": r"^python -m (xorbench|benchmarks)\.studies\.[a-z_]+( |$)"},
        "commit": {"type": ["string", "null"]},
        "machine": records.SCHEMA["properties"]["machine"],
        "versions": {"type": "object", "required": ["python"], "additionalProperties": {"type": "string"}},
        "data": {"type": "object"},
    },
}

_VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


@dataclass(frozen=True)
class Study:
    """One study: which one, when, by which command, of which commit, on which machine, with which versions.

    `data` is the study's own, a document for JSON, from which its table is rendered.
    """

    study: str
    created: str
    command: str
    commit: str | None
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    data: Mapping[str, Any]


def begun(name: str, frameworks: Iterable[str], arguments: Iterable[str] = ()) -> Study:
    """A study of this name that begins now and has no data yet; the arguments are those of the process if not given."""
    asked = environment.command(arguments).removeprefix("xorbench")
    versions = environment.versions()["python"]
    return Study(
        study=name,
        created=records.timestamp(),
        command=f"{COMMAND}{name}{asked}",
        commit=environment.commit(),
        machine=environment.machine(),
        versions={"python": versions, **{one: environment.version_of(one) for one in dict.fromkeys(frameworks)}},
        data={},
    )


def path_of(study: Study, folder: Path) -> Path:
    """Where a study belongs in a folder of records."""
    return folder / FOLDER / study.study / f"{study.machine['name']}-{study.created.replace(':', '')}.json"


def write(study: Study, folder: Path) -> Path:
    """Check a study and write it, whole or not at all.

    Raises ValueError, OSError; FileExistsError where another one lies there already.
    """
    content = asdict(study)
    _check(content)
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    path = path_of(study, folder)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise FileExistsError(errno.EEXIST, "another study began in the same second", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    records.write_whole(path, text)
    return path


def read(path: Path) -> Study:
    """A study, checked. Raises OSError; ValueError, in one line that names the file, where it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        _check(content)
    except ValueError as error:
        raise ValueError(f"{path} is no study: {error}") from error
    return Study(**content)


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


def _check(content: Any) -> None:
    """Raises ValueError, in one line."""
    if _VALIDATOR.is_valid(content):
        return
    error = min(_VALIDATOR.iter_errors(content), key=lambda error: len(error.instance_path))
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
    raise ValueError(f"${place}: {textwrap.shorten(error.message, 300)}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
