"""From a pilot to a plan: what the minutes that are left buy, and what can be expected of them."""

import statistics
from collections.abc import Sequence
from dataclasses import replace

from scipy import stats

from xorbench.clock import budget, order
from xorbench.estimates import ratios
from xorbench.estimates.timed import Timed
from xorbench.record.settings import CONFIDENCE, FEWEST_LAUNCHES, Plan
from xorbench.record.timing import LaunchRecord

PILOT_LAUNCHES = 4
PILOT_ROUNDS = 200

FIRST_LOOK = FEWEST_LAUNCHES
"""After how many launches a run with a resolution looks first; then after twice as many, and so on."""


def spreads(timed: Timed, implementations: Sequence[str]) -> list[budget.Spread]:
    """The variance between and within launches of each ratio that some timings give.

    Within: for each round of either length, of which every second one is a long one and counts.
    """
    contenders = [*map(ratios.Contender, implementations), ratios.CONTROL]
    pairs = [ratios.paired(timed, w, c) for w in timed.workloads for c in contenders if c != ratios.BASELINE]
    found = [budget.spread(list(launches.values())) for launches in pairs if launches]
    return [replace(spread, within=2 * spread.within) for spread in found]


def plan(pilot: Sequence[LaunchRecord], found: Sequence[budget.Spread], turns: int, compared: int, left: float) -> Plan:
    """Rounds and launches for the `left` seconds, from what the pilot cost and how its ratios spread.

    `turns` are taken in each round, and `compared` ratios are looked at together.
    """
    cost = cost_of(pilot)
    rounds = budget.rounds_per_launch(found, cost, left, order.block(turns))
    planned = Plan(rounds, len(pilot) + max(1, int(left / cost.of_a_launch(rounds))), len(pilot))
    return replace(planned, half_width=promise(planned, found, compared))


def cost_of(launches: Sequence[LaunchRecord]) -> budget.Cost:
    """What launches cost, from those that were made but the first, which started on all CPUs."""
    later = launches[1:] or launches
    return budget.Cost(
        starting=statistics.median(launch.seconds_starting for launch in later),
        round=statistics.median(launch.seconds_in_turns / launch.rounds for launch in later),
        overlapped=all(launch.overlapped for launch in later),
    )


def seconds_of_a_launch(launches: Sequence[LaunchRecord], planned: Plan) -> float:
    """How long the next launch will take, by those that were made so far."""
    return cost_of(launches).of_a_launch(planned.rounds)


def promise(planned: Plan, found: Sequence[budget.Spread], compared: int) -> float:
    """The half-width to expect of the least certain row, all rows of a table together."""
    t = stats.t.ppf(1 - (1 - planned.confidence) / max(1, compared) / 2, planned.launches - 1)
    variance = max((s.of_a_launch(planned.rounds) for s in found), default=0.0)
    return float(t * (variance / planned.launches) ** 0.5)


def at_confidence(planned: Plan) -> Plan:
    """The plan with the confidence that a look has: each has half of the chance to be wrong that was left before it."""
    return replace(planned, confidence=1 - (1 - CONFIDENCE) / 2**planned.looks)
