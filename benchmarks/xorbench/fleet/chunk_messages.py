"""The messages between a process that judges chunks of points and the process that started it."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from xorbench.judging.chunks import Chunk
from xorbench.messages import Message, validated
from xorbench.record.parts import Text

LONGEST = 2**26
"""The most bytes of a message."""


class Asked(Message):
    """A request to judge a chunk, and the implementations that are not called any more in it, each with the reason."""

    chunk: Chunk
    lost: dict[Text, Text] = Field(default_factory=dict)


class Ready(Message):
    """The message of the process that it is ready for chunks."""

    says: Literal["ready"]


class Doing(Message):
    """The message of the process that it calls an implementation now; with an empty name, that it calls none."""

    says: Literal["doing"]
    what: Text


class Answered(Message):
    """The result of a chunk, as the JSON document of `chunks.as_json`, and the seconds and CPU seconds that it took."""

    says: Literal["found"]
    found: str
    seconds: float
    cpu_seconds: float


class Failed(Message):
    """The message of the process that the harness failed, with the reason in one line."""

    says: Literal["failed"]
    reason: Text


ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)

_ANSWER: TypeAdapter[Ready | Doing | Answered | Failed] = TypeAdapter(
    Annotated[Ready | Doing | Answered | Failed, Field(discriminator="says")]
)


def answer(text: bytes) -> Ready | Doing | Answered | Failed:
    """Return a message of the process, validated. Raises ValueError, in one line, where it is none."""
    return validated(_ANSWER, text)
