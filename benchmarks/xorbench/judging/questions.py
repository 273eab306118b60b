"""The questions of the judge to an implementation, the processes in which they are asked, and the replies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from xorbench.contract import Contract, Implementation
from xorbench.judging.trouble import Trouble

A = TypeVar("A")
Answer = TypeVar("Answer", covariant=True)


class Question(Protocol[Answer]):
    """A question about an implementation; it is pickled, and asked in the process of the implementation."""

    def ask(self, module: Contract, doing: Callable[[str], None]) -> Answer:
        """Return the answer of `module`; call `doing` with a text that says what it is about to compute.

        The text is part of the error message if the implementation never returns.
        """

    @property
    def numbers(self) -> int:
        """The most numbers of an answer, which limit the length of the message with it."""

    def received(self, text: str) -> Answer:
        """Return the answer whose text, of `codec.encoded`, the process sent.

        Raises ValueError, in one line, if it is no answer to this question: the process is not trusted.
        """


@dataclass(frozen=True)
class Surroundings:
    """The conditions of a process: the seed of Python's hashes, and the number of CPUs and threads it may use."""

    hash_seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class ProcessSpec:
    """One process: an implementation in certain surroundings; `place` is the name of these."""

    implementation: Implementation
    place: str = "here"
    surroundings: Surroundings = Surroundings()


@dataclass(frozen=True)
class Reply:
    """The reply of a process to a question.

    `answer` is None if there is none; then `trouble` says why. `printed` is the beginning of what was printed to
    standard output.
    """

    spec: ProcessSpec
    question: Question[object]
    answer: object
    trouble: Trouble | None = None
    printed: str = ""

    def to(self, question: Question[A]) -> A | None:
        """Return the answer to `question`, which must be the question of this reply; None if there is none."""
        assert question == self.question
        return cast("A | None", self.answer)  # because `question.received` returned it

    @property
    def troubles(self) -> list[Trouble]:
        """Why there is no answer, or what is missing in it."""
        return [found for found in (self.trouble, getattr(self.answer, "trouble", None)) if found]
