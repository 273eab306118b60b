"""What a sweep will cost: linear in what is asked for, and known before it starts."""

from dataclasses import replace

import pytest

from xorbench import environment
from xorbench.clock.turns import Entry
from xorbench.contract import REFERENCE, discover
from xorbench.record.settings import Settings
from xorbench.suite.calibration import Calibration
from xorbench.suite.sweep_cost import SECONDS_A_TURN, Estimate, estimated, judging_seconds
from xorbench.workloads import named

SETTINGS = Settings(points=1, cpu=0, seed=0, launches=10, rounds=20, cold_starts=0)


def of(points: int, settings: Settings = SETTINGS) -> Estimate:
    """Of so many points at which the baseline needs 30 µs an epoch, and has 100 epochs a round."""
    names = [f"point-{number}" for number in range(points)]
    one = Entry(discover()[0], dict.fromkeys(names, 100))
    seconds = {(REFERENCE, name): 30e-6 for name in names}
    return estimated(Calibration([one, replace(one, copy=True)], [], seconds, starting=4.0), settings, judging=5.0)


def test_it_is_linear_in_points_launches_and_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xorbench.suite.sweep_cost.cpus_on_other_cores", lambda _cpu: [])
    a_point = of(1).launch.of_a_launch(20) - 4
    assert a_point == pytest.approx(2 * 20 * (100 * 30e-6 + SECONDS_A_TURN))
    assert of(10).launch.of_a_launch(20) == pytest.approx(4 + 10 * a_point)
    assert of(10).launch.of_a_launch(40) == pytest.approx(4 + 20 * a_point)
    assert 60 * of(10).minutes(7) == pytest.approx(5 + 4 + 7 * (4 + 10 * a_point))


def test_a_budget_buys_launches_and_four_whatever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xorbench.suite.sweep_cost.cpus_on_other_cores", lambda _cpu: [])
    estimate = of(10)
    for number in (5, 17):
        assert estimate.launches_in(60 * estimate.minutes(number) + 0.01) == number
    assert estimate.launches_in(-100) == 4


def test_nothing_starts_beside_turns_that_have_all_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xorbench.suite.sweep_cost.cpus_on_other_cores", lambda _cpu: [1])
    assert of(1).launch.overlapped
    assert not of(1, replace(SETTINGS, threads=len(environment.allowed_cpus()) + 1)).launch.overlapped


def test_rounds_are_balanced_where_none_are_asked_for() -> None:
    assert of(1, replace(SETTINGS, rounds=None)).rounds == 16  # of two, the baseline and its copy: squares of 2


def test_judging_grows_with_the_networks_and_the_points() -> None:
    small, large = (judging_seconds([named(name)], 1) for name in ("width-2-batch-4", "width-64-batch-1024"))
    assert 0 < small < large
