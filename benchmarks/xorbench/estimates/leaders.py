"""Leaders: the implementation whose training in a fresh process is done first, by the number of epochs.

A training takes the import, the first call, and the epochs after the first, one step each. The fastest is the one with
the least sum, and from some number of epochs on it is another one with a smaller step.
"""

import math
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.break_even import Cost, costs
from xorbench.estimates.intervals import Interval
from xorbench.estimates.timed import Recorded
from xorbench.estimates.timing_table import rows


@dataclass(frozen=True)
class Leader:
    """An implementation that is the fastest from a number of epochs on.

    `start` is 1 for the first one. Its ends are the most extreme numbers of epochs that the intervals of all parts
    allow together; the high end is infinite if these do not show that the step is shorter.
    """

    implementation: str
    start: Interval


@dataclass(frozen=True)
class _Training:
    """The seconds of an implementation until its first epoch is done, and of each further epoch."""

    implementation: str
    first: Interval
    step: Interval

    def seconds(self, epochs: float) -> float:
        return self.first.value + (epochs - 1) * self.step.value


def leaders(recorded: Recorded, workload: str, tier: str) -> list[Leader]:
    """Return the fastest implementations of a tier and the baseline on a workload, from 1 epoch on.

    Empty if there are no cold starts of it.
    """
    found = _trainings(recorded, workload, tier)
    if not found:
        return []
    now = min(found, key=lambda one: (one.first.value, one.step.value))
    leading = [Leader(now.implementation, Interval(1.0, 1.0, 1.0))]
    while later := [one for one in found if one.step.value < now.step.value]:
        after = now
        now = min(later, key=lambda one: (_crossing(after, one).value, one.step.value))
        leading.append(Leader(now.implementation, _crossing(after, now)))
    return leading


def _trainings(recorded: Recorded, workload: str, tier: str) -> list[_Training]:
    begun = {(cost.workload, cost.implementation): cost for cost in costs(recorded)}
    return [
        _Training(
            row.implementation, _first(begun[workload, row.implementation]), row.microseconds_per_epoch.times(1e-6)
        )
        for row in rows(recorded)
        if row.workload == workload
        and (row.tier == tier or row.implementation == REFERENCE)
        and row.microseconds_per_epoch is not None
        and (workload, row.implementation) in begun
    ]


def _first(cost: Cost) -> Interval:
    parts = (cost.import_seconds, cost.first_call_seconds)
    lows, highs = [part.low for part in parts], [part.high for part in parts]
    return Interval(sum(part.value for part in parts), _sum(lows), _sum(highs))


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _crossing(before: _Training, after: _Training) -> Interval:
    """Return the number of epochs from which `after`, whose step is shorter, is done first."""
    gained = before.step.value - after.step.value
    value = 1 + max(0.0, after.first.value - before.first.value) / gained
    ends = (before.first, before.step, after.first, after.step)
    if any(part.low is None or part.high is None for part in ends):
        return Interval(value, None, None)
    low_first, high_first = _difference(after.first, before.first)
    low_gain, high_gain = _difference(before.step, after.step)
    low = 1 + max(0.0, low_first) / high_gain
    high = 1 + max(0.0, high_first) / low_gain if low_gain > 0 else math.inf
    return Interval(value, min(low, value), max(high, value))


def _difference(one: Interval, other: Interval) -> tuple[float, float]:
    """Return the least and the greatest difference of two values that lie in their intervals."""
    low, high, less, more = (end or 0.0 for end in (one.low, one.high, other.low, other.high))
    return low - more, high - less
