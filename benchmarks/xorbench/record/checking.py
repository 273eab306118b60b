"""Text that is checked as types when it is read: JSON that is anything else is named by place, in one line."""

import textwrap
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

T = TypeVar("T")


def plain_json(text: str | bytes) -> Any:
    """Return what a JSON text holds. Raises ValueError where it is none, or holds a number that is not finite."""
    return from_json(text, allow_inf_nan=False)


def checked(types: TypeAdapter[T], content: Any) -> T:
    """Return what a JSON text holds as these types; every key of a type must be there, those with a default too.

    Raises ValueError, in one line: where, what is expected, what came.
    """
    try:
        found = types.validate_json(to_json(content))
    except ValidationError as error:
        raise ValueError(_first(error)) from None
    _complete(found, content, "$")
    return found


def _complete(found: Any, content: Any, place: str) -> None:
    """Raises ValueError for the first field of a dataclass that stands under no key."""
    if is_dataclass(found):
        for field in fields(found):
            if field.name not in content:
                raise ValueError(f"{place}.{field.name}: is missing")
            _complete(getattr(found, field.name), content[field.name], f"{place}.{field.name}")
    elif isinstance(found, list) and found and is_dataclass(found[0]):
        for number, (one, of_content) in enumerate(zip(found, content, strict=True)):
            _complete(one, of_content, f"{place}[{number}]")


def _first(error: ValidationError) -> str:
    """The complaint about the shortest place."""
    first = min(error.errors(include_url=False), key=lambda found: len(found["loc"]))
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in first["loc"])
    said = {"missing": "is missing", "missing_argument": "is missing", "unexpected_keyword_argument": "is no key here"}
    given = textwrap.shorten(repr(first["input"]), 100)
    return f"${place}: {said.get(first['type']) or first['msg'] + ', got ' + given}"
