"""From a pilot to a plan: what launches cost, how ratios spread, and what is promised of them."""

import math
from dataclasses import replace

import pytest

from tests.planted import planted, retimed
from xorbench.clock.budget import Cost, Spread
from xorbench.contract import REFERENCE
from xorbench.record.settings import Plan
from xorbench.record.timing import LaunchRecord, Timing
from xorbench.suite import pilot


def launches(starting: list[float], in_turns: list[float], overlapped: list[bool]) -> list[LaunchRecord]:
    """Launches of 10 rounds each."""
    one = planted({}).record.launches[0]
    return [
        replace(
            one,
            number=number,
            rounds=10,
            seconds_starting=start,
            seconds_in_turns=turns,
            overlapped=beside,
            seconds=9.0,
        )
        for number, (start, turns, beside) in enumerate(zip(starting, in_turns, overlapped, strict=True))
    ]


MADE = launches([10.0, 1.0, 2.0, 3.0], [90.0, 4.0, 5.0, 7.0], [False, True, True, True])


def test_a_launch_costs_the_median_of_those_after_the_first() -> None:
    assert pilot.cost_of(MADE) == Cost(starting=2.0, round=0.5, overlapped=True)
    assert pilot.cost_of(MADE[:1]) == Cost(starting=10.0, round=9.0, overlapped=False)  # where there is no other
    alone = launches([10.0, 1.0, 2.0], [90.0, 4.0, 5.0], [False, False, False])
    assert pilot.cost_of(alone) == Cost(starting=1.5, round=0.45, overlapped=False)


def test_a_first_launch_of_a_process_that_resumes_a_run_does_not_count_where_others_start_beside_another() -> None:
    resumed = launches([10.0, 1.0, 2.0, 9.0, 3.0], [90.0, 4.0, 5.0, 80.0, 7.0], [False, True, True, False, True])
    assert pilot.cost_of(resumed) == Cost(starting=2.0, round=0.5, overlapped=True)


def test_the_next_launch_takes_its_start_or_its_turns() -> None:
    assert pilot.seconds_of_a_launch(MADE, Plan(rounds=3, launches=9)) == 2.0  # 1.5 s in turns meanwhile
    assert pilot.seconds_of_a_launch(MADE, Plan(rounds=12, launches=9)) == 6.0


@pytest.mark.parametrize(("looks", "confidence"), [(1, 0.975), (2, 0.9875), (3, 0.99375)])
def test_each_look_has_half_of_the_chance_to_be_wrong_that_was_left(looks: int, confidence: float) -> None:
    planned = Plan(rounds=4, launches=9, looks=looks)
    found = pilot.at_confidence(planned)
    assert found.confidence == pytest.approx(confidence, abs=1e-12)
    assert replace(found, confidence=planned.confidence) == planned


@pytest.mark.parametrize(("compared", "t"), [(0, 2.3060), (1, 2.3060), (2, 2.7515)])
def test_the_promise_is_of_the_least_certain_row_and_for_all_rows_together(compared: int, t: float) -> None:
    # Over 9 launches a standard deviation of 0.03 is a standard error of 0.01; Student's t for 8 degrees of freedom.
    found = [Spread(between=1e-4, within=1e-4), Spread(between=5e-4, within=1.6e-3)]  # 0.0009 with 4 rounds
    planned = Plan(rounds=4, launches=9, confidence=0.95)
    assert pilot.promise(planned, found, compared) == pytest.approx(0.01 * t, rel=1e-4)
    assert pilot.promise(planned, [], compared) == 0


def test_the_spread_within_a_launch_is_for_each_round_of_either_length() -> None:
    # In its 12 long rounds of a launch `other` is e^0.01 slower or faster by turns: the median absolute deviation of
    # the logarithms is 0.01. Of all rounds every second one is long, so that the variance of one counts twice.
    def by_turns(timing: Timing, number: int, nanoseconds: float) -> float:
        sign = 1 if number // 2 % 2 == 0 else -1
        return nanoseconds * (math.exp(0.01 * sign) if timing.implementation == "other" else 1)

    analysis = retimed(planted({"other": [0.5] * 6}, rounds=24, drifting=0), by_turns)
    other, control = pilot.spreads(analysis, [REFERENCE, "other"])
    assert other.within == pytest.approx(2 * math.pi / 2 * (1.4826 * 0.01) ** 2, rel=1e-3)
    assert other.between == 0  # all launches are alike
    assert (control.between, control.within) == pytest.approx((0, 0), abs=1e-10)


@pytest.mark.parametrize(("left", "more"), [(1.0, 0), (2.0, 1), (40.0, 20)])
def test_a_plan_has_the_pilots_launches_and_those_that_the_time_left_buys(left: float, more: int) -> None:
    # A launch of 4 rounds takes the 2 s in which the next one starts. No variance is within launches, so that more
    # rounds would buy nothing.
    planned = pilot.plan(MADE, [Spread(between=1e-4, within=0.0)], turns=2, compared=1, left=left)
    assert (planned.rounds, planned.launches, planned.pilot_launches) == (4, 4 + more, 4)
    assert planned.half_width == pilot.promise(planned, [Spread(between=1e-4, within=0.0)], 1)
