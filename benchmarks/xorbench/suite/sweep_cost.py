"""The estimated cost of a sweep before it starts, which is linear in its points, launches and rounds."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from time import perf_counter

from xorbench.clock import late, order
from xorbench.judging.audit import audit
from xorbench.judging.points import affordable, random_points
from xorbench.judging.truths import truths_here
from xorbench.record.settings import Settings
from xorbench.suite.calibration import Calibration
from xorbench.suite.launch_cost import LaunchCost
from xorbench.workloads import Workload, named

FEWEST_ROUNDS = 15
"""The smallest default number of rounds in a launch; it is rounded up to a balanced block."""

FEWEST_LAUNCHES = 4
"""The smallest number of launches, whatever the budget: with fewer, their variance is hardly known."""

PROBE = "width-64-batch-64"
"""The workload on which the speed of the judge is measured: small, but similar to the largest ones."""


@dataclass(frozen=True)
class Estimate:
    """The cost of a launch, the seconds of judging, and the rounds of a launch.

    `once` are the seconds in which the reference finds the truth of the answers after the timed rounds, which the first
    launch waits for.
    """

    launch: LaunchCost
    judging: float
    rounds: int
    once: float = 0.0

    def launches_in(self, seconds: float) -> int:
        """Return the number of launches that fit into `seconds` after judging, at least FEWEST_LAUNCHES."""
        left = seconds - self.judging - self.once - self.launch.first(self.rounds)
        return max(FEWEST_LAUNCHES, 1 + math.floor(left / self.launch.later(self.rounds)))

    def seconds_of(self, launches: float) -> float:
        """Return the seconds of `launches` launches, without judging."""
        return self.once + self.launch.of(launches, self.rounds)

    def minutes(self, launches: float) -> float:
        """Return the minutes of judging and `launches` launches."""
        return (self.judging + self.seconds_of(launches)) / 60


def estimated(
    calibrated: Calibration, settings: Settings, judging: float, once: float = 0.0, questions: Collection[str] = ()
) -> Estimate:
    """Return the estimate from the calibration, which is a launch of few rounds, and the seconds of `judging`.

    `once` are the seconds of the true answers to `questions`, which are by workload.
    """
    rounds = settings.rounds or rounds_of(len(calibrated.entries))
    return Estimate(calibrated.cost(settings, questions), judging, rounds, once)


def rounds_of(workers: int) -> int:
    """Return the default number of rounds in a launch of so many workers."""
    block = order.block(max(1, workers))
    return block * math.ceil(FEWEST_ROUNDS / block)


def judging_seconds(workloads: Sequence[Workload], points: int, questions: Collection[str] = ()) -> tuple[float, float]:
    """Return the estimated seconds of judging the workloads, and of the true answers to `questions`, by workload.

    They are judged at their initial parameters and `points` random points. The estimates are the seconds of the true
    gradients and their audit on PROBE, scaled by the number of multiplications.
    """
    probe = named(PROBE)
    one = random_points(probe, probe.dtype, 0, seed=0)
    began = perf_counter()
    truths_here(one)
    found = perf_counter()
    audit(probe, one.rows, 0)
    audited = perf_counter()
    a_point, an_audit = ((found - began) / probe.multiplications, (audited - found) / probe.multiplications)
    judging = ((1 + points) * a_point + an_audit) * sum(workload.multiplications for workload in workloads)
    asked = [workload for workload in workloads if workload.name in questions]
    once = sum((1 + affordable(w, late.RANDOM_POINTS, least=1)) * a_point * w.multiplications for w in asked)
    return judging, once
