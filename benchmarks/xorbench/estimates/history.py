"""History of a framework: the time of the same file in several of its releases, over the rounds of all of them.

A step change is a ratio to the release before whose interval excludes 1, and which differs from 1 by more than
MOST_OFF, the error that a usable run may have. The intervals of all these ratios of a record hold simultaneously, so
that at most 5 % of the records of a framework that did not change have a step change.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.noise_floor import MOST_OFF
from xorbench.estimates.ratios import RowId, log_ratios, log_seconds_per_epoch, timings
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import SEPARATED, Row, confidence, rows
from xorbench.record.run import ImplementationRecord

OLDEST, UNCHANGED = "oldest", "no step change"


@dataclass(frozen=True)
class Release:
    """A release of a framework: the time of an epoch of one file there, and the ratios to the time in older releases.

    `cost` is the ratio to the oldest release that was timed. `change` is the ratio to the release `before`, the next
    older one that was timed; it is None for the oldest. `verdict` is "oldest", "slower" or "faster" for a step change,
    "no step change", or "one launch"; for a release that was not timed, it says why, with `reason`, and the numbers
    are None.
    """

    implementation: str
    version: str
    verdict: str
    reason: str | None = None
    microseconds: Interval | None = None
    cost: Interval | None = None
    before: str | None = None
    change: Interval | None = None

    @property
    def is_step(self) -> bool:
        """Whether the time of an epoch changed from the release `before` to this one, beyond its interval."""
        return self.change is not None and self.verdict in SEPARATED


@dataclass(frozen=True)
class History:
    """The releases of a framework in which one file was to be timed on one workload, from old to new."""

    implementation: str
    workload: str
    framework: str
    releases: list[Release]

    @property
    def timed(self) -> list[Release]:
        """The releases that were timed."""
        return [release for release in self.releases if release.cost is not None]

    @property
    def steps(self) -> list[Release]:
        """The releases that are step changes from the release before."""
        return [release for release in self.releases if release.is_step]


@once
def histories(recorded: Recorded) -> list[History]:
    """Return the history of each file on each workload, in the order of the record; empty if it is of another kind.

    The intervals of all costs of a workload are simultaneous, and so are those of all changes of the record, with the
    record's confidence (Bonferroni's correction).
    """
    if not recorded.record.is_history:
        return []
    found = {
        (workload, file): _timed(recorded, workload, there)
        for workload in recorded.workloads
        for file, there in _by_file(recorded).items()
    }
    changes = sum(max(0, len(names) - 1) for names in found.values())
    return [
        _history(recorded, workload, file, names, _costs(found, workload), changes)
        for (workload, file), names in found.items()
    ]


def framework_of(recorded: Recorded) -> str:
    """Return the framework of a history; "" if the record has no other environment."""
    return next((i.framework for i in recorded.record.implementations if i.interpreter), "")


def differing(recorded: Recorded) -> dict[str, list[str]]:
    """Return the versions of the libraries, except the framework, that differ between the environments of a history.

    They are by name, from the oldest release to the newest; "" stands where a library is not installed.
    """
    labels = dict.fromkeys(i.interpreter for i in recorded.record.implementations if i.interpreter)
    there = [recorded.record.environment.others[label] for label in labels]
    names = dict.fromkeys(name for versions in there for name in versions if name != framework_of(recorded))
    found = {name: [versions.get(name, "") for versions in there] for name in names}
    return {name: versions for name, versions in found.items() if len({*versions}) > 1}


def _by_file(recorded: Recorded) -> dict[str, list[ImplementationRecord]]:
    found: dict[str, list[ImplementationRecord]] = {}
    for i in recorded.record.implementations:
        if i.interpreter and i.file:
            found.setdefault(i.file, []).append(i)
    return found


def _timed(recorded: Recorded, workload: str, there: Sequence[ImplementationRecord]) -> list[str]:
    return [i.name for i in there if timings(recorded, workload, RowId(i.name))]


def _costs(found: dict[tuple[str, str], list[str]], workload: str) -> int:
    """Return the number of costs of a workload that are compared with that of an oldest release."""
    return sum(max(0, len(names) - 1) for (name, _), names in found.items() if name == workload)


def _history(recorded: Recorded, workload: str, file: str, timed: Sequence[str], costs: int, changes: int) -> History:
    there = _by_file(recorded)[file]
    versions = {i.name: i.version for i in there}
    earlier = {newer: older for older, newer in itertools.pairwise(timed)}
    judged = {row.implementation: row for row in rows(recorded) if row.workload == workload}
    releases = []
    for i in there:
        if i.name not in timed:
            releases.append(_without_time(i, judged[i.name]))
            continue
        times = [math.log(1e6) + time for time in log_seconds_per_epoch(recorded, workload, RowId(i.name))]
        older = earlier.get(i.name)
        change = _ratio(recorded, workload, i.name, older, changes) if older else None
        releases.append(
            Release(
                implementation=i.name,
                version=i.version,
                verdict=_verdict(change) if older else OLDEST,
                reason=judged[i.name].reason,
                microseconds=interval(times) if times else None,
                cost=_ratio(recorded, workload, i.name, timed[0], costs) if older else Interval(1.0, 1.0, 1.0),
                before=versions[older] if older else None,
                change=change,
            )
        )
    return History(file, workload, there[0].framework, releases)


def _ratio(recorded: Recorded, workload: str, name: str, other: str, compared: int) -> Interval | None:
    """Return the time in one release over that in another, with an interval for so many comparisons.

    None if they have no launch in common.
    """
    ratios = log_ratios(recorded, workload, RowId(name), RowId(other))
    return interval(ratios, confidence(recorded, compared)) if ratios else None


def _verdict(change: Interval | None) -> str:
    if change is None:
        return "no launch in common with the release before"
    if change.verdict in SEPARATED and abs(math.log(change.value)) <= math.log1p(MOST_OFF):
        return UNCHANGED
    return UNCHANGED if change.verdict == "not separated" else change.verdict


def _without_time(i: ImplementationRecord, row: Row) -> Release:
    verdict = row.verdict if row.ratio is None else "untimed"
    return Release(implementation=i.name, version=i.version, verdict=verdict, reason=row.reason)
