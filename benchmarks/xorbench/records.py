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
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import jsonschema_rs

SCHEMA = json.loads((Path(__file__).parent / "record.schema.json").read_text())

NEWEST = 5
"""The version of the schema that is written; older ones are read."""

SERIES = (
    "epochs",
    "round_nanoseconds",
    "cpu_nanoseconds",
    "waited_nanoseconds",
    "positions",
    "involuntary_switches",
)
"""What a timing has of each round."""

T = TypeVar("T")

Record = dict[str, Any]


class Finished(dict[str, Any]):
    """A record that will not be changed any more, so that what was computed from it may be kept in `computed`."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.computed: dict[Hashable, Any] = {}


def finished(record: Record) -> Record:
    """The record as one that will not be changed any more."""
    return Finished(record)


def computed(record: Record, key: Hashable, compute: Callable[[], T]) -> T:
    """What `compute` returns; of a record that will not be changed any more it is computed once for each key."""
    if not isinstance(record, Finished):
        return compute()
    if key not in record.computed:
        record.computed[key] = compute()
    found: T = record.computed[key]
    return found


_VALIDATOR = jsonschema_rs.validator_for(SCHEMA)  # compiled: a record holds hundreds of thousands of numbers


def timestamp() -> str:
    """The time now, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def path_of(record: Record, folder: Path) -> Path:
    """Where a record belongs."""
    return folder / str(record["machine"]["name"]) / f"{record['created'].replace(':', '')}.json"


def check(record: Record) -> None:
    """Hold a record against the schema. Raises ValueError, in one line, where it breaks it.

    What a schema can't say: the series of all rows of a workload in one launch have one length.
    """
    if _VALIDATOR.is_valid(record):
        _check_lengths(record)
        return
    error = min(_VALIDATOR.iter_errors(record), key=lambda error: len(error.instance_path))
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
    raise ValueError(f"${place}: {textwrap.shorten(error.message, 300)}")


def _check_lengths(record: Record) -> None:
    expected: dict[tuple[int, str], int] = {}
    for number, timing in enumerate(record["timings"]):
        rounds = expected.setdefault((timing["launch"], timing["workload"]), len(timing["epochs"]))
        for name in SERIES:
            if len(timing[name]) != rounds:
                raise ValueError(f"$.timings[{number}].{name}: {len(timing[name])} rounds, expected {rounds}")


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
        record = upgraded(json.loads(path.read_text(encoding="utf-8")))
        check(record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no record: {error}") from error
    return finished(record)


def upgraded(record: Any) -> Any:
    """A record of schema 4 as one of schema 5; anything else as it is.

    The rounds of schema 4 were timed by wall time and all of one length: their CPU time is not known, and their ends
    were compared but not kept.
    """
    if not isinstance(record, dict) or record.get("schema") != 4:
        return record
    return record | {
        "schema": 5,
        "kind": "sweep" if record.get("settings", {}).get("sweep") else "run",
        "resumed": False,
        "plan_sha256": None,
        "part": None,
        "timings": [_upgraded_timing(timing) for timing in record.get("timings", [])],
    }


def _upgraded_timing(timing: dict[str, Any]) -> dict[str, Any]:
    rounds = len(timing["round_nanoseconds"])
    epochs = timing["epochs_per_round"]
    kept = {name: value for name, value in timing.items() if name != "epochs_per_round"}
    ledger = {name: value for name, value in timing["ledger"].items() if name not in ("late", "off_trajectory")}
    return kept | {
        "measure": "epoch",
        "epochs": [epochs] * rounds,
        "cpu_nanoseconds": [None] * rounds,
        "ledger": ledger | {"late_nanoseconds": None},
        "usage": None,
        "ends": [],
        "compared_rounds": 0,
    }


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
