"""How a budget is spent: rounds in a launch against launches, from the variance within and between those of a pilot.

Source: T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013: the repetitions at the lower
level that make the mean most precise in a given time follow from the costs and the variances of both levels.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from xorbench.record.settings import FEWEST_LAUNCHES

MOST_ROUNDS = 1_000

IN_TURNS = 0.7
"""The share of a launch that turns must fill, so that what is paid for is mostly measurement."""


@dataclass(frozen=True)
class Spread:
    """The variance of a launch's log-ratio is `between + within / rounds`."""

    between: float
    within: float

    def of_a_launch(self, rounds: int) -> float:
        """The variance of the median of so many rounds."""
        return self.between + self.within / rounds


@dataclass(frozen=True)
class Cost:
    """Seconds for starting a launch and for each round of it; `overlapped`: the next one starts meanwhile."""

    starting: float
    round: float
    overlapped: bool

    def of_a_launch(self, rounds: int) -> float:
        """Seconds from one launch to the next."""
        turns = rounds * self.round
        return max(self.starting, turns) if self.overlapped else self.starting + turns


def spread(launches: Sequence[Sequence[float]]) -> Spread:
    """Of one row: the paired log-ratios of each launch's rounds.

    Within, that of a median of independent rounds: pi / 2 times the variance, which is taken from the median absolute
    deviation, for single rounds have heavy tails.
    """
    deviations = [1.4826 * _median_deviation(rounds) for rounds in launches]
    within = math.pi / 2 * statistics.fmean(d * d for d in deviations)
    medians = [statistics.median(rounds) for rounds in launches]
    explained = within / statistics.fmean(map(len, launches))
    observed = statistics.variance(medians) if len(medians) > 1 else 0.0
    return Spread(max(0.0, observed - explained), within)


def rounds_per_launch(spreads: Sequence[Spread], cost: Cost, seconds: float, block: int) -> int:
    """The multiple of `block` that makes the means of the rows most precise in these seconds, all in all.

    Turns fill IN_TURNS of every launch, and there are FEWEST_LAUNCHES of them, where that is possible; where not even
    the shortest ones are so many, a launch is still up to twice as long as those, or it would be all starting.
    """
    candidates = range(block, max(block, MOST_ROUNDS) + 1, block)
    shortest, share = cost.of_a_launch(block), seconds / FEWEST_LAUNCHES
    longest = share if share >= shortest else 2 * shortest
    affordable = [r for r in candidates if cost.of_a_launch(r) <= longest]
    filled = [r for r in affordable if r * cost.round >= IN_TURNS * cost.of_a_launch(r)] or [affordable[-1]]
    return min(filled, key=lambda r: sum(s.of_a_launch(r) for s in spreads) * cost.of_a_launch(r))


def _median_deviation(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    return statistics.median(abs(value - middle) for value in values)
