"""Start-ups: the time from starting a process to the end of the first call, from the cold starts of records."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.timed import Recorded
from xorbench.record.run import WorkloadRecord
from xorbench.workloads import WORKLOADS


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


def size_of(workload: WorkloadRecord) -> Size | None:
    """Return the size of a workload that is a point: parity by one hidden layer, as `hidden`; None for others."""
    kind = WORKLOADS["hidden"].recipe
    same = (workload.activation, workload.loss, workload.optimiser) == (kind.activation, kind.loss, kind.optimiser)
    if not same or len(workload.layer_sizes) != 3:
        return None
    inputs, width, outputs = workload.layer_sizes
    return Size(width, workload.samples, workload.dtype) if (2**inputs, outputs) == (workload.samples, 1) else None


Started = Mapping[str, Mapping[Size, Sequence[tuple[str, float]]]]
"""The record and the seconds of each cold start, by implementation and size."""


def start_ups_of(used: Sequence[Recorded]) -> Started:
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


def start_up_at(found: Mapping[Size, Sequence[tuple[str, float]]], size: Size) -> StartUp | None:
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
