"""Choose the rounds of a launch for a time budget, from the variances within and between the launches of a pilot.

Source: T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013: the number of repetitions at
the lower level that makes the mean most precise in a given time follows from the costs and variances of both levels.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import median_abs_deviation

from xorbench.record.settings import FEWEST_LAUNCHES

MOST_ROUNDS = 1_000
"""The largest number of rounds in a launch."""

IN_TURNS = 0.7
"""The smallest share of a launch's time that turns must take, so that most of the budget is spent on measurement."""


@dataclass(frozen=True)
class Spread:
    """Variances of a row's log-ratio: that of a launch is `between + within / rounds`."""

    between: float
    within: float

    def of_a_launch(self, rounds: int) -> float:
        """Return the variance of a launch's log-ratio, which is the median of `rounds` rounds."""
        return self.between + self.within / rounds


@dataclass(frozen=True)
class Cost:
    """Seconds for starting a launch and for each of its rounds.

    `overlapped` says that a launch starts while the one before it takes its turns.
    """

    starting: float
    round: float
    overlapped: bool

    def of_a_launch(self, rounds: int) -> float:
        """Return the seconds from a launch of `rounds` rounds to the next one."""
        turns = rounds * self.round
        return max(self.starting, turns) if self.overlapped else self.starting + turns


def spread(launches: Sequence[Sequence[float]]) -> Spread:
    """Return the variances of one row, whose `launches` are the paired log-ratios of each launch's rounds.

    The variance of a median of n independent rounds is pi / 2 times that of a round, divided by n. A round's variance
    is estimated from the median absolute deviation, because single rounds have heavy tails.
    """
    deviations = [float(median_abs_deviation(rounds, scale="normal")) for rounds in launches]
    within = math.pi / 2 * statistics.fmean(d * d for d in deviations)
    medians = [statistics.median(rounds) for rounds in launches]
    explained = within / statistics.fmean(map(len, launches))
    observed = statistics.variance(medians) if len(medians) > 1 else 0.0
    return Spread(max(0.0, observed - explained), within)


def rounds_per_launch(spreads: Sequence[Spread], cost: Cost, seconds: float, block: int) -> int:
    """Return the multiple of `block` that minimises the sum of the rows' variances after so many `seconds`.

    Where possible, turns take at least IN_TURNS of every launch and there is time for FEWEST_LAUNCHES launches. Where
    there is not, even with the shortest launches, a launch may take up to twice as long as those: otherwise most of
    the time would be spent on starting processes.
    """
    candidates = range(block, max(block, MOST_ROUNDS) + 1, block)
    shortest, share = cost.of_a_launch(block), seconds / FEWEST_LAUNCHES
    longest = share if share >= shortest else 2 * shortest
    affordable = [r for r in candidates if cost.of_a_launch(r) <= longest]
    filled = [r for r in affordable if r * cost.round >= IN_TURNS * cost.of_a_launch(r)] or [affordable[-1]]
    return min(filled, key=lambda r: sum(s.of_a_launch(r) for s in spreads) * cost.of_a_launch(r))
