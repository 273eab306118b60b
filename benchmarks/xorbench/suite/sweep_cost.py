"""What a sweep will cost, before it starts: linear in its points, launches and rounds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from xorbench.clock import order
from xorbench.clock.budget import Cost
from xorbench.environment import apart_from
from xorbench.judge.audit import audit
from xorbench.judge.truths import truths_here
from xorbench.record.settings import Settings
from xorbench.suite.calibration import Calibration
from xorbench.workloads import Workload, flat, named

FEWEST_ROUNDS = 15

FEWEST_LAUNCHES = 4
"""Of a budget, however small it is: fewer tell next to nothing of their spread."""

SECONDS_A_TURN = 0.0015
"""What a turn takes beside its training: messages, readings, and reading its result."""

PROBE = "width-64-batch-64"
"""Whose truth is found to learn how fast this machine is at that: small, and like the largest ones."""


@dataclass(frozen=True)
class Estimate:
    """Seconds of a launch and of judging, and the rounds of a launch."""

    launch: Cost
    judging: float
    rounds: int

    def launches_in(self, seconds: float) -> int:
        """How many these buy, with judging before them."""
        left = seconds - self.judging - self.launch.starting
        return max(FEWEST_LAUNCHES, int(left / self.launch.of_a_launch(self.rounds)))

    def minutes(self, launches: float) -> float:
        """Of so many launches, and of judging before them."""
        return (self.judging + self.launch.starting + launches * self.launch.of_a_launch(self.rounds)) / 60


def estimated(calibrated: Calibration, settings: Settings, judging: float) -> Estimate:
    """From what a launch of few rounds cost."""
    turns = 0.0
    for entry in calibrated.entries:
        for workload, epochs in entry.epochs.items():  # of long and short rounds three quarters, and the warm-up
            turns += calibrated.seconds[entry.implementation.name, workload] * epochs + SECONDS_A_TURN
    overlapped = settings.threads == 1 and bool(apart_from(settings.cpu))
    block = order.block(max(1, len(calibrated.entries)))
    rounds = settings.rounds or block * math.ceil(FEWEST_ROUNDS / block)
    return Estimate(Cost(calibrated.starting, turns, overlapped), judging, rounds)


def judging_seconds(workloads: Sequence[Workload], points: int) -> float:
    """About how long the truth takes at the initial parameters and so many random points of each, and its audit."""
    probe = named(PROBE)
    rows = flat(probe.initial_parameters)[None]
    began = perf_counter()
    truths_here(probe, probe.dtype, rows)
    found = perf_counter()
    audit(probe, rows, 0)
    audited = perf_counter()
    of_the_probe = (1 + points) * (found - began) + (audited - found)
    return of_the_probe / probe.multiplications * sum(workload.multiplications for workload in workloads)
