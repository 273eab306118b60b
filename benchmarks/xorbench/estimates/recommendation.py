"""The total time of a training with each implementation, from the records of one machine.

The total has three parts, each with an interval:

    total = start_up + start + epochs * epoch

`start_up` is the time of import and first call in a fresh process, and 0 in a warm process, which has trained before.
`start` is the time of a training before its first epoch, and `epoch` that of each epoch. The ends of a total are the
sums of the ends of its parts, so they cover the total if each interval covers its part. The first call trains one
epoch, which is counted twice: it takes milliseconds at most, beside tens of milliseconds or seconds of start-up.

Width and batch are chosen among those that were measured; nothing is extrapolated. Epochs are, because their number
only multiplies the time of each: `start` and `epoch` are those of the line through the times of trainings of n and of
2 n epochs.

`dataclasses.asdict(table(analyses))` is what the page's script reads. In a choice, times are in seconds; an end is
null if there was a single launch or cold start, and so is then the end of a total. A choice whose `start_up` is null
has no total in a fresh process:

    {"machine": "...", "cpu": "...", "left_out": ["2026-11-26T19:29:44Z: unfit, ..."],
     "points": [{"width": 64, "batch": 4, "dtype": "float64", "threads": 1,
                 "choices": [{"implementation": "jax_grad", "tier": "idiomatic", "execution": "compiled",
                              "start_up": {"seconds": {"value": 0.7, "low": 0.6, "high": 0.8}, "starts": 5,
                                           "width": 4, "batch": 4, "dtype": "float64", "records": ["2026-..."]},
                              "start": {"value": 0.0, "low": 0.0, "high": 0.0001},
                              "epoch": {"value": 2.8e-5, "low": 2.7e-5, "high": 2.9e-5},
                              "fewest": 113, "record": "2026-11-26T16:02:22Z"}, ...],
                 "records": ["2026-11-26T16:02:22Z"]}, ...]}

The rank of a total is one more than the number of totals whose upper end is below its lower end.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval, interval, mean
from xorbench.estimates.ratios import Contender, parts_of_trainings, timings
from xorbench.estimates.rounds import knows_cpu_time
from xorbench.estimates.timed import Recorded
from xorbench.estimates.timing_table import NOT_STEADY, Row, confidence, rows
from xorbench.record.run import WorkloadRecord
from xorbench.workloads import WORKLOADS

MOST_EPOCHS = 10**15

NOTHING = Interval(0.0, 0.0, 0.0)

TUNED = "tuned"


class Size(NamedTuple):
    """The size of a network with one hidden layer, and of its batch."""

    width: int
    batch: int
    dtype: str


@dataclass(frozen=True)
class StartUp:
    """The time of import and first call in `starts` fresh processes, measured on a network of this size."""

    seconds: Interval
    starts: int
    width: int
    batch: int
    dtype: str
    records: list[str]


@dataclass(frozen=True)
class Choice:
    """One implementation at one point: the seconds of its parts, and when the record of `start` and `epoch` was made.

    `start_up` is None if it was not measured. `fewest` is the number of epochs of the shortest training that was timed.
    """

    implementation: str
    tier: str
    execution: str
    start_up: StartUp | None
    start: Interval
    epoch: Interval
    fewest: int
    record: str

    def before(self, warm: bool) -> Interval | None:
        """Return the seconds before the first epoch; None in a fresh process if no start-up was measured."""
        if warm:
            return self.start
        return None if self.start_up is None else _sum(self.start_up.seconds, self.start)


@dataclass(frozen=True)
class Point:
    """A measured size of network and batch, with the number of threads, and the implementations measured there.

    `records` are those of the choices; times of all but the first were scaled to the reference's time in the first.
    """

    width: int
    batch: int
    dtype: str
    threads: int
    choices: list[Choice]
    records: list[str]


@dataclass(frozen=True)
class Measured:
    """The measured points of one machine, and a sentence for each record that was left out."""

    machine: str
    cpu: str
    points: list[Point]
    left_out: list[str]


@dataclass(frozen=True)
class Total:
    """The seconds of a training with one implementation, and their two parts: before the first epoch, and all epochs.

    `rank` is one more than the number of totals that are smaller, as far as the intervals show; so ties share a rank.
    """

    implementation: str
    tier: str
    rank: int
    seconds: Interval
    before: Interval
    epochs: Interval
    start_up: StartUp | None
    record: str


@dataclass(frozen=True)
class Lead:
    """An implementation that takes the least time up to `until` epochs; None if it does so for all larger numbers.

    `before` are the seconds before its first epoch, `epoch` those of each. The ends of `until` are the most extreme
    numbers that all intervals allow together; its upper end alone is None if they allow all numbers.
    """

    implementation: str
    before: Interval
    epoch: Interval
    until: Interval | None


@dataclass(frozen=True)
class Ranking:
    """Totals of one training, from the smallest, and who takes the least time at which number of epochs.

    `records` are those in which the epochs were timed, as in `Point`. `not_started` are implementations at this point
    whose start-up was not measured, and `not_timed` implementations that have a time at other points of this machine
    only. `extrapolated` are those whose shortest timed training has more epochs, if the process is warm; in a fresh
    process the start-up decides over so few epochs.
    """

    machine: str
    cpu: str
    width: int
    batch: int
    dtype: str
    threads: int
    epochs: int
    warm: bool
    tuned: bool
    totals: list[Total]
    leads: list[Lead]
    records: list[str]
    not_started: list[str]
    not_timed: list[str]
    extrapolated: list[str]
    left_out: list[str]


def table(analyses: Sequence[Recorded]) -> Measured:
    """Return the measured points of a machine, from its records.

    A point is a network with one hidden layer, trained on parity by gradient descent. If several records have the same
    point, the one with the most idiomatic implementations is taken, or the newest of these. Other records add
    implementations that it lacks; their times are multiplied by the ratio of the reference's times in the two records,
    because the speed of a machine changes from record to record. Left out are unfit records, rows that are not steady,
    and records without CPU times if others have them. Raises ValueError unless all records are of one machine.
    """
    machines = {recorded.record.machine.name: recorded.record.machine for recorded in analyses}
    if len(machines) != 1:
        names = ", ".join(sorted(machines)) or "none"
        raise ValueError(f"expected records of one machine, got records of {len(machines)}: {names}")
    ((name, machine),) = machines.items()
    reasons = [_unusable(recorded, analyses) for recorded in analyses]
    used = [recorded for recorded, reason in zip(analyses, reasons, strict=True) if not reason]
    start_ups = _start_ups(used)
    found: dict[tuple[Size, int], list[list[Choice]]] = {}
    for recorded in sorted(used, key=_preference, reverse=True):
        for workload in recorded.record.workloads:
            if size := size_of(workload):
                choices = [_choice(recorded, row, size, start_ups) for row in _timed(recorded, workload.name)]
                found.setdefault((size, recorded.record.settings.threads), []).append(choices)
    points = [
        Point(*size, threads, choices, list(dict.fromkeys(choice.record for choice in choices)))
        for (size, threads), of_records in sorted(found.items())
        if (choices := _combined(of_records))
    ]
    left_out = [f"{r.record.created}: {reason}" for r, reason in zip(analyses, reasons, strict=True) if reason]
    return Measured(name, machine.cpu, points, left_out)


def ranking(
    measured: Measured,
    width: int,
    batch: int,
    epochs: int,
    warm: bool = False,
    *,
    tuned: bool = False,
    threads: int = 1,
    dtype: str = "float64",
) -> Ranking:
    """Return the totals of a training of so many epochs with each implementation, from the smallest.

    The process is fresh unless `warm`. Tuned implementations are left out unless `tuned`. Raises ValueError if the
    point was not measured, if no implementation has a total there, or if `epochs` is not from 1 to 10^15.
    """
    if not 1 <= epochs <= MOST_EPOCHS:
        raise ValueError(f"epochs: expected a number from 1 to {MOST_EPOCHS:,}, got {epochs}")
    point = _point(measured, width, batch, threads, dtype)
    choices = [choice for choice in point.choices if tuned or choice.tier != TUNED]
    started = [choice for choice in choices if choice.before(warm)]
    if not started:
        raise ValueError(
            f"no cold start was measured on {measured.machine}, expected at least one; `xorbench run` measures cold "
            "starts, and --warm needs none"
        )
    everywhere = {c.implementation: c for other in measured.points for c in other.choices if tuned or c.tier != TUNED}
    here = {choice.implementation for choice in choices}
    return Ranking(
        machine=measured.machine,
        cpu=measured.cpu,
        width=width,
        batch=batch,
        dtype=dtype,
        threads=threads,
        epochs=epochs,
        warm=warm,
        tuned=tuned,
        totals=list(_totals(started, epochs, warm)),
        leads=leads(point, warm, tuned),
        records=list(dict.fromkeys(choice.record for choice in started)),
        not_started=[choice.implementation for choice in choices if choice not in started],
        not_timed=[name for name in everywhere if name not in here],
        extrapolated=[choice.implementation for choice in started if warm and epochs < choice.fewest],
        left_out=measured.left_out,
    )


def leads(point: Point, warm: bool, tuned: bool) -> list[Lead]:
    """Return who takes the least time at which number of epochs, from 1 epoch on; empty if nothing has a total."""
    lines = [
        Lead(choice.implementation, before, choice.epoch, None)
        for choice in point.choices
        if (tuned or choice.tier != TUNED) and (before := choice.before(warm))
    ]
    if not lines:
        return []
    first = min(lines, key=lambda line: (line.before.value + line.epoch.value, line.epoch.value))
    found = [first]
    while faster := [line for line in lines if line.epoch.value < found[-1].epoch.value]:
        last = found[-1]
        following = min(faster, key=lambda line: (_meeting(last, line).value, line.epoch.value))
        found[-1] = replace(last, until=_meeting(last, following))
        found.append(following)
    return found


def size_of(workload: WorkloadRecord) -> Size | None:
    """Return the size of a workload that is a point: parity by one hidden layer, as `hidden`; None for others."""
    kind = WORKLOADS["hidden"].recipe
    same = (workload.activation, workload.loss, workload.optimiser) == (kind.activation, kind.loss, kind.optimiser)
    if not same or len(workload.layer_sizes) != 3:
        return None
    inputs, width, outputs = workload.layer_sizes
    return Size(width, workload.samples, workload.dtype) if (2**inputs, outputs) == (workload.samples, 1) else None


def _unusable(recorded: Recorded, among: Sequence[Recorded]) -> str | None:
    """Return the reason why no number of a record is used; None if they are used."""
    if recorded.record.unfit:
        return f"unfit, {recorded.record.unfit}"
    if not knows_cpu_time(recorded) and any(knows_cpu_time(other) for other in among):
        return "CPU times were not recorded, which other records have"
    return None


def _preference(recorded: Recorded) -> tuple[bool, int, str]:
    """Return what decides which record of a point is taken: complete, of most idiomatic implementations, newest."""
    record = recorded.record
    full = not record.partial and not record.settings.quick
    idiomatic = {i.name for i in record.implementations if i.tier != TUNED}
    return full, len(idiomatic & {timing.implementation for timing in recorded.timings}), record.created


def _timed(recorded: Recorded, workload: str) -> list[Row]:
    """Return the rows of a workload that are used: timed, steady, and in the environment of the command."""
    here = {i.name for i in recorded.record.implementations if not i.interpreter}
    return [
        row
        for row in rows(recorded)
        if row.workload == workload and row.ratio and row.verdict != NOT_STEADY and row.implementation in here
    ]


Started = Mapping[str, Mapping[Size, Sequence[tuple[str, float]]]]
"""The record and the seconds of each cold start, by implementation and size."""


def _start_ups(used: Sequence[Recorded]) -> Started:
    """Return all cold starts of each implementation with the newest of its framework's versions and of Python's."""
    newest: dict[str, tuple[str, str]] = {}
    found: dict[str, dict[Size, list[tuple[str, float]]]] = {}
    for recorded in sorted(used, key=lambda one: one.record.created, reverse=True):
        record = recorded.record
        sizes = {w.name: size for w in record.workloads if (size := size_of(w))}
        python = record.environment.versions["python"]
        versions = {i.name: (i.version, python) for i in record.implementations if not i.interpreter}
        for start in record.cold_starts:
            name, size = start.implementation, sizes.get(start.workload)
            if size and name in versions and newest.setdefault(name, versions[name]) == versions[name]:
                seconds = start.import_seconds + start.first_call_seconds
                found.setdefault(name, {}).setdefault(size, []).append((record.created, seconds))
    return found


def _choice(recorded: Recorded, row: Row, size: Size, start_ups: Started) -> Choice:
    start, epoch = _parts(recorded, row)
    timed = timings(recorded, row.workload, Contender(row.implementation)).values()
    return Choice(
        implementation=row.implementation,
        tier=row.tier,
        execution=row.execution,
        start_up=_start_up(start_ups.get(row.implementation, {}), size),
        start=start,
        epoch=epoch,
        fewest=min(min(timing.epochs) for timing in timed),
        record=recorded.record.created,
    )


def _parts(recorded: Recorded, row: Row) -> tuple[Interval, Interval]:
    """Return the seconds of a training before its first epoch, not below 0, and those of each epoch.

    Where the start is below 0, the time of a training is not quite a line over its epochs, or noise hides it. The
    interval of the start then reaches as far above 0 at least.
    The time per epoch of the timing table includes a share of the start of a training. It is used if there were no
    short rounds, or if noise hides the time of an epoch in the difference of short and long rounds.
    """
    found = parts_of_trainings(recorded, row.workload, Contender(row.implementation))
    if not found or min(epoch for _, epoch in found) <= 0:
        assert row.microseconds_per_epoch is not None
        return NOTHING, row.microseconds_per_epoch.times(1e-6)
    of = confidence(recorded, 1)
    start = mean([start / 1e9 for start, _ in found], of)
    low, high = (None if end is None else max(0.0, end) for end in (start.low, start.high))
    high = None if high is None else max(high, -start.value)
    epoch = interval([math.log(epoch / 1e9) for _, epoch in found], of)
    return Interval(max(0.0, start.value), low, high), epoch


def _start_up(found: Mapping[Size, Sequence[tuple[str, float]]], size: Size) -> StartUp | None:
    """Return the start-up that was measured at the nearest size; None if none was measured."""
    if not found:
        return None

    def distance(other: Size) -> tuple[bool, float, Size]:
        apart = abs(math.log(other.width / size.width)) + abs(math.log(other.batch / size.batch))
        return other.dtype != size.dtype, apart, other

    nearest = min(found, key=distance)
    starts = found[nearest]
    return StartUp(
        seconds=interval([math.log(seconds) for _, seconds in starts]),
        starts=len(starts),
        width=nearest.width,
        batch=nearest.batch,
        dtype=nearest.dtype,
        records=sorted({record for record, _ in starts}),
    )


def _combined(of_records: Iterable[Sequence[Choice]]) -> list[Choice]:
    """Return the choices of the first record, and those of later ones that the records before them lack."""
    found: dict[str, Choice] = {}
    for choices in of_records:
        theirs = {choice.implementation: choice for choice in choices}
        if not found:
            found = theirs
        elif REFERENCE in found and REFERENCE in theirs:
            scale = found[REFERENCE].epoch.value / theirs[REFERENCE].epoch.value
            for name, choice in theirs.items():
                scaled = replace(choice, start=choice.start.times(scale), epoch=choice.epoch.times(scale))
                found.setdefault(name, scaled)
    return list(found.values())


def _point(measured: Measured, width: int, batch: int, threads: int, dtype: str) -> Point:
    alike = [point for point in measured.points if (point.threads, point.dtype) == (threads, dtype)]
    for point in alike:
        if (point.width, point.batch) == (width, batch):
            return point
    raise ValueError(
        f"width {width} with batch {batch} was not measured on {measured.machine} ({_kind(threads, dtype)}); measured: "
        f"{_measured(alike or measured.points)}; `xorbench sweep --grid --widths {width} --batches {batch}` measures "
        "it, for widths from 2 to 1,024 and batches that are powers of two from 4 to 1,024"
    )


def _measured(points: Iterable[Point]) -> str:
    """Return the sizes of points in words: by threads and dtype, the batches of each width, alike ones together."""
    kinds: dict[str, dict[int, list[int]]] = {}
    for point in points:
        widths = kinds.setdefault(_kind(point.threads, point.dtype), {})
        widths.setdefault(point.width, []).append(point.batch)
    parts = []
    for kind, widths in kinds.items():
        alike: dict[tuple[int, ...], list[int]] = {}
        for width, batches in widths.items():
            alike.setdefault(tuple(sorted(batches)), []).append(width)
        sizes = (f"{_numbers('width', of)} with {_numbers('batch', batches)}" for batches, of in alike.items())
        parts.append(f"{'; '.join(sizes)} ({kind})")
    return "; ".join(parts) or "nothing"


def _numbers(what: str, values: Sequence[int]) -> str:
    plural = {"width": "widths", "batch": "batches"}[what]
    return f"{what if len(values) == 1 else plural} {', '.join(map(str, values))}"


def _kind(threads: int, dtype: str) -> str:
    return f"{dtype}, {threads} thread{'s' * (threads != 1)}"


def _totals(choices: Iterable[Choice], epochs: int, warm: bool) -> Iterator[Total]:
    """Yield the totals of choices that have one, from the smallest, with their ranks."""
    totals = []
    for choice in choices:
        if before := choice.before(warm):
            of_epochs = choice.epoch.times(epochs)
            totals.append(
                Total(
                    implementation=choice.implementation,
                    tier=choice.tier,
                    rank=1,
                    seconds=_sum(before, of_epochs),
                    before=before,
                    epochs=of_epochs,
                    start_up=None if warm else choice.start_up,
                    record=choice.record,
                )
            )
    for total in sorted(totals, key=lambda total: total.seconds.value):
        smaller = [other for other in totals if _is_below(other.seconds, total.seconds)]
        yield replace(total, rank=1 + len(smaller))


def _is_below(one: Interval, other: Interval) -> bool:
    """Return whether all of `one` is below all of `other`; False if an end is unknown."""
    return one.high is not None and other.low is not None and one.high < other.low


def _sum(one: Interval, other: Interval) -> Interval:
    """Return the sum of the values with the sums of the ends, None if an end is."""
    value = one.value + other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Interval(value, None, None)
    return Interval(value, one.low + other.low, one.high + other.high)


def _difference(one: Interval, other: Interval) -> Interval:
    """Return the difference of the values with the most extreme differences of the ends, None if an end is."""
    value = one.value - other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Interval(value, None, None)
    return Interval(value, one.low - other.high, one.high - other.low)


def _meeting(one: Lead, other: Lead) -> Interval:
    """Return the number of epochs at which two totals are equal, where an epoch of `other` takes less time."""
    paid, gained = _difference(other.before, one.before), _difference(one.epoch, other.epoch)
    value = paid.value / gained.value
    if paid.low is None or paid.high is None or gained.low is None or gained.high is None:
        return Interval(value, None, None)
    high = max(1.0, paid.high / gained.low) if gained.low > 0 else None
    return Interval(value, max(1.0, paid.low / gained.high), high)
