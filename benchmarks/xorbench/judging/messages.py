"""The messages that the process of an implementation sends to the judge, and their validation.

It sends "doing" where it begins something, with a text that says what, "replied" with the answer to one question or
the reason why there is none, in the order of the questions, and "failed" where the harness failed and not the
implementation. An answer is a JSON text of its own, because its type depends on the question.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from xorbench.judging.trouble import Trouble
from xorbench.messages import Message, validated
from xorbench.record.parts import MaxLen, Natural, Text

LONGEST_PRINTED = 60
"""The most characters that are kept of what was printed to standard output."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a character that can't be printed")
    return text


class Doing(Message):
    """The message that the process begins something, or still does it."""

    says: Literal["doing"]
    what: Annotated[Text, AfterValidator(_printable)]


class Replied(Message):
    """The reply to a question, by its number: the JSON text of an answer, or the trouble; the other one is null."""

    says: Literal["replied"]
    question: Natural
    answer: str | None
    trouble: Trouble | None
    printed: Annotated[str, MaxLen(LONGEST_PRINTED)]


class Failed(Message):
    """The message with an exception that is no reply, in one line."""

    says: Literal["failed"]
    reason: Text


_ANY: TypeAdapter[Doing | Replied | Failed] = TypeAdapter(
    Annotated[Doing | Replied | Failed, Field(discriminator="says")]
)


def checked(text: bytes) -> Doing | Replied | Failed:
    """Return a message, validated. Raises ValueError, in one line, where it is not a valid message."""
    message = validated(_ANY, text)
    if isinstance(message, Replied) and (message.answer is None) == (message.trouble is None):
        raise ValueError("a reply needs either an answer or a reason why there is none")
    return message
