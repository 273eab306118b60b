"""Stored studies: one JSON file per study, `<folder>/studies/<study>/<machine>-<time>.json`."""

import json
import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from xorbench.record import checking, store
from xorbench.record.parts import Part, Text
from xorbench.record.run import Machine, Timestamp, Versions

Data = dict[str, Any]
"""The data of a study as a JSON document; each study has its own format, which its `table_of` reads."""

AFTER = "after"
"""The key of the data of a study that was continued: time and commit of each earlier part, in turn.

A commit that is not known is null.
"""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
FOLDER = "studies"
"""The name of the folder of studies inside a folder of records."""

COMMAND = "python -m xorbench.studies."
"""The beginning of the command of a study; in studies stored under an older package name it has `benchmarks`."""

_COMMAND = r"^python -m (xorbench|benchmarks)\.studies\.[a-z_]+( |$)"


@dataclass(frozen=True)
class Study(Part):
    """A study: its name, time, command, commit, machine, versions and data.

    `data` is a JSON document in the format of the study, from which its table is rendered.
    """

    study: Annotated[str, Field(pattern=r"^[a-z_]+$", max_length=100)]
    created: Timestamp
    command: Annotated[str, Field(pattern=_COMMAND, max_length=10_000)]
    commit: Text | None
    machine: Machine
    versions: Versions
    data: Data


_TYPES: TypeAdapter[Study] = TypeAdapter(Study)


def path_of(study: Study, folder: Path) -> Path:
    """Return the path of `study` in the folder of records `folder`."""
    return folder / FOLDER / study.study / f"{study.machine.name}-{study.created.replace(':', '')}.json"


def write(study: Study, folder: Path) -> Path:
    """Check a study, write it atomically and return its path.

    Where another study of this name began in the same second, the study gets the next free one. Raises ValueError if
    the study is invalid, and OSError.
    """
    while True:
        text, path = json.dumps(_TYPES.dump_python(study), indent=1, allow_nan=False) + "\n", path_of(study, folder)
        parsed(text)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            store.write_whole(path, text, new=True)
            return path
        except FileExistsError:
            if path.read_text(encoding="utf-8", errors="replace") == text:
                return path
            study = replace(study, created=store.next_second(study.created))


def read(path: Path) -> Study:
    """Return the study in a file, checked. Raises OSError; ValueError, in one line with the path, if it is invalid."""
    try:
        return parsed(checking.bounded(path))
    except ValueError as error:
        raise ValueError(f"{path} is not a study: {error}") from error


def parsed(text: str | bytes) -> Study:
    """Return the study in a JSON text. Raises ValueError, in one line that says where and what was expected."""
    found = checking.checked(_TYPES, checking.plain_json(text))
    json.dumps(found.data, allow_nan=False)  # a number such as 1e999 is read as infinite
    if "python" not in found.versions:
        raise ValueError("$.versions.python: is missing")
    for complaint in (*_unprintable(found), *_faults_of_after(found.data.get(AFTER, []))):
        raise ValueError(checking.one_line(complaint))
    return found


def _unprintable(study: Study) -> Iterator[str]:
    """Yield which texts, each of which is shown in one line, hold a character that is not printable.

    Such characters are line breaks, control characters, and those that change the direction of the text after them.
    """
    machine = {f"machine.{name}": text for name, text in vars(study.machine).items() if isinstance(text, str)}
    versions = {f"versions.{name[:40]!r}": name + version for name, version in study.versions.items()}
    texts = {name: getattr(study, name) for name in ("study", "created", "command", "commit")} | machine | versions
    for place, text in texts.items():
        if text and not text.isprintable():
            character = next(each for each in text if not each.isprintable())
            yield f"$.{place}: holds the character {character!r}, expected printable ones in one line"


def _faults_of_after(after: object) -> Iterator[str]:
    """Yield why the value of AFTER is not a list with a time and a commit, or null, of each earlier part."""
    if not isinstance(after, list) or len(after) % 2:
        got = f"a list of {len(after)}" if isinstance(after, list) else reprlib.repr(after)
        yield f"$.data.{AFTER}: expected a list with a time and a commit, or null, of each earlier part, got {got}"
        return
    for number, one in enumerate(after):
        if number % 2:
            expected, fits = "a commit or null", one is None or (isinstance(one, str) and one.isprintable())
        else:
            expected, fits = "a time such as 2026-01-02T03:04:05Z", isinstance(one, str) and bool(_TIME.fullmatch(one))
        if not fits:
            yield f"$.data.{AFTER}[{number}]: expected {expected}, got {reprlib.repr(one)}"


def holds_one(path: Path) -> bool:
    """Return whether a file is meant as a study, not as a record; by its folder if it is not JSON. Raises OSError."""
    try:
        content = checking.plain_json(checking.bounded(path))
    except ValueError:
        return path.absolute().parent.parent.name == FOLDER
    return isinstance(content, dict) and "study" in content


def paths(folder: Path) -> list[Path]:
    """Return the files of all studies in a folder of records, sorted by path."""
    return sorted((folder / FOLDER).glob("*/*.json"))
