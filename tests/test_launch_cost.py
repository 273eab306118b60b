"""What a launch costs: its workers start beside the launch before it, as far as there are CPUs for it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_suite import CALIBRATION
from xorbench import affinity
from xorbench.record.settings import Settings
from xorbench.suite import launch_cost
from xorbench.suite.calibration import beyond_training, row_of
from xorbench.suite.launch_cost import BESIDE, LaunchCost, cold_start, supposed

SETTINGS = Settings(points=1, cpu=0, seed=0, launches=10, rounds=20, cold_starts=0)
SOME = st.floats(0.01, 100)


def test_the_workers_of_the_next_launch_start_beside_the_turns() -> None:
    cost = LaunchCost(starting=10.0, round=0.1, answers=2.0, beside=0.5)
    assert cost.first(60) == 10 + 6 + 2
    assert cost.later(60) == 6 + 2 + (10 - 4)
    assert cost.later(180) == 18 + 2  # ready long before
    assert cost.of(3, 60) == 18 + 2 * 14


@given(SOME, SOME, SOME, st.floats(0, 1), st.integers(1, 100), st.integers(1, 1000))
def test_a_later_launch_takes_no_longer_than_a_first_one_and_no_less_than_its_turns(
    starting: float, of_a_round: float, answers: float, beside: float, launches: int, rounds: int
) -> None:
    cost = LaunchCost(starting, of_a_round, answers, beside)
    assert rounds * of_a_round + answers <= cost.later(rounds) <= cost.first(rounds)
    assert cost.of(launches, rounds) <= launches * cost.first(rounds) * (1 + 1e-9)


# Committed runs and sweeps on two CPUs: from the first launch, the seconds of each later one.
MEASURED = [
    (15.34, 33.28 / 200, 26, 200, [35.34, 37.43, 39.30, 38.83]),
    (6.71, 6.40 / 100, 9, 100, [12.83, 13.02, 13.09, 13.11]),
    (25.93, 15.80 / 200, 16, 200, [40.17, 38.51, 39.27]),
    (10.00, 9.47 / 20, 90, 20, [25.54, 25.28, 17.15]),
]


@pytest.mark.parametrize(("starting", "of_a_round", "rows", "rounds", "later"), MEASURED)
def test_it_is_that_of_runs_that_were_made(
    starting: float, of_a_round: float, rows: int, rounds: int, later: list[float]
) -> None:
    cost = LaunchCost(starting, of_a_round, rows * launch_cost.OF_ANSWERS, BESIDE / 2)
    assert 1 / 1.25 <= len(later) * cost.later(rounds) / sum(later) <= 1.25


def test_nothing_starts_beside_turns_that_have_all_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch_cost, "cpus_on_other_cores", lambda _cpu: [1])
    assert launch_cost.beside(SETTINGS) == BESIDE / len(affinity.allowed_cpus())
    assert launch_cost.beside(replace(SETTINGS, threads=2)) == 0


def test_a_cold_start_is_shorter_than_the_start_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch_cost, "allowed_cpus", lambda: [0, 1])
    assert cold_start(starting=12.0, workers=12) == pytest.approx(0.7 * 2)
    cost = supposed(workers=12, rows=24, settings=SETTINGS)
    assert cost.starting == pytest.approx(6 * launch_cost.TO_START)
    assert cost.cold_start == pytest.approx(0.7 * launch_cost.TO_START)


def test_a_turn_takes_what_is_neither_training_nor_warming_up() -> None:
    # A round of 100 epochs and one of 50, of 10 µs each, and 25 untimed epochs before both: 2 ms of 6.
    timing = replace(CALIBRATION, round_nanoseconds=[1_000_000, 500_000])
    found = beyond_training(0.006, [timing], {row_of(timing): 10e-6})
    assert found == pytest.approx((0.006 - 0.0015 - 0.0005) / 2)
    assert beyond_training(0.006, [], {}) == 0
