"""The time that processes waited for a CPU during rounds; it is reported, and no round is dropped because of it."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from xorbench.estimates.timed import Recorded, once
from xorbench.record.timing import Timing

T = TypeVar("T")

WAITED = 0.01
"""The share of a round above which waiting for a CPU makes it a disturbed round."""


@dataclass(frozen=True)
class Disturbance:
    """The disturbance of all rounds of one row on one workload; None if the system does not report it."""

    implementation: str
    copy: bool
    workload: str
    rounds: int
    disturbed: int | None
    waited_share: float | None
    switches_per_round: float | None


def flags(timing: Timing) -> list[bool | None]:
    """Return for each round whether it was disturbed; None if the system does not report waiting times."""
    pairs = zip(timing.waited_nanoseconds, timing.round_nanoseconds, strict=True)
    return [None if waited is None else waited > WAITED * taken for waited, taken in pairs]


@once
def disturbances(recorded: Recorded) -> list[Disturbance]:
    """Return the disturbance of each row on each workload, in the order of the record."""
    groups: dict[tuple[str, str, bool], list[Timing]] = {}
    for timing in recorded.timings:
        groups.setdefault((timing.workload, timing.implementation, timing.copy), []).append(timing)
    found = []
    for (workload, implementation, copy), timings in groups.items():
        flagged = [flag for timing in timings for flag in flags(timing)]
        disturbed = _known(flagged)
        waited = _known(w for timing in timings for w in timing.waited_nanoseconds)
        switches = _known(s for timing in timings for s in timing.involuntary_switches)
        taken = sum(sum(timing.round_nanoseconds) for timing in timings)
        found.append(
            Disturbance(
                implementation=implementation,
                copy=copy,
                workload=workload,
                rounds=len(flagged),
                disturbed=None if disturbed is None else sum(disturbed),
                waited_share=None if waited is None else sum(waited) / taken,
                switches_per_round=None if switches is None else statistics.fmean(switches),
            )
        )
    order = {w.name: place for place, w in enumerate(recorded.record.workloads)}
    names = {i.name: place for place, i in enumerate(recorded.record.implementations)}
    return sorted(found, key=lambda d: (order[d.workload], names[d.implementation], d.copy))


def _known(values: Iterable[T | None]) -> list[T] | None:
    """Return all `values`; None if one of them is unknown."""
    found = [*values]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def share_in_turns(recorded: Recorded) -> float | None:
    """Return the share of the wall time of the whole run that was spent in timed turns; None if that time is 0."""
    turns = sum(launch.seconds_in_turns for launch in recorded.record.launches)
    return turns / recorded.record.seconds.total if recorded.record.seconds.total else None
