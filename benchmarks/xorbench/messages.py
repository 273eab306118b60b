"""The validation of messages from a process that runs an implementation, which is not trusted."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

A = TypeVar("A")


class Message(BaseModel):
    """The base class of messages: unknown keys are refused, types are strict, numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def validated(adapter: TypeAdapter[A], text: bytes | str) -> A:
    """Return what the JSON document `text` holds. Raises ValueError, in one line, where it is not what is expected."""
    try:
        return adapter.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        raise ValueError(f"{place}: {first['msg']}") from None
