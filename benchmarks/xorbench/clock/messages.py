"""The messages that a worker sends to the driver, and their validation.

The driver sends the number of rounds and the lengths at the start of a workload, then a turn for each round. The worker
sends "preparing" while it imports and compiles, "ready" when everything is compiled, "ended" after every round, "times"
when its benchmark has passed, then "answers" to the question that the driver sends last, and "failed" when an exception
was raised.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from xorbench import messages
from xorbench.record.timing import Latency, Ledger

Nanoseconds = Annotated[int, Field(ge=0, le=10**15)]
"""A time from 0 to 10^15 nanoseconds, which is more than eleven days."""


class Preparing(messages.Message):
    """The message of a worker that is still importing and compiling, which may take long."""

    says: Literal["preparing"]


class Ready(messages.Message):
    """The message of a worker that has imported, converted and compiled everything."""

    says: Literal["ready"]


class Ended(messages.Message):
    """The message with the final parameters of a round, as a flat list; null where one is not finite."""

    says: Literal["ended"]
    end: list[float | None]


class Times(messages.Message):
    """The message with the ledger of one workload and the times of its rounds, in the order of the turns.

    All times are in nanoseconds; `waited` is the time in which the threads waited for a CPU. `latency` is that of
    single predictions, if these were timed.
    """

    says: Literal["times"]
    wall: list[Annotated[int, Field(ge=1, le=10**15)]]
    cpu: list[Nanoseconds | None]
    waited: list[Nanoseconds | None]
    involuntary_switches: list[Annotated[int, Field(ge=0, le=10**9)] | None]
    ledger: Ledger
    latency: Latency | None = None


class Answers(messages.Message):
    """The message with the answers after the timed rounds, a flat row for each point; null where one is not finite."""

    says: Literal["answers"]
    rows: list[list[float | None]]


class Failed(messages.Message):
    """The message with the exception that ended the benchmark, in one line."""

    says: Literal["failed"]
    reason: str


Message = Preparing | Ready | Ended | Times | Answers | Failed

_ANY: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="says")])


def checked(text: bytes) -> Message:
    """Return a worker's message, validated. Raises ValueError, in one line, where it is not a valid message."""
    return messages.validated(_ANY, text)


def of_rounds(times: Times, rounds: int) -> None:
    """Raise ValueError, in one line, if a series of `times` does not have one value for each of `rounds` rounds.

    A series that the system does not report is None for every round, never for some of them.
    """
    series: dict[str, Sequence[object]] = {
        "wall": times.wall,
        "cpu": times.cpu,
        "waited": times.waited,
        "involuntary_switches": times.involuntary_switches,
    }
    if times.ledger.late_nanoseconds is None:
        raise ValueError("ledger.late_nanoseconds is null, expected a number")
    for name, values in series.items():
        if len(values) != rounds:
            raise ValueError(f"{len(values)} values of {name}, expected {rounds}")
        if 0 < sum(value is None for value in values) < rounds:
            raise ValueError(f"{name} is null for some rounds, expected all or none")
