"""What a run is expected to take: the cold starts that fit into its budget, and whether the budget is too short."""

from dataclasses import replace

import pytest

from tests.conftest import BASELINE
from tests.test_suite import NEURON, SETTINGS
from xorbench.clock.turns import Entry
from xorbench.progress import Progress
from xorbench.suite import Settings, Suite, pilot
from xorbench.suite.forecast import Forecast
from xorbench.suite.launch_cost import LaunchCost

ONE_MINUTE = replace(SETTINGS, launches=None, rounds=None, budget_minutes=1.0, cold_starts=3)
ENTRIES = [Entry(BASELINE, {"neuron": 20}), Entry(BASELINE, {"neuron": 20}, copy=True)]
COST = LaunchCost(starting=10.0, round=0.1, answers=0.0, cold_start=2.0)
"""Two launches of 30 rounds take 26 s. A round of cold starts is one of 2 s, and so is the one before the first."""


def forecast(settings: Settings, at_least: float = 60.0) -> tuple[Forecast, Progress]:
    shown = Progress(at_least=at_least)
    return Forecast(Suite([BASELINE], NEURON, settings), shown), shown


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (60.0, 2 + 3 * 2),  # all three rounds are within a quarter of the budget, which is 15 s
        (34.0, 2 + 3 * 2),
        (33.0, 2 + 5),  # 7 s are left beside the launches
        (30.0, 2 + 2),
        (29.9, None),
    ],
)
def test_cold_starts_leave_the_time_of_the_fewest_launches(left: float, seconds: float | None) -> None:
    one, _ = forecast(ONE_MINUTE)
    one.cost = COST
    assert one.of_cold_starts(ENTRIES, left) == (seconds if seconds is None else pytest.approx(seconds))


def test_without_a_budget_all_cold_starts_are_made() -> None:
    one, _ = forecast(replace(SETTINGS, cold_starts=100))
    one.cost = COST
    assert one.of_cold_starts(ENTRIES) == pytest.approx(2 + 100 * 2)


@pytest.mark.parametrize(
    ("seconds", "rounds"),
    [(1_000.0, 200), (120.0, 200), (119.9, 198), (80.0, 100), (52.0, 30), (10.0, 30)],
)
def test_launches_of_a_pilot_have_as_many_rounds_as_let_all_of_them_fit(seconds: float, rounds: int) -> None:
    assert pilot.rounds_within(seconds, COST, most=200, launches=4) == rounds  # 4 launches of 10 s and 0.1 s a round
    assert pilot.rounds_within(seconds, COST, most=20, launches=4) == 20


@pytest.mark.parametrize(
    ("settings", "judging", "is_too_short"), [(ONE_MINUTE, 100.0, True), (ONE_MINUTE, 10.0, False)]
)
def test_a_budget_that_is_too_short_is_said_when_the_command_begins(
    settings: Settings, judging: float, is_too_short: bool
) -> None:
    one, shown = forecast(settings)
    one.suppose()
    with shown.stage("gradients", judging):
        said = one.complaint()
    assert (said is not None) is is_too_short
    assert said is None or said.startswith("a budget of 1 min 0 s is too short for 1 implementation on 1 workload: ")


def test_what_has_no_budget_cannot_exceed_it() -> None:
    one, shown = forecast(SETTINGS, at_least=0.0)
    one.suppose()
    with shown.stage("gradients", 1e4):
        assert one.complaint() is None
