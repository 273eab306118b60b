"""Check JSON against types: an error message gives the place of the first mismatch, in one line."""

import functools
import textwrap
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, from_json, to_json

T = TypeVar("T")


def plain_json(text: str | bytes) -> Any:
    """Return the content of a JSON text. Raises ValueError if it is not JSON or has a number that is not finite."""
    return from_json(text, allow_inf_nan=False)


def checked(types: TypeAdapter[T], content: Any) -> T:
    """Return the content of a JSON text as `types`; every key must be present, also those of fields with a default.

    Raises ValueError, with one line that says where, what was expected and what came.
    """
    try:
        found: T = _validator(types).validate_json(to_json(content))
    except ValidationError as error:
        raise ValueError(_first(error)) from None
    return found


def valid(types: TypeAdapter[T], text: str | bytes) -> T | None:
    """Return the content of a JSON text as `types`, in one pass over the text; None if `checked` would refuse it."""
    try:
        found: T = _validator(types).validate_json(text)
    except ValidationError:
        return None
    return found


@functools.cache
def _validator(types: TypeAdapter[Any]) -> SchemaValidator:
    """Return the validator of `types` that requires every key, also those of fields with a default."""
    return SchemaValidator(_without_defaults(types.core_schema))


def _without_defaults(schema: Any) -> Any:
    """Return a core schema of pydantic, or a part of one, without the default values in it."""
    if isinstance(schema, list):
        return [_without_defaults(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "default":
        return _without_defaults(schema["schema"])
    return {key: _without_defaults(part) for key, part in schema.items()}


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
