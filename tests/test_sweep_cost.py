"""What a sweep will cost: linear in what is asked for, and known before it starts."""

from dataclasses import replace

import pytest

from tests.conftest import BASELINE
from xorbench.clock.turns import Entry
from xorbench.contract import REFERENCE
from xorbench.record.settings import Settings
from xorbench.suite.calibration import Calibration
from xorbench.suite.launch_cost import OF_ANSWERS
from xorbench.suite.sweep_cost import Estimate, estimated, judging_seconds
from xorbench.workloads import named

SETTINGS = Settings(points=1, cpu=0, seed=0, launches=10, rounds=20, cold_starts=0)
A_TURN = 0.002


def of(points: int, settings: Settings = SETTINGS, once: float = 0.0, asked: int = 0) -> Estimate:
    """Of so many points, some of them asked about, at which the baseline needs 30 µs an epoch, 100 epochs a round."""
    names = [f"point-{number}" for number in range(points)]
    one = Entry(BASELINE, dict.fromkeys(names, 100), seconds_per_epoch=dict.fromkeys(names, 30e-6))
    seconds = {(REFERENCE, name): 30e-6 for name in names}
    calibrated = Calibration([one, replace(one, copy=True)], [], seconds, starting=4.0, turn=A_TURN)
    return estimated(calibrated, settings, judging=5.0, once=once, questions=names[:asked])


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """No launch starts beside another one."""
    monkeypatch.setattr("xorbench.suite.launch_cost.cpus_on_other_cores", lambda _cpu: [])


def test_it_is_linear_in_points_launches_and_rounds() -> None:
    a_point = of(1).launch.later(20) - 4
    assert a_point == pytest.approx(2 * 20 * (100 * 30e-6 + A_TURN))
    assert of(10).launch.later(20) == of(10).launch.first(20) == pytest.approx(4 + 10 * a_point)
    assert of(10).launch.later(40) == pytest.approx(4 + 20 * a_point)
    assert 60 * of(10).minutes(7) == pytest.approx(5 + 7 * (4 + 10 * a_point))


def test_answers_after_the_rounds_and_their_truth_take_time() -> None:
    asked = of(10, once=3.0, asked=6)
    assert asked.seconds_of(7) - of(10).seconds_of(7) == pytest.approx(3 + 7 * 2 * 6 * OF_ANSWERS)
    assert asked.launches_in(60 * asked.minutes(5) + 0.01) == 5


def test_a_budget_buys_launches_and_four_whatever_it_is() -> None:
    estimate = of(10)
    for number in (5, 17):
        assert estimate.launches_in(60 * estimate.minutes(number) + 0.01) == number
    assert estimate.launches_in(-100) == 4


def test_rounds_are_balanced_where_none_are_asked_for() -> None:
    assert of(1, replace(SETTINGS, rounds=None)).rounds == 16  # of two, the baseline and its copy: squares of 2


def test_judging_grows_with_the_networks_and_the_points() -> None:
    names = ("width-2-batch-4", "width-64-batch-1024")
    (small, _), (large, once) = (judging_seconds([named(name)], 1, [names[1]]) for name in names)
    assert 0 < small < large
    assert 0 < once < large
