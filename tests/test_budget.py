"""How a budget is spent: the formula of Kalibera and Jones where it holds, and its limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorbench.clock import budget
from xorbench.clock.budget import Cost, Spread
from xorbench.record.settings import FEWEST_LAUNCHES


def test_planted_variances_are_found() -> None:
    random = np.random.RandomState(0)
    effects = random.normal(0, 0.01, 400)
    launches = [list(effect + random.normal(0, 0.05, 100)) for effect in effects]
    found = budget.spread(launches)
    assert math.sqrt(found.between) == pytest.approx(0.01, rel=0.1)
    assert math.sqrt(found.within) == pytest.approx(0.05 * math.sqrt(math.pi / 2), rel=0.05)


def test_no_variance_between_launches_is_not_less_than_none() -> None:
    assert budget.spread([[0.0, 0.1, -0.1]] * 5).between == 0
    assert budget.spread([[0.0, 0.1, -0.1]]).between == 0


def test_without_limits_it_is_the_published_optimum() -> None:
    # Many cheap rounds: sqrt(cost of starting / cost of a round * within / between)
    spread, cost = Spread(between=1e-4, within=1e-1), Cost(starting=1.0, round=0.1, overlapped=False)
    optimum = math.sqrt(cost.starting / cost.round * spread.within / spread.between)
    assert budget.rounds_per_launch([spread], cost, 1e6, block=1) == pytest.approx(optimum, abs=1)


def test_where_starting_costs_nothing_more_rounds_fill_the_time_that_it_takes() -> None:
    spread, cost = Spread(between=1e-4, within=1e-4), Cost(starting=4.0, round=0.04, overlapped=True)
    assert budget.rounds_per_launch([spread], cost, 1e6, block=4) == 100


@given(
    st.floats(0, 1e-2), st.floats(1e-8, 1), st.floats(0.1, 10), st.floats(1e-3, 1), st.booleans(), st.integers(1, 12)
)
def test_turns_fill_most_of_a_launch(
    between: float, within: float, starting: float, round_: float, overlapped: bool, block: int
) -> None:
    cost = Cost(starting, round_, overlapped)
    rounds = budget.rounds_per_launch([Spread(between, within)], cost, 1e9, block)
    assert rounds % block == 0
    limit = budget.MOST_ROUNDS - block  # a launch may be too short to be filled at all
    assert rounds * round_ >= budget.IN_TURNS * cost.of_a_launch(rounds) or rounds >= limit


def test_a_small_budget_buys_short_launches_but_enough_of_them() -> None:
    cost = Cost(starting=2.0, round=0.04, overlapped=False)
    rounds = budget.rounds_per_launch([Spread(1e-6, 1.0)], cost, 30, block=4)
    assert cost.of_a_launch(rounds) * FEWEST_LAUNCHES <= 30


@pytest.mark.parametrize("overlapped", [True, False])
def test_where_starting_alone_takes_too_long_a_launch_is_not_all_starting(overlapped: bool) -> None:
    cost = Cost(starting=20.0, round=0.05, overlapped=overlapped)
    rounds = budget.rounds_per_launch([Spread(1e-6, 1e-2)], cost, 100, block=14)
    assert cost.of_a_launch(rounds) <= 2 * cost.of_a_launch(14)
    assert 20 <= rounds * cost.round <= 40


@pytest.mark.parametrize(("starting", "rounds"), [(2.9, 7), (3.1, 8)])
def test_turns_take_seven_tenths_of_a_launch_where_as_few_as_possible_are_best(starting: float, rounds: int) -> None:
    # All variance is between launches: 7 of 9.9 s is more than 0.7 and 6 of 8.9 s less, as is 7 of 10.1 s.
    cost = Cost(starting=starting, round=1.0, overlapped=False)
    assert budget.rounds_per_launch([Spread(between=1.0, within=0.0)], cost, 1e6, block=1) == rounds


@pytest.mark.parametrize(
    ("starting", "seconds", "rounds"),
    [
        (2.0, 80.0, 8),  # 10 s for each of eight launches
        (2.0, 79.0, 7),
        (20.0, 100.0, 22),  # not even the shortest of 21 s fit in eight times: twice as long as that
        (20.0, 168.0, 1),  # they just fit
    ],
)
def test_a_launch_is_as_long_as_eight_of_them_allow_or_twice_the_shortest(
    starting: float, seconds: float, rounds: int
) -> None:
    # All variance is within launches, so that the longest are best.
    cost = Cost(starting=starting, round=1.0, overlapped=False)
    assert budget.rounds_per_launch([Spread(between=0.0, within=1.0)], cost, seconds, block=1) == rounds
