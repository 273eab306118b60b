"""The parts of a record that the clock writes: raw timings, observations of workers, launches and cold starts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Len

from xorbench.measures import Measure
from xorbench.record.parts import Count, Dtype, Many, MinLen, Natural, Numbers, Part, Positive, Seed, Text, Whole

Sha256 = Annotated[str, Len(64, 64)]

PROFILED_EPOCHS = 20
"""The number of further epochs that are profiled to count the function calls in a ledger."""

Series = Annotated[list[Natural | None], MinLen(1), Many]


@dataclass(frozen=True)
class Pool(Part):
    """A thread pool of a numerical library."""

    library: Text
    version: Text | None
    threads: Natural


@dataclass(frozen=True)
class Ledger(Part):
    """The observations of one worker about one workload in one launch.

    `parameters_sha256` is the SHA-256 of the workload's initial parameters, converted and read back. `entered_later`
    is the number of calls of the file's own functions other than `train` that PROFILED_EPOCHS further epochs add, 0 if
    all is compiled. `late_nanoseconds` is the lower quartile, over rounds, of the time of reading the result less that
    of reading one that is certainly ready, or of the CPU time that other threads used until it was read if that is
    more; until November 2026 it was the lower median, and it is None in records of schema 4. `same_arrays` says whether
    a round returned an array object of an earlier one, `collecting` whether garbage collection was enabled during a
    timed round.
    `variables` are the environment variables that the file or its framework set. Only values of variables that set
    numbers of threads are kept, because others can be secret; those of other variables are empty.
    """

    parameters_sha256: Sha256
    gradient_dtype: Text
    result_dtype: Text
    entered_later: Natural
    late_nanoseconds: Whole | None
    same_arrays: bool
    collecting: bool
    process_threads: Count
    pools: Annotated[list[Pool], Many]
    cpus: Annotated[list[Natural], Many]
    variables: dict[Text, Text]


@dataclass(frozen=True)
class Usage(Part):
    """Counters of the operating system for a worker over its rounds of one workload; None: not reported.

    `epochs` is the number of epochs trained meanwhile, including warm-up; `cpu_nanoseconds` and `child_nanoseconds` are
    the CPU time of the process and of its child processes; the gains are from after the first round of each length to
    the last round.
    """

    epochs: Count
    cpu_nanoseconds: Whole | None
    child_nanoseconds: Whole | None
    executable_bytes_gained: Whole | None
    resident_bytes_gained: Whole | None


ROUNDINGS = 32
"""The allowed distance between the ends of two trainings: so many roundings of each epoch, which add up at random.

In experiments with 200,000 starts of ten workloads, honest trainings that ended further apart than SMALL were at most
1.2 of them apart.
"""

SMALL: Mapping[Dtype, float] = {"float64": 1e-11, "float32": 1e-6}
"""The distance that is always allowed, as a share of the way.

