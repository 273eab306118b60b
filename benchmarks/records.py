"""Read and write records: the JSON of one run, `<folder>/<machine>/<time>.json`, checked against record.schema.json.

Records are only ever added; but the whole one of a sweep takes the place of its own, interrupted one. Everything
published is computed from them again.
"""

import errno
import hashlib
import json
import os
import re
import tempfile
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs

FOLDER = Path(__file__).parent.parent / "results"
SCHEMA = json.loads((Path(__file__).parent / "record.schema.json").read_text())

Record = dict[str, Any]

_VALIDATOR = jsonschema_rs.validator_for(SCHEMA)  # compiled: a record holds hundreds of thousands of numbers


def timestamp() -> str:
    """The time now, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def path_of(record: Record, folder: Path) -> Path:
    """Where a record belongs."""
    return folder / str(record["machine"]["name"]) / f"{record['created'].replace(':', '')}.json"


def check(record: Record) -> None:
    """Hold a record against the schema. Raises ValueError, in one line, where it breaks it."""
    if _VALIDATOR.is_valid(record):
        return
    error = min(_VALIDATOR.iter_errors(record), key=lambda error: len(error.instance_path))
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
    raise ValueError(f"${place}: {textwrap.shorten(error.message, 300)}")


def write(record: Record, folder: Path) -> Path:
    """Check the record and write it, whole or not at all. Raises ValueError, OSError.

    FileExistsError where that of another run lies there already.
    """
    check(record)
    path = path_of(record, folder)
    if path.exists() and not (there := read(path))["partial"] and there != record:
        raise FileExistsError(errno.EEXIST, "another run began in the same second", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _one_line_a_series(json.dumps(record, indent=1, allow_nan=False)) + "\n")
    return path


def read(path: Path) -> Record:
    """A record, checked. Raises OSError; ValueError, in one line that names the file, where it is none."""
    try:
        record: Record = json.loads(path.read_text(encoding="utf-8"))
        check(record)
    except ValueError as error:
        raise ValueError(f"{path} is no record: {error}") from error
    return record


def paths(folder: Path) -> list[Path]:
    """All records in a folder of machines, oldest first within each machine."""
    return sorted(folder.glob("*/*.json"))


def digest(path: Path) -> str:
    """The SHA-256 of a record's file: whatever is changed in it, it is another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _one_line_a_series(text: str) -> str:
    """Indented JSON with each list of bare numbers on one line."""
    return re.sub(r"\[\s+([-\d.,e+\s]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one move, so that nobody ever sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
