"""The total time of a training with each implementation, and which of them takes the least time.

The total has three parts, each with an interval, which `measured_points` explains:

    total = start_up + start + epochs * epoch

In a warm process, which has trained before, `start_up` is 0. The ends of a total are the sums of the ends of its parts,
so they cover the total if each interval covers its part. The first call trains one epoch, which is counted twice: it
takes milliseconds at most, beside tens of milliseconds or seconds of start-up.

Width and batch are chosen among those that were measured; nothing is extrapolated. Epochs are, because their number
only multiplies the time of each.

The rank of a total is one more than the number of totals whose upper end is below its lower end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from xorbench.estimates.intervals import Interval
from xorbench.estimates.measured_points import TUNED, Choice, Measured, Point
from xorbench.estimates.start_ups import StartUp

MOST_EPOCHS = 10**15


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
    """Totals of one training, from the smallest, and the fastest at each number of epochs.

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
    """Return the fastest implementation at each number of epochs, from 1 on; empty if nothing has a total."""
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
                    seconds=before.plus(of_epochs),
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


def _meeting(one: Lead, other: Lead) -> Interval:
    """Return the number of epochs at which two totals are equal, where an epoch of `other` takes less time."""
    paid, gained = other.before.minus(one.before), one.epoch.minus(other.epoch)
    value = paid.value / gained.value
    if paid.low is None or paid.high is None or gained.low is None or gained.high is None:
        return Interval(value, None, None)
    high = max(1.0, paid.high / gained.low) if gained.low > 0 else None
    return Interval(value, max(1.0, paid.low / gained.high), high)