Trainings in float64 whose sigmoid was computed in float32 were at least 7e-10 apart.
"""

UNITS: Mapping[Dtype, float] = {"float64": 2.0**-52, "float32": 2.0**-23}
"""The distance of 1 from the next number of a type."""


@dataclass(frozen=True)
class End(Part):
    """A round whose end was compared: parameter entries of its start, of its end and of the reference's end.

    If there are many entries, those furthest from the expected end and those that moved furthest are kept. `expected`
    is None if the reference gave no answer; an entry is None if it is not finite. Where gradients, losses or
    predictions are timed, the end is the last result, and the start is zeros. `grown` is how far an end of the
    reference moves if its start moves by one unit in the last place; 0 where the distance is explained without it.
    """

    round: Natural
    seed: Seed
    start: Numbers
    end: Annotated[list[float | None], Many]
    expected: Numbers | None
    grown: Annotated[float, Ge(0)] = 0.0

    @property
    def off_course(self) -> float:
        """The distance between the end of the round and that of the reference, as a share of the way.

        The way is the largest distance of a parameter between the start and the reference's end. The result is infinite
        if a parameter is not finite or their numbers differ, and NaN if the reference gave no answer.
        """
        if self.expected is None:
            return math.nan
        reached = [value for value in self.end if value is not None]
        if not 0 < len(reached) == len(self.end) == len(self.start) == len(self.expected):
            return math.inf
        distance = max(abs(one - other) for one, other in zip(reached, self.expected, strict=True))
        way = self._way
        return distance / way if way else math.inf if distance else 0.0

    def explained(self, epochs: int, dtype: Dtype) -> float:
        """Return the largest `off_course` that rounding explains in a training of so many epochs.

        It is SMALL, or ROUNDINGS if that is more: one rounding is a unit in the last place of the largest parameter, or
        `grown` if that is more, and many add up at random, so that the distance grows as the root of the epochs.
        """
        if not self._way:
            return 0.0
        largest = max(abs(entry) for entry in [*self.start, *(self.expected or [])])
        rounding = max(UNITS[dtype] * largest, self.grown) / self._way
        return max(SMALL[dtype], ROUNDINGS * math.sqrt(epochs) * rounding)

    @property
    def _way(self) -> float:
        pairs = zip(self.start, self.expected or [], strict=False)
        return max((abs(one - other) for one, other in pairs), default=0.0)


@dataclass(frozen=True)
class Latency(Part):
    """The wall time of single calls: the number of calls without a context switch, their median and 99th percentile."""

    calls: Count
    median_nanoseconds: Count
    percentile_99_nanoseconds: Count


@dataclass(frozen=True, kw_only=True)
class Timing(Part):
    """The raw timings of one row on one workload in one launch, and what was observed of its worker.

    `measure` is what was timed. Each series has one number per round: `epochs`, the number of epochs of a training or
    of calls of the function that is measured; wall time in `round_nanoseconds`; `cpu_nanoseconds`, the CPU time of
    the process; `waited_nanoseconds`, how long all threads of the process waited for a CPU; `positions`, the place
    among the turns of the round, 0 for the first; and `involuntary_switches`, how often the process was made to give up
    its CPU (None: not known). `ends` are some of the `compared_rounds` whose ends were compared with the reference's,
    and `violations` are the rules that were broken, each in one line. `latency` is that of single predictions; None for
    other measures, and if every call met a context switch.
    """

    launch: Natural
    workload: Text
    implementation: Text
    copy: bool
    measure: Measure = "epoch"
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
    latency: Latency | None = None


SERIES = (
    "epochs",
    "round_nanoseconds",
    "cpu_nanoseconds",
    "waited_nanoseconds",
    "positions",
    "involuntary_switches",
)
"""The fields of a timing that have one number for each round."""


@dataclass(frozen=True)
class Failure(Part):
    """A worker that did not finish its launch; the timings that it had reported before are kept.

    Launch -1 is the calibration. `measure` is what the worker timed.
    """

    launch: Annotated[int, Ge(-1)]
    workload: Text
    implementation: Text
    copy: bool
    reason: Text
    measure: Measure = "epoch"


@dataclass(frozen=True)
class LaunchRecord(Part):
    """One launch: its duration from the end of the launch before, and the state of the machine meanwhile.

    `seconds_starting` is the time that its workers needed to be ready, partly during the launch before if `overlapped`.
    `others_timing` says that another measurement ran on the machine when the launch began, as far as it is known.
    `left` has, by implementation, the names of processes that its workers started and that did not end with them.
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
    others_timing: bool = False
    left: dict[Text, Text] = field(default_factory=dict)


@dataclass(frozen=True)
class ColdStart(Part):
    """One cold start of an implementation: its import, its first epoch including compilation, and its peak memory."""

    workload: Text
    implementation: Text
    import_seconds: Positive
    first_call_seconds: Positive
    peak_bytes: Count | None


@dataclass(frozen=True)
class Products(Part):
    """The times of products of two square matrices in one framework; each product takes `side`^3 multiply-adds."""

    implementation: Text
    dtype: Dtype
    side: Count
    nanoseconds: Annotated[list[Count], MinLen(1), Many]
