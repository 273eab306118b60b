"""What a process that judges chunks is asked, and what it answers."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from xorbench.judging.chunks import Chunk
from xorbench.messages import Message, validated
from xorbench.record.parts import Text

LONGEST = 2**26
"""The most bytes of a message."""


class Asked(Message):
    """A question: the chunk, and the implementations that are not asked any more in it, each with the reason."""

    chunk: Chunk
    lost: dict[Text, Text] = Field(default_factory=dict)


class Ready(Message):
    """The message that the process waits for chunks."""

    says: Literal["ready"]


class Doing(Message):
    """The message that the process asks an implementation now; none if the name is empty."""

    says: Literal["doing"]
    what: Text


class Answered(Message):
    """What was found, as the JSON document of `chunks.as_json`, and the seconds and CPU seconds that it took."""

    says: Literal["found"]
    found: str
    seconds: float
    cpu_seconds: float


class Failed(Message):
    """The message that the harness failed, in one line."""

    says: Literal["failed"]
    reason: Text


ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)

_ANSWER: TypeAdapter[Ready | Doing | Answered | Failed] = TypeAdapter(
    Annotated[Ready | Doing | Answered | Failed, Field(discriminator="says")]
)


def answer(text: bytes) -> Ready | Doing | Answered | Failed:
    """Return a message of the process, validated. Raises ValueError, in one line, where it is none."""
    return validated(_ANSWER, text)
