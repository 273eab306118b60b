"""Read and write records: the JSON of one run, `<folder>/<machine>/<time>.json`, checked against its types.

Records are only ever added; but the whole one of a sweep takes the place of its own, interrupted one. Everything
published is computed from them again.
"""

import errno
import hashlib
import json
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from xorbench.record import checking
from xorbench.record.older import upgraded
from xorbench.record.run import Record
from xorbench.record.timing import SERIES

SCHEMA = Path(__file__).parent / "record.schema.json"
"""The JSON schema of a record, for other programs; it is generated from the types."""

_TYPES: TypeAdapter[Record] = TypeAdapter(Record)


def schema() -> str:
    """Return the JSON schema of a record, generated from its types."""
    return json.dumps(_TYPES.json_schema(mode="serialization"), indent=1) + "\n"


def timestamp() -> str:
    """Return the time now, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def path_of(record: Record, folder: Path) -> Path:
    """Return where a record belongs in a folder of records."""
    return folder / record.machine.name / f"{record.created.replace(':', '')}.json"


def parsed(text: str | bytes) -> Record:
    """Return the record that a text holds, of this schema version or an older one, which is upgraded.

    Raises ValueError, in one line that says where, what was expected and what came.
    """
    content = checking.plain_json(text)
    try:
        content = upgraded(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is not of the schema that it names: {type(error).__name__} {error}") from error
    record = checking.checked(_TYPES, content)
    _check_lengths(record)
    _check_versions(record)
    return record


def as_json(record: Record) -> dict[str, Any]:
    """Return a record as JSON's types, in the order of its fields."""
    content: dict[str, Any] = _TYPES.dump_python(record)
    return content


def as_text(record: Record) -> str:
    """Return a record as the text of its file. Raises ValueError where a number is not finite."""
    return _one_line_a_series(json.dumps(as_json(record), indent=1, allow_nan=False)) + "\n"


def _check_lengths(record: Record) -> None:
    """What types can't say: the series of all rows of a workload in one launch have one length."""
    expected: dict[tuple[int, str], int] = {}
    for number, timing in enumerate(record.timings):
        rounds = expected.setdefault((timing.launch, timing.workload), len(timing.epochs))
        for name in SERIES:
            if len(getattr(timing, name)) != rounds:
                raise ValueError(f"$.timings[{number}].{name}: {len(getattr(timing, name))} rounds, expected {rounds}")


def _check_versions(record: Record) -> None:
    """What types can't say: Python's version is known of every environment."""
    environment = record.environment
    others = {f"others.{label}": versions for label, versions in environment.others.items()}
    for place, versions in {"versions": environment.versions, **others}.items():
        if "python" not in versions:
            raise ValueError(f"$.environment.{place}.python: is missing")


def write(record: Record, folder: Path) -> Path:
    """Check the record and write it, whole or not at all. Raises ValueError, OSError.

    FileExistsError where that of another run lies there already.
    """
    text = as_text(record)
    parsed(text)
    path = path_of(record, folder)
    if path.exists() and not (there := read(path)).partial and there != record:
        raise FileExistsError(errno.EEXIST, "another run began in the same second", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return path


def read(path: Path) -> Record:
    """Return a record, checked. Raises OSError; ValueError, in one line that names the file, where it is none."""
    try:
        return parsed(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no record: {error}") from error


def paths(folder: Path) -> list[Path]:
    """Return all records in a folder of machines, oldest first within each machine."""
    return sorted(folder.glob("*/*.json"))


def digest(path: Path) -> str:
    """Return the SHA-256 of a record's file: whatever is changed in it, it is another."""
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
