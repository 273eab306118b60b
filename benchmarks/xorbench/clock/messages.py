"""What the driver and a worker say to each other, and the check of what a worker says: nothing in it is believed.

The driver sends "times" at the start of a workload and "go" with every turn. The worker sends "preparing" while it
imports and compiles, "ready" when all is compiled, "ended" after every round, "times" when its benchmark has passed, or
"failed".
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from xorbench.record.timing import Ledger

Nanoseconds = Annotated[int, Field(ge=0, le=10**15)]
"""At most eleven days."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Preparing(_Message):
    """The worker is alive; the next thing that it does may take long."""

    says: Literal["preparing"]


class Ready(_Message):
    """Everything is imported, converted and compiled."""

    says: Literal["ready"]


class Ended(_Message):
    """The parameters that a round ended with, entry by entry; null where one is not finite."""

    says: Literal["ended"]
    end: list[float | None]


class Times(_Message):
    """All rounds of one workload, in the order of the turns, and the ledger."""

    says: Literal["times"]
    wall: list[Annotated[int, Field(ge=1, le=10**15)]]
    cpu: list[Nanoseconds | None]
    waited: list[Nanoseconds | None]
    involuntary_switches: list[Annotated[int, Field(ge=0, le=10**9)] | None]
    ledger: Ledger


class Failed(_Message):
    """An exception ended the benchmark: in one line, which."""

    says: Literal["failed"]
    reason: str


Message = Preparing | Ready | Ended | Times | Failed

_ANY: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="says")])


def checked(text: bytes) -> Message:
    """Return a worker's message as what it says that it is. Raises ValueError, in one line, where it is not that."""
    try:
        return _ANY.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        raise ValueError(f"{place}: {first['msg']}") from None


def of_rounds(times: Times, rounds: int) -> None:
    """Check that every series has one number for each round. Raises ValueError, in one line."""
    series: dict[str, Sequence[Any]] = {
        "wall": times.wall,
        "cpu": times.cpu,
        "waited": times.waited,
        "involuntary_switches": times.involuntary_switches,
    }
    if times.ledger.late_nanoseconds is None:
        raise ValueError("ledger.late_nanoseconds is not known")
    for name, values in series.items():
        if len(values) != rounds:
            raise ValueError(f"{len(values)} values of {name}, expected {rounds}")
        if 0 < sum(value is None for value in values) < rounds:
            raise ValueError(f"{name} is known of some rounds only")
