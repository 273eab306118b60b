"""Check JSON against types: an error message gives the place of the first mismatch, in one line."""

import textwrap
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

T = TypeVar("T")


def plain_json(text: str | bytes) -> Any:
    """Return the content of a JSON text. Raises ValueError if it is not JSON or has a number that is not finite."""
    return from_json(text, allow_inf_nan=False)


def checked(types: TypeAdapter[T], content: Any) -> T:
    """Return the content of a JSON text as `types`; every key must be present, also those of fields with a default.

    Raises ValueError, with one line that says where, what was expected and what came.
    """
    try:
        found = types.validate_json(to_json(content))
    except ValidationError as error:
        raise ValueError(_first(error)) from None
    _complete(found, content, "$")
    return found


def _complete(found: Any, content: Any, place: str) -> None:
    """Raise ValueError for the first field of a dataclass whose key is missing."""
    if is_dataclass(found):
        for field in fields(found):
            if field.name not in content:
                raise ValueError(f"{place}.{field.name}: is missing")
            _complete(getattr(found, field.name), content[field.name], f"{place}.{field.name}")
    elif isinstance(found, list) and found and is_dataclass(found[0]):
        for number, (one, of_content) in enumerate(zip(found, content, strict=True)):
            _complete(one, of_content, f"{place}[{number}]")


def _first(error: ValidationError) -> str:
    """Return the message of the error with the shortest place."""
    first = min(error.errors(include_url=False), key=lambda found: len(found["loc"]))
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in first["loc"])
    said = {
        "missing": "is missing",
        "missing_argument": "is missing",
        "unexpected_keyword_argument": "is not a known key",
    }
    given = textwrap.shorten(repr(first["input"]), 100)
    return f"${place}: {said.get(first['type']) or first['msg'] + ', got ' + given}"
