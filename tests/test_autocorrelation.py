"""The test for launches that depend on each other: known values, a known null distribution, known power."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorbench.estimates.autocorrelation import Autocorrelation, lag_one


def found_in(series: list[list[float]], seed: int = 0) -> Autocorrelation:
    found = lag_one(series, seed)
    assert found is not None
    return found


def independent(seed: int, rows: int = 5, launches: int = 20) -> list[list[float]]:
    """Rows whose launches are independent, but which share the launch effect of their baseline."""
    random = np.random.default_rng(seed)
    found: list[list[float]] = (random.normal(size=(rows, launches)) - random.normal(size=launches)).tolist()
    return found


def autoregressive(seed: int, correlation: float, rows: int = 5, launches: int = 40) -> list[list[float]]:
    """Rows of which each launch keeps this share of the deviation of the launch before."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, launches))
    for launch in range(1, launches):
        values[:, launch] = correlation * values[:, launch - 1] + np.sqrt(1 - correlation**2) * values[:, launch]
    found: list[list[float]] = values.tolist()
    return found


def test_one_row_by_hand() -> None:
    # Deviations -1.5, -0.5, 0.5, 1.5: (0.75 - 0.25 + 0.75) / 5. Only this order and its reverse reach it: 2 of 24.
    found = found_in([[1, 2, 3, 4]])
    assert found.value == pytest.approx(0.25)
    assert found.p == pytest.approx(1 / 12, abs=0.02)
    assert not found.positive


def test_two_rows_weigh_the_same_whatever_their_spread() -> None:
    # 0.25 as above, and -3 / 4.
    assert found_in([[1, 2, 3, 4], [1000, -1000, 1000, -1000]]).value == pytest.approx((0.25 - 0.75) / 2)


def test_rows_of_different_lengths_weigh_by_their_launches() -> None:
    # 0.25 over 4 launches, and -5 / 6 over 6.
    found = found_in([[1, 2, 3, 4], [1, -1, 1, -1, 1, -1]])
    assert found.value == pytest.approx((0.25 * 4 - 5 / 6 * 6) / 10)
    assert found.p > 0.5


def test_the_p_value_is_the_share_of_all_orders_that_reach_the_value() -> None:
    # The null distribution is the set of values over all orders: whichever of them was observed, it is the same.
    first, second = [0.3, -1.1, 0.4, 2.0, 0.9], [1.0, 0.2, 0.1, 1.5, -0.4]
    orders = list(itertools.permutations(range(5)))
    found = [found_in([[row[n] for n in order] for row in (first, second)], seed) for seed, order in enumerate(orders)]
    values = np.array([one.value for one in found])
    for one in found:
        assert one.p == pytest.approx(np.mean(values >= one.value - 1e-9), abs=0.05)


def test_independent_launches_are_rarely_called_dependent() -> None:
    found = [found_in(independent(seed), seed) for seed in range(500)]
    assert 0.98 <= np.mean([one.p > 0.01 for one in found]) < 1
    assert np.mean([one.p <= 0.5 for one in found]) == pytest.approx(0.5, abs=0.07)
    assert {one.positive for one in found} == {True, False}


@pytest.mark.parametrize("seed", range(5))
def test_a_strong_autocorrelation_is_found(seed: int) -> None:
    found = found_in(autoregressive(seed, 0.7))
    assert found.value == pytest.approx(0.7, abs=0.25)
    assert found.positive


def test_launches_that_alternate_are_not_positive() -> None:
    found = found_in(autoregressive(0, -0.7))
    assert found.value < 0 < 0.9 < found.p
    assert not found.positive


def test_a_row_repeated_is_no_more_evidence() -> None:
    row = independent(3, rows=1)
    once, often = found_in(row), found_in(row * 10)
    assert often.value == pytest.approx(once.value)
    assert often.p == once.p


@given(st.lists(st.integers(-9, 9), min_size=4, max_size=8), st.floats(0.01, 100), st.floats(-5, 5))
def test_the_unit_and_the_level_of_a_row_do_not_matter(row: list[int], unit: float, level: float) -> None:
    plain, moved = lag_one([row], permutations=50), lag_one([[level + unit * x for x in row]], permutations=50)
    if len({*row}) == 1:
        assert plain is moved is None
    else:
        assert plain is not None
        assert moved is not None
        assert moved.value == pytest.approx(plain.value, abs=1e-6)
        assert moved.p == plain.p


def test_rows_that_cannot_tell_are_left_out() -> None:
    telling = independent(1, rows=2)
    assert lag_one([*telling, [0.1] * 20, [1.0, 2.0, 3.0]]) == lag_one(telling)


@pytest.mark.parametrize("series", [[], [[]], [[1.0, 2.0, 3.0]], [[0.1] * 10, [0.2] * 10], [[0.0, 0.0, 0.0, 5e-324]]])
def test_where_no_row_can_tell_there_is_none(series: list[list[float]]) -> None:
    assert lag_one(series) is None


def test_the_same_seed_gives_the_same_p_value() -> None:
    series = independent(2)
    assert lag_one(series, 7) == lag_one(series, 7)


@pytest.mark.parametrize(
    ("value", "p", "positive"), [(0.3, 0.01, True), (0.3, 0.0101, False), (0.0, 0.001, False), (-0.3, 0.001, False)]
)
def test_positive_needs_both_a_value_and_evidence(value: float, p: float, positive: bool) -> None:
    assert Autocorrelation(value, p).positive is positive
