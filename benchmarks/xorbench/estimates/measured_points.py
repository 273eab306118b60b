"""The parts of the time of a training, for each implementation and each measured size, from the records of one machine.

`start_up` is the time of import and first call in a fresh process, `start` the time of a training before its first
epoch, and `epoch` that of each epoch; each has an interval. `start` and `epoch` are those of the line through the times
of trainings of n and of 2 n epochs.

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
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from xorbench.contract import REFERENCE
from xorbench.estimates import noise_floor
from xorbench.estimates.intervals import Interval, interval, mean
from xorbench.estimates.ratios import RowId, parts_of_trainings, timings
from xorbench.estimates.rounds import knows_cpu_time
from xorbench.estimates.start_ups import Size, Started, StartUp, size_of, start_up_at, start_ups_of
from xorbench.estimates.timed import Recorded
from xorbench.estimates.timing_table import NOT_STEADY, Row, confidence, rows

NOTHING = Interval(0.0, 0.0, 0.0)

TUNED = "tuned"


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
        return None if self.start_up is None else self.start_up.seconds.plus(self.start)


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


def table(analyses: Sequence[Recorded]) -> Measured:
    """Return the measured points of a machine, from its records.

    A point is a network with one hidden layer, trained on parity by gradient descent. If several records have the same
    point, a complete one without `--quick` is preferred, of these one with the most idiomatic implementations, and of
    these the newest. Other records add implementations that it lacks; their times are multiplied by the ratio of the
    reference's times in the two records, because the speed of a machine changes from record to record. Left out are
    unfit records, rows that are not steady, rows of other environments, and records without CPU times if others have
    them. Raises ValueError unless all records are of one machine.
    """
    machines = {recorded.record.machine.name: recorded.record.machine for recorded in analyses}
    if len(machines) != 1:
        names = ", ".join(sorted(machines)) or "none"
        raise ValueError(f"expected records of one machine, got records of {len(machines)}: {names}")
    ((name, machine),) = machines.items()
    reasons = [_unusable(recorded, analyses) for recorded in analyses]
    used = [recorded for recorded, reason in zip(analyses, reasons, strict=True) if not reason]
    start_ups = start_ups_of(used)
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


def _unusable(recorded: Recorded, among: Sequence[Recorded]) -> str | None:
    """Return the reason why no number of a record is used; None if they are used."""
    if why := noise_floor.unfit(recorded):
        return f"unfit, {why}"
    if not knows_cpu_time(recorded) and any(knows_cpu_time(other) for other in among):
        return "CPU times were not recorded, which other records have"
    return None


def _preference(recorded: Recorded) -> tuple[bool, int, str]:
    """Return what decides which record of a point is taken: complete, of most idiomatic implementations, newest."""
    record = recorded.record
    full = not record.partial and not record.settings.quick
    idiomatic = {i.name for i in record.implementations if i.tier != TUNED and not i.interpreter}
    return full, len(idiomatic & {timing.implementation for timing in recorded.timings}), record.created


def _timed(recorded: Recorded, workload: str) -> list[Row]:
    """Return the rows of a workload that are used: timed, steady, and in the environment of the command."""
    here = {i.name for i in recorded.record.implementations if not i.interpreter}
    return [
        row
        for row in rows(recorded)
        if row.workload == workload and row.ratio and row.verdict != NOT_STEADY and row.implementation in here
    ]


def _choice(recorded: Recorded, row: Row, size: Size, start_ups: Started) -> Choice:
    start, epoch = _parts(recorded, row)
    timed = timings(recorded, row.workload, RowId(row.implementation)).values()
    return Choice(
        implementation=row.implementation,
        tier=row.tier,
        execution=row.execution,
        start_up=start_up_at(start_ups.get(row.implementation, {}), size),
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
    found = parts_of_trainings(recorded, row.workload, RowId(row.implementation))
    if not found or min(epoch for _, epoch in found) <= 0:
        assert row.microseconds_per_epoch is not None
        return NOTHING, row.microseconds_per_epoch.times(1e-6)
    of = confidence(recorded, 1)
    start = mean([start / 1e9 for start, _ in found], of)
    low, high = (None if end is None else max(0.0, end) for end in (start.low, start.high))
    high = None if high is None else max(high, -start.value)
    epoch = interval([math.log(epoch / 1e9) for _, epoch in found], of)
    return Interval(max(0.0, start.value), low, high), epoch


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
