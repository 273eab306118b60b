"""The plan of a run, made from a pilot: the launches and rounds that fit into the budget, and their precision."""

import statistics
from collections.abc import Sequence
from dataclasses import replace

from scipy import stats

from xorbench.clock import budget, order
from xorbench.estimates import ratios
from xorbench.estimates.timed import Timed
from xorbench.record.settings import CONFIDENCE, FEWEST_LAUNCHES, Plan
from xorbench.record.timing import LaunchRecord
from xorbench.suite.launch_cost import LaunchCost

PILOT_LAUNCHES = 4
"""The largest number of launches of a pilot."""

FEWEST_PILOT_LAUNCHES = 2
"""The fewest launches from which the variance between launches can be estimated."""

PILOT_ROUNDS = 200
"""The most rounds of a launch of the pilot, where one thing is measured of each implementation."""

FEWEST_PILOT_ROUNDS = 30
"""The fewest rounds of a launch of the pilot."""

FIRST_LOOK = FEWEST_LAUNCHES
"""The number of launches before the first look of a run with a resolution; it doubles for each further look."""


def rounds(measures: int) -> int:
    """Return the rounds of a launch of the pilot in which so many things are measured of each implementation.

    With more measures a round takes longer, and the pilot must not use the whole budget.
    """
    return PILOT_ROUNDS // measures


def rounds_within(seconds: float, cost: LaunchCost, most: int, launches: int) -> int:
    """Return the even number of rounds, at most `most`, with which so many `launches` of this cost fit into `seconds`.

    It is at least FEWEST_PILOT_ROUNDS, unless `most` is less.
    """
    fewer = range(most, FEWEST_PILOT_ROUNDS, -2)
    return next((rounds for rounds in fewer if cost.of(launches, rounds) <= seconds), min(most, FEWEST_PILOT_ROUNDS))


def spreads(timed: Timed, implementations: Sequence[str]) -> list[budget.Spread]:
    """Return the variances between and within launches of each ratio in `timed`.

    The variance within is doubled, because only every second round is a long one, and only these enter the ratio.
    """
    row_ids = [*map(ratios.RowId, implementations), ratios.CONTROL]
    pairs = [ratios.paired(timed, w, c) for w in timed.workloads for c in row_ids if c != ratios.BASELINE]
    found = [budget.spread(list(launches.values())) for launches in pairs if launches]
    return [replace(spread, within=2 * spread.within) for spread in found]


def plan(pilot: Sequence[LaunchRecord], found: Sequence[budget.Spread], turns: int, compared: int, left: float) -> Plan:
    """Return the plan for the `left` seconds, from the costs of the pilot's launches and the variances `found` in them.

    A round has `turns` turns, and the intervals of `compared` ratios hold simultaneously.
    """
    cost = cost_of(pilot)
    rounds = budget.rounds_per_launch(found, cost, left, order.block(turns))
    planned = Plan(rounds, len(pilot) + max(0, int(left / cost.of_a_launch(rounds))), len(pilot))
    return replace(planned, half_width=promise(planned, found, compared))


def cost_of(launches: Sequence[LaunchRecord]) -> budget.Cost:
    """Return the cost of a launch: medians over finished ones, without the first, whose workers started on all CPUs.

    The first launch of the process that resumes a run is one like that, where others start beside the one before.
    """
    later = [launch for launch in launches[1:] if launch.overlapped] or launches[1:] or launches
    return budget.Cost(
        starting=statistics.median(launch.seconds_starting for launch in later),
        round=statistics.median(launch.seconds_in_turns / launch.rounds for launch in later),
        overlapped=all(launch.overlapped for launch in later),
    )


def seconds_of_a_launch(launches: Sequence[LaunchRecord], planned: Plan) -> float:
    """Return the seconds that the next launch will take, estimated from the finished launches."""
    return cost_of(launches).of_a_launch(planned.rounds)


def promise(planned: Plan, found: Sequence[budget.Spread], compared: int) -> float:
    """Return the expected half-width of the widest interval, where `compared` intervals hold simultaneously."""
    t = stats.t.ppf(1 - (1 - planned.confidence) / max(1, compared) / 2, planned.launches - 1)
    variance = max((s.of_a_launch(planned.rounds) for s in found), default=0.0)
    return float(t * (variance / planned.launches) ** 0.5)


def at_confidence(planned: Plan) -> Plan:
    """Return the plan with the confidence of its latest look.

    Each look uses half of the error probability that the looks before it have left.
    """
    return replace(planned, confidence=1 - (1 - CONFIDENCE) / 2**planned.looks)
