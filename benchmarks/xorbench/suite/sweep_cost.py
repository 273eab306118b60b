"""The estimated cost of a sweep before it starts, which is linear in its points, launches and rounds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from xorbench.clock import order
from xorbench.clock.budget import Cost
from xorbench.environment import cpus_on_other_cores
from xorbench.judging.audit import audit
from xorbench.judging.points import random_points
from xorbench.judging.truths import truths_here
from xorbench.record.settings import Settings
from xorbench.suite.calibration import Calibration
from xorbench.workloads import Workload, named

FEWEST_ROUNDS = 15
"""The smallest default number of rounds in a launch; it is rounded up to a balanced block."""

FEWEST_LAUNCHES = 4
"""The smallest number of launches, whatever the budget: with fewer, their variance is hardly known."""

SECONDS_A_TURN = 0.0015
"""The time of a turn in addition to its training: messages, counters, and reading the result."""

PROBE = "width-64-batch-64"
"""The workload on which the speed of the judge is measured: small, but similar to the largest ones."""


@dataclass(frozen=True)
class Estimate:
    """The cost of a launch, the seconds of judging, and the rounds of a launch."""

    launch: Cost
    judging: float
    rounds: int

    def launches_in(self, seconds: float) -> int:
        """Return the number of launches that fit into `seconds` after judging, at least FEWEST_LAUNCHES."""
        left = seconds - self.judging - self.launch.starting
        return max(FEWEST_LAUNCHES, int(left / self.launch.of_a_launch(self.rounds)))

    def minutes(self, launches: float) -> float:
        """Return the minutes of judging and `launches` launches."""
        return (self.judging + self.launch.starting + launches * self.launch.of_a_launch(self.rounds)) / 60


def estimated(calibrated: Calibration, settings: Settings, judging: float) -> Estimate:
    """Return the estimate from the calibration, which is a launch of few rounds, and the seconds of `judging`."""
    turns = 0.0
    for entry in calibrated.entries:
        for workload, epochs in entry.epochs.items():  # the mean round has 3/4 of them, the warm-up 1/4
            turns += calibrated.seconds[entry.implementation.name, workload] * epochs + SECONDS_A_TURN
    overlapped = settings.threads == 1 and bool(cpus_on_other_cores(settings.cpu))
    block = order.block(max(1, len(calibrated.entries)))
    rounds = settings.rounds or block * math.ceil(FEWEST_ROUNDS / block)
    return Estimate(Cost(calibrated.starting, turns, overlapped), judging, rounds)


def judging_seconds(workloads: Sequence[Workload], points: int) -> float:
    """Return the estimated seconds of judging the workloads at their initial parameters and `points` random points.

    They are the seconds of the true gradients and their audit on PROBE, scaled by the number of multiplications.
    """
    probe = named(PROBE)
    one = random_points(probe, probe.dtype, 0, seed=0)
    began = perf_counter()
    truths_here(one)
    found = perf_counter()
    audit(probe, one.rows, 0)
    audited = perf_counter()
    of_the_probe = (1 + points) * (found - began) + (audited - found)
    return of_the_probe / probe.multiplications * sum(workload.multiplications for workload in workloads)
