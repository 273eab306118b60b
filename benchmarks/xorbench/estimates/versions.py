"""Comparison of environments: the time of the same file in two environments, over the rounds of both."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.ratios import RowId, log_ratios, log_seconds_per_epoch
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import confidence


@dataclass(frozen=True)
class Version:
    """One file in another environment: its time there, and the ratio of that to its time in the suite's environment.

    `there` and `here` are the framework's versions, each with the version of Python if that differs too. The numbers
    are None if the two were not timed together.
    """

    implementation: str
    workload: str
    framework: str
    there: str
    here: str
    microseconds: Interval | None
    ratio: Interval | None


@once
def versions(recorded: Recorded) -> list[Version]:
    """Return the ratio of each implementation in another environment to the same file in the suite's environment.

    They are in the order of the workloads. The intervals of a workload are simultaneous, with the record's confidence
    (Bonferroni's correction).
    """
    return [version for workload in recorded.workloads for version in _of(recorded, workload)]


def _of(recorded: Recorded, workload: str) -> Iterator[Version]:
    by_name = {i.name: i for i in recorded.record.implementations}
    pairs = [(i, by_name[i.file]) for i in recorded.record.implementations if i.file and i.file in by_name]
    environments = {"": recorded.record.environment.versions, **recorded.record.environment.others}
    for other, ours in pairs:
        one, two = (RowId(i.name) for i in (other, ours))
        ratios = log_ratios(recorded, workload, one, two)
        pythons = [environments[i.interpreter or ""]["python"] for i in (other, ours)]
        there, here = (
            i.version if len({*pythons}) == 1 else f"{i.version}, Python {python}"
            for i, python in zip((other, ours), pythons, strict=True)
        )
        times = [math.log(1e6) + time for time in log_seconds_per_epoch(recorded, workload, one)]
        yield Version(
            implementation=other.name,
            workload=workload,
            framework=other.framework,
            there=there,
            here=here,
            microseconds=interval(times) if times else None,
            ratio=interval(ratios, confidence(recorded, len(pairs))) if ratios else None,
        )
