"""How long processes waited for a CPU during rounds: told, and never a reason to drop a round."""

import statistics
from dataclasses import dataclass

from xorbench.estimates.ratios import Timing
from xorbench.records import Record

WAITED = 0.01
"""A round is disturbed if its process had to wait for a CPU for more than this share of it."""


@dataclass(frozen=True)
class Disturbance:
    """Of all rounds of one implementation on one workload; None: the system does not tell."""

    implementation: str
    copy: bool
    workload: str
    rounds: int
    disturbed: int | None
    waited_share: float | None
    switches_per_round: float | None


def flags(timing: Timing) -> list[bool | None]:
    """Of each round, whether it was disturbed."""
    pairs = zip(timing["waited_nanoseconds"], timing["round_nanoseconds"], strict=True)
    return [None if waited is None else waited > WAITED * taken for waited, taken in pairs]


def disturbances(record: Record) -> list[Disturbance]:
    """One for each implementation on each workload, in the order of the record."""
    groups: dict[tuple[str, str, bool], list[Timing]] = {}
    for timing in record["timings"]:
        groups.setdefault((timing["workload"], timing["implementation"], timing["copy"]), []).append(timing)
    found = []
    for (workload, implementation, copy), timings in groups.items():
        flagged = [flag for timing in timings for flag in flags(timing)]
        waited = [w for timing in timings for w in timing["waited_nanoseconds"]]
        switches = [s for timing in timings for s in timing["involuntary_switches"]]
        taken = sum(sum(timing["round_nanoseconds"]) for timing in timings)
        found.append(
            Disturbance(
                implementation=implementation,
                copy=copy,
                workload=workload,
                rounds=len(flagged),
                disturbed=None if None in flagged else sum(map(bool, flagged)),
                waited_share=None if None in waited else sum(waited) / taken,
                switches_per_round=None if None in switches else statistics.fmean(switches),
            )
        )
    order = {w["name"]: place for place, w in enumerate(record["workloads"])}
    names = {i["name"]: place for place, i in enumerate(record["implementations"])}
    return sorted(found, key=lambda d: (order[d.workload], names[d.implementation], d.copy))


def share_in_turns(record: Record) -> float | None:
    """The share of the run's wall time, judge and cold starts and all, that was spent inside timed turns."""
    turns = sum(launch["seconds_in_turns"] for launch in record["launches"])
    return turns / record["seconds"]["total"] if record["seconds"]["total"] else None
