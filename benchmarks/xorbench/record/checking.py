"""Check JSON against types: an error message gives the place of the first mismatch, in one line."""

import errno
import functools
import json
import os
import reprlib
import stat
import textwrap
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import CoreSchema, SchemaValidator, from_json

T = TypeVar("T")

MOST_ERRORS = 10_000
"""The number of faults of a text above which none is told in detail, because each takes a kilobyte of memory."""

MOST_BYTES = 64 * 2**20
"""The largest size of a file that is read: ten times that of a long run of all implementations."""

MOST_PARTS = 500_000
"""The largest number of colons and opening brackets in a text, so of its objects, lists and keys: ten times those of a
long run. Each takes up to 100 times as much memory as its text."""


LONGEST_MESSAGE = 500
"""The number of characters at which a message about a file is cut."""

LONGEST_QUOTED = 100
"""The number of characters at which a value in such a message is cut."""


def bounded(path: Path) -> bytes:
    """Return the content of a file. Raises OSError, and ValueError where it is larger than anything that is written."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MOST_BYTES:
            raise ValueError(f"it has {size:,} bytes, expected at most {MOST_BYTES:,}")
        if not size:  # files of the system seem to be empty, and some of them have no end
            raise ValueError("it is empty")
        text = file.read(size)
    if (parts := sum(map(text.count, (b":", b"[", b"{")))) > MOST_PARTS:
        raise ValueError(f"it has {parts:,} colons and opening brackets, expected at most {MOST_PARTS:,}")
    return text


def opened(path: Path) -> BinaryIO:
    """Return a file that is open for reading. Raises OSError, and ValueError where it is a folder, a device or a pipe.

    Devices and pipes are not opened, because that may take forever, or have an effect.
    """
    if not path.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if path.is_file():
        file = os.fdopen(os.open(path, os.O_RDONLY | _AT_ONCE), "rb")
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return file
        file.close()
    raise ValueError("it is not a file")


_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Flags with which opening a file does not wait, even if it was replaced by a pipe after it was looked at."""


def one_line(text: str) -> str:
    """Return a message in one line of at most LONGEST_MESSAGE characters, because it may quote what is in a file.

    Line breaks and control characters stand there as Python writes them.
    """
    start = text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in start)


def quoted(value: object) -> str:
    """Return a value as Python writes it, cut at LONGEST_QUOTED characters."""
    text = repr(value)
    return text if len(text) <= LONGEST_QUOTED else f"{text[: LONGEST_QUOTED - 1]}…"


def plain_json(text: str | bytes) -> Any:
    """Return the content of a JSON text. Raises ValueError if it is not JSON, as NaN and Infinity are not.

    A number that is too large, such as 1e999, is infinite.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None


def without_repeated_keys(text: str | bytes) -> None:
    """Raise ValueError if an object in a JSON text has a key twice, of which readers take either."""

    def keys_once(pairs: list[tuple[str, object]]) -> None:
        names = [name for name, _ in pairs]
        if len({*names}) < len(names):
            raise ValueError(f"the key {max(names, key=names.count)!r} is twice in one object, expected once")

    json.loads(text, object_pairs_hook=keys_once)


def checked(types: TypeAdapter[T], content: object) -> T:
    """Return plain content, as read from JSON, as `types`; every key must be present, also those with a default.

    Raises ValueError, with one line that says where, what was expected and what came.
    """
    try:
        found: T = _validator(types).validate_python(content)
    except ValidationError as error:
        raise ValueError(one_line(_first(error))) from None
    return found


@functools.cache
def _validator(types: TypeAdapter[T]) -> SchemaValidator:
    """Return the validator of `types` that requires every key, also those of fields with a default.

    It stops at the first error in a list, because each error takes more than a kilobyte of memory.
    """
    return SchemaValidator(cast("CoreSchema", _strict(types.core_schema)))


def _strict(schema: object) -> object:
    """Return a core schema of pydantic, or a part of one, without default values, and whose lists fail fast.

    A dataclass may be given as a dictionary; its fields stay strict.
    """
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "default":
        return _strict(schema["schema"])
    changes = {"list": {"fail_fast": True}, "dataclass": {"strict": False}}.get(str(schema.get("type")), {})
    return {key: _strict(part) for key, part in schema.items()} | changes


def _first(error: ValidationError) -> str:
    """Return the message of the error with the shortest place."""
    if (count := error.error_count()) > MOST_ERRORS:
        return f"$: {count:,} faults, for instance unknown keys"
    first = min(error.errors(include_url=False), key=lambda found: len(found["loc"]))
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in first["loc"])
    said = {
        "missing": "is missing",
        "missing_argument": "is missing",
        "unexpected_keyword_argument": "is not a known key",
    }
    given = textwrap.shorten(reprlib.repr(first["input"]), 100)
    return f"${place}: {said.get(first['type']) or first['msg'] + ', got ' + given}"
