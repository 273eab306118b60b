"""The parts of a record that the clock writes: raw timings, what was observed of workers, launches, cold starts."""

import math
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len

from xorbench.record.parts import Count, Dtype, Many, MinLen, Natural, Numbers, Part, Positive, Text

Sha256 = Annotated[str, Len(64, 64)]

Nanoseconds = Annotated[int, Ge(0), Le(10**15)]
"""At most eleven days."""

PROFILED_EPOCHS = 20
"""How many epochs more are profiled for the calls that a ledger counts."""

Series = Annotated[list[Natural | None], MinLen(1), Many]


@dataclass(frozen=True)
class Pool(Part):
    """A pool of threads that a numerical library holds."""

    library: Text
    version: Text | None
    threads: Natural


@dataclass(frozen=True)
class Ledger(Part):
    """Observations that one worker made of one workload in one launch.

    `parameters_sha256` is of the workload's initial parameters, converted and read back; `entered_later` counts calls
    of the file's own functions other than `train`: what PROFILED_EPOCHS more add to a call, which is nothing where all
    is compiled. `late_nanoseconds` is the lower median, over rounds, of the time of reading the result less that of
    reading one that is certainly ready; None in records of schema 4. `same_arrays` says whether a round gave an array
    object of an earlier one, `collecting` whether garbage collection was enabled during a timed round. `variables` are
    those of the environment that the file or its framework set.
    """

    parameters_sha256: Sha256
    gradient_dtype: Text
    result_dtype: Text
    entered_later: Natural
    late_nanoseconds: int | None
    same_arrays: bool
    collecting: bool
    process_threads: Count
    pools: Annotated[list[Pool], Many]
    cpus: Annotated[list[Natural], Many]
    variables: dict[Text, Text]


@dataclass(frozen=True)
class Usage(Part):
    """What the system counted of a worker over its rounds of one workload, from outside; None: it does not tell.

    `epochs` were trained meanwhile, warm-ups included; `cpu_nanoseconds` and `child_nanoseconds` are the CPU time of
    the process and of its child processes; the gains are from after the first round of each length to the last round.
    """

    epochs: Count
    cpu_nanoseconds: int | None
    child_nanoseconds: int | None
    executable_bytes_gained: int | None
    resident_bytes_gained: int | None


@dataclass(frozen=True)
class End(Part):
    """A round whose end was compared: entries of its start, its end and the end of the reference.

    Of many entries there are those furthest from the expected end, and those that moved furthest. `expected` is None
    where the reference gave no answer; an entry is None where it is not finite.
    """

    round: Natural
    seed: Natural
    start: Numbers
    end: Annotated[list[float | None], Many]
    expected: Numbers | None

    @property
    def off_course(self) -> float:
        """The distance between the end of the round and that of the reference, as a share of the way.

        The way is the largest distance of a parameter between the start and the reference's end. Infinite where a
        parameter is not finite, missing or too many; NaN where the reference gave no answer.
        """
        if self.expected is None:
            return math.nan
        reached = [value for value in self.end if value is not None]
        if not len(self.end) == len(reached) == len(self.expected):
            return math.inf
        distance = max(abs(one - other) for one, other in zip(reached, self.expected, strict=True))
        way = max(abs(one - other) for one, other in zip(self.start, self.expected, strict=True))
        return distance / way if way else math.inf if distance else 0.0


@dataclass(frozen=True, kw_only=True)
class Timing(Part):
    """One row's raw timings of one workload in one launch, and what was observed of its worker.

    Of each round: its epochs, its wall time, the CPU time of its process, how long all threads of the process waited
    for a CPU, its place among the turns of the round, 0 for the first, and how often the process was made to give up
    its CPU (None: not known). `ends` are some of the `compared_rounds` whose ends were held against the reference's,
    and `violations` the rules that were broken, each in one line.
    """

    launch: Natural
    workload: Text
    implementation: Text
    copy: bool
    measure: Literal["epoch"] = "epoch"
    epochs: Annotated[list[Count], MinLen(1), Many]
    round_nanoseconds: Annotated[list[Count], MinLen(1), Many]
    cpu_nanoseconds: Series
    waited_nanoseconds: Series
    positions: Annotated[list[Natural], MinLen(1), Many]
    involuntary_switches: Series
    ledger: Ledger
    usage: Usage | None
    ends: Annotated[list[End], Many] = field(default_factory=list)
    compared_rounds: Natural = 0
    violations: Annotated[list[Text], Many] = field(default_factory=list)


SERIES = (
    "epochs",
    "round_nanoseconds",
    "cpu_nanoseconds",
    "waited_nanoseconds",
    "positions",
    "involuntary_switches",
)
"""The fields of a timing that have a number for each round."""


@dataclass(frozen=True)
class Failure(Part):
    """A worker that did not reach the end of its launch: what it had handed in before counts, the rest is lost.

    Launch -1 is that of the calibration.
    """

    launch: Annotated[int, Ge(-1)]
    workload: Text
    implementation: Text
    copy: bool
    reason: Text


@dataclass(frozen=True)
class LaunchRecord(Part):
    """How one launch went: its length from the end of the one before, and what the machine did meanwhile.

    `seconds_starting` is what its workers needed to be ready, in part beside the launch before where `overlapped`.
    """

    number: Natural
    rounds: Count
    overlapped: bool
    seconds: Positive
    seconds_starting: Annotated[float, Ge(0)]
    seconds_in_turns: Annotated[float, Ge(0)]
    load_1_minute: float | None
    steal_seconds: float | None
    megahertz: float | None


@dataclass(frozen=True)
class ColdStart(Part):
    """One cold start of one implementation: importing it, its first epoch with all that is compiled, peak memory."""

    workload: Text
    implementation: Text
    import_seconds: Positive
    first_call_seconds: Positive
    peak_bytes: Count | None


@dataclass(frozen=True)
class Products(Part):
    """Products of two square matrices in one framework: the time of each; one takes `side`^3 multiply-adds."""

    implementation: Text
    dtype: Dtype
    side: Count
    nanoseconds: Annotated[list[Count], MinLen(1), Many]
