"""The time that processes waited for a CPU during rounds; it is reported, and no round is dropped because of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from xorbench.estimates.timed import Recorded, once
from xorbench.record.timing import Timing

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


@once
def disturbances(recorded: Recorded) -> list[Disturbance]:
    """Return the disturbance of each row on each workload, in the order of the record."""
    groups: dict[tuple[str, str, bool], list[Timing]] = {}
    for timing in recorded.timings:
        groups.setdefault((timing.workload, timing.implementation, timing.copy), []).append(timing)
    found = []
    for (workload, implementation, copy), timings in groups.items():
        taken = np.concatenate([np.asarray(timing.round_nanoseconds, np.float64) for timing in timings])
        waited = _known(timing.waited_nanoseconds for timing in timings)
        switches = _known(timing.involuntary_switches for timing in timings)
        found.append(
            Disturbance(
                implementation=implementation,
                copy=copy,
                workload=workload,
                rounds=len(taken),
                disturbed=None if waited is None else int((waited > WAITED * taken).sum()),
                waited_share=None if waited is None else float(waited.sum() / taken.sum()),
                switches_per_round=None if switches is None else float(switches.mean()),
            )
        )
    order = {w.name: place for place, w in enumerate(recorded.record.workloads)}
    names = {i.name: place for place, i in enumerate(recorded.record.implementations)}
    return sorted(found, key=lambda d: (order[d.workload], names[d.implementation], d.copy))


def _known(series: Iterable[Sequence[int | None]]) -> NDArray[np.float64] | None:
    """Return the values of all series as one; None if one of them is unknown."""
    found = [*chain.from_iterable(series)]
    return None if None in found else np.array(found, np.float64)


def share_in_turns(recorded: Recorded) -> float | None:
    """Return the share of the wall time of the whole run that was spent in timed turns; None if that time is 0."""
    turns = sum(launch.seconds_in_turns for launch in recorded.record.launches)
    return turns / recorded.record.seconds.total if recorded.record.seconds.total else None
