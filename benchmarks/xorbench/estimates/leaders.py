"""Leaders: the implementation whose training in a fresh process is done first, by the number of epochs.

A training takes the import, the first call, and the epochs after the first, one step each. The fastest is the one with
the least sum, and from some number of epochs on it is another one with a smaller step.
"""

import math
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.break_even import costs
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
    begun = {cost.implementation: cost.start_seconds for cost in costs(recorded) if cost.workload == workload}
    return [
        _Training(row.implementation, begun[row.implementation], row.microseconds_per_epoch.times(1e-6))
        for row in rows(recorded)
        if row.workload == workload
        and (row.tier == tier or row.implementation == REFERENCE)
        and row.microseconds_per_epoch is not None
        and row.implementation in begun
    ]


def _crossing(before: _Training, after: _Training) -> Interval:
    """Return the number of epochs from which `after`, whose step is shorter, is done first."""
    paid, gained = after.first.minus(before.first), before.step.minus(after.step)
    value = 1 + max(0.0, paid.value) / gained.value
    if paid.low is None or paid.high is None or gained.low is None or gained.high is None:
        return Interval(value, None, None)
    low = 1 + max(0.0, paid.low) / gained.high
    high = 1 + max(0.0, paid.high) / gained.low if gained.low > 0 else math.inf
    return Interval(value, min(low, value), max(high, value))
