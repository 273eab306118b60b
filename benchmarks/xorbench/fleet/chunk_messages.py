"""The messages between a process that judges chunks of points and the process that started it."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from xorbench import places
from xorbench.contract import Implementation, discover
from xorbench.contract.implementation import UNREADABLE_SHA256
from xorbench.judging.chunks import Chunk
from xorbench.messages import Message, validated
from xorbench.record.parts import Natural, Part, Positive, Text
from xorbench.record.timing import Sha256
from xorbench.suite.about import harness_sha256
from xorbench.workloads import Workload, named

LONGEST = 2**26
"""The most bytes of a message."""


@dataclass(frozen=True)
class Questions(Part):
    """The implementations and workloads that are judged at chunks of points, and the seed of the points.

    `implementations` has the SHA-256 of each, `files` the texts of those that are not the project's own, and of the
    files that these name, by their names: they are part of the message. An implementation that is silent for
    `seconds_to_answer` is ended.
    """

    harness_sha256: Sha256
    implementations: dict[Text, Sha256]
    files: dict[Text, str]
    workloads: list[Text]
    seed: Natural
    seconds_to_answer: Positive

    @staticmethod
    def about(
        implementations: Sequence[Implementation], workloads: Sequence[Workload], seed: int, seconds_to_answer: float
    ) -> "Questions":
        """Return the questions about usable implementations. Raises OSError, ValueError where a text can't be read."""
        others = [i for i in implementations if i.path.parent.resolve() != places.IMPLEMENTATIONS.resolve()]
        paths = [path for i in others for path in (i.path, *(i.path.parent / source for source in i.sources))]
        return Questions(
            harness_sha256=harness_sha256(),
            implementations={i.name: i.source_sha256 or UNREADABLE_SHA256 for i in implementations},
            files={path.name: path.read_text(encoding="utf-8") for path in paths},
            workloads=[workload.name for workload in workloads],
            seed=seed,
            seconds_to_answer=seconds_to_answer,
        )

    def found_here(self, stack: ExitStack) -> tuple[list[Implementation], list[Workload]]:
        """Return the implementations and workloads as they are here; a folder of texts is removed with `stack`.

        Raises ValueError, in one line, where the harness or an implementation has another text here.
        """
        must_be("the harness", harness_sha256(), self.harness_sha256)
        extra: list[Path] = []
        if self.files:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xorbench-")))
            for name, text in self.files.items():
                (folder / Path(name).name).write_text(text, encoding="utf-8")
            extra = [path for path in folder.glob("*.py") if path.stem in self.implementations]
        there = {i.name: i for i in discover(extra)}
        if unknown := [name for name in self.implementations if name not in there]:
            raise ValueError(f"{unknown[0]} is no implementation here; install the same commit as the client's")
        for name, expected in self.implementations.items():
            must_be(name, there[name].source_sha256, expected)
        return [there[name] for name in self.implementations], [named(name) for name in self.workloads]


def must_be(what: str, found: str | None, expected: str) -> None:
    """Raise ValueError, in one line, if a text has another SHA-256 than the client's."""
    if (found or UNREADABLE_SHA256) != expected:
        raise ValueError(
            f"the text of {what} has the SHA-256 {(found or UNREADABLE_SHA256)[:8]} here, expected {expected[:8]}; "
            "install the same commit as the client's"
        )


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


QUESTIONS: TypeAdapter[Questions] = TypeAdapter(Questions)

ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)

_ANSWER: TypeAdapter[Ready | Doing | Answered | Failed] = TypeAdapter(
    Annotated[Ready | Doing | Answered | Failed, Field(discriminator="says")]
)


def answer(text: bytes) -> Ready | Doing | Answered | Failed:
    """Return a message of the process, validated. Raises ValueError, in one line, where it is none."""
    return validated(_ANSWER, text)
