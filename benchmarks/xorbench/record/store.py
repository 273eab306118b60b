"""Read and write records: the JSON of one run, `<folder>/<machine>/<time>.json`, checked against its types.

Records are only added, except that the complete record of a run replaces the partial one of the same run.
Everything published is computed from records.
"""

import errno
import hashlib
import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from xorbench.record import checking
from xorbench.record.older import upgraded
from xorbench.record.run import Record
from xorbench.record.timing import SERIES, Timing

SCHEMA = Path(__file__).parent / "record.schema.json"
"""The JSON schema of a record, for other programs; it is generated from the types."""

_TYPES: TypeAdapter[Record] = TypeAdapter(Record)


def schema() -> str:
    """Return the JSON schema of a record, generated from its types."""
    return json.dumps(_TYPES.json_schema(mode="serialization"), indent=1) + "\n"


def timestamp() -> str:
    """Return the current time in UTC, to the second."""
    return datetime.now(UTC).strftime(_TIME)


_TIME = "%Y-%m-%dT%H:%M:%SZ"


def path_of(record: Record, folder: Path) -> Path:
    """Return the path of a record in a folder of records."""
    return folder / record.machine.name / f"{record.created.replace(':', '')}.json"


def parsed(text: str | bytes) -> Record:
    """Return the record in a JSON text, checked; a record of an older schema version is upgraded first.

    Raises ValueError, with one line that says where, what was expected and what came.
    """
    return of_json(checking.plain_json(text))


def of_json(content: object) -> Record:
    """Return the record in a JSON document, checked; a record of an older schema version is upgraded first.

    `content` is as it was read from JSON; it is not changed. Raises ValueError as `parsed` does.
    """
    try:
        content = upgraded(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"it does not match the schema version that it states: {type(error).__name__} {error}"
        ) from error
    record = checking.checked(_TYPES, content)
    _check_lengths(record)
    _check_versions(record)
    return record


def as_json(record: Record) -> dict[str, Any]:
    """Return a record as dictionaries, lists and plain values, in the order of its fields."""
    content: dict[str, Any] = _TYPES.dump_python(record)
    return content


def as_text(record: Record) -> str:
    """Return a record as the JSON text of its file. Raises ValueError if a number is not finite."""
    return _one_line_a_series(json.dumps(as_json(record), indent=1, allow_nan=False)) + "\n"


def _check_lengths(record: Record) -> None:
    """Raise ValueError if the series of one workload in one launch differ in length, which types cannot express."""
    expected: dict[tuple[int, str], int] = {}
    for number, timing in enumerate(record.timings):
        rounds = expected.setdefault((timing.launch, timing.workload), len(timing.epochs))
        for name in SERIES:
            if len(getattr(timing, name)) != rounds:
                raise ValueError(f"$.timings[{number}].{name}: {len(getattr(timing, name))} rounds, expected {rounds}")


def _check_versions(record: Record) -> None:
    """Raise ValueError if an environment lacks the version of Python, which types cannot express."""
    environment = record.environment
    others = {f"others.{label}": versions for label, versions in environment.others.items()}
    for place, versions in {"versions": environment.versions, **others}.items():
        if "python" not in versions:
            raise ValueError(f"$.environment.{place}.python: is missing")


def write(record: Record, folder: Path, instead: Path | None = None) -> Path:
    """Check a record, write it into `folder`, completely or not at all, and return its path.

    A partial record is replaced by one that holds all its timings, as the complete one of the same run does. Where
    another run began in the same second, the record gets the next free one, because machine and time identify it.

    The file `instead`, which holds less of the same, may be replaced, too.

    Raises ValueError if the record is invalid, and OSError if it cannot be written.
    """
    while True:
        text, path = as_text(record), path_of(record, folder)
        parsed(text)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_whole(path, text, new=path != instead and not _superseded(path, record))
            return path
        except FileExistsError:
            record = replace(record, created=next_second(record.created))


def _superseded(path: Path, by: Record) -> bool:
    """Return whether there is a partial record in a file of which `by` holds all timings, or `by` itself."""
    try:
        there = read(path)
    except (OSError, ValueError):
        return False
    timings = {_row(one): one for one in by.timings}
    kept = (timings.get(_row(one)) == one for one in there.timings)
    return there == by or (there.partial and all(kept))


def _row(timing: Timing) -> tuple[int, str, str, bool, str]:
    return timing.launch, timing.workload, timing.implementation, timing.copy, timing.measure


def next_second(created: str) -> str:
    """Return the time one second after a time as `timestamp` returns it."""
    return (datetime.fromisoformat(created) + timedelta(seconds=1)).strftime(_TIME)


def read(path: Path) -> Record:
    """Return the record in a file, checked. Raises OSError, and ValueError, with one line, if it is not a record."""
    try:
        return parsed(checking.bounded(path))
    except ValueError as error:
        raise ValueError(f"{path} is not a record: {checking.one_line(str(error))}") from error


def paths(folder: Path) -> list[Path]:
    """Return the paths of all records in a folder of machines, oldest first within each machine."""
    return sorted(folder.glob("*/*.json"))


def of_newest_machine(folder: Path) -> list[Path]:
    """Return the paths of all records of the machine of the newest record in a folder; empty if there is no record."""
    every = paths(folder)
    newest = max(every, key=lambda path: path.name, default=folder)
    return [path for path in every if path.parent == newest.parent]


def digest(path: Path) -> str:
    """Return the SHA-256 of the file of a record; any change of the file changes it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _one_line_a_series(text: str) -> str:
    """Return indented JSON with each list of bare numbers on one line."""
    return re.sub(r"\[\s+([-\d.,e+\s]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)


def write_whole(path: Path, text: str, new: bool = False) -> None:
    """Write `text` to a file by one atomic move, so that no reader ever sees a part of it.

    A `new` file is on the disk when this returns. Raises OSError; FileExistsError if such a file is there already.
    """
    try:
        if not (new and _written_without_a_name(path, text)):
            _write_and_move(path, text, new)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk does not say which file it had no room for
        raise


def _written_without_a_name(path: Path, text: str) -> bool:
    """Write a file that gets its name when it is complete, so that nothing is left of it if this process is killed.

    Returns False where the system cannot do this.
    """
    if (handle := _without_a_name(path.parent)) is None:
        return False
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fchmod(handle, 0o644)
        os.fsync(handle)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.link(f"/proc/self/fd/{handle}", path.name, dst_dir_fd=folder)
        except OSError as error:
            _must_be_new(path, error)
            return False
        finally:
            os.close(folder)
    return True


def _without_a_name(folder: Path) -> int | None:
    """Return a new open file in a folder that has no name; None where the system has none such."""
    if hasattr(os, "O_TMPFILE"):
        with suppress(OSError):
            return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    return None


def _write_and_move(path: Path, text: str, new: bool) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            if new:
                file.flush()
                os.fsync(file.fileno())
        Path(name).chmod(0o644)
        if not new or not _linked(path, Path(name)):
            Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _linked(path: Path, to: Path) -> bool:
    """Make `path` another name of a file, and return whether the file system can do this.

    Raises FileExistsError if there is a file of this name.
    """
    try:
        path.hardlink_to(to)
    except OSError as error:
        _must_be_new(path, error)
        return False
    return True


def _must_be_new(path: Path, error: OSError) -> None:
    """Raise FileExistsError where a file did not get its name because there is one of this name."""
    if isinstance(error, FileExistsError) or path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
