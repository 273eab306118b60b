"""Intervals: those of the tables, whatever the values, and the same from either side."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xorbench.estimates.intervals import Interval, difference, interval, median, medians_of_columns

T_5 = 2.5706
"""Student's t for 95 % and 5 degrees of freedom, as tables print it."""

VALUES = st.lists(st.floats(-3, 3), min_size=2, max_size=30)


def ends(found: Interval) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@pytest.mark.parametrize(("values", "middle"), [([3.0, 1.0, 2.0], 2.0), ([4.0, 1.0, 2.0, 8.0], 3.0), ([0.5], 0.5)])
def test_the_median_is_the_middle_value_or_the_mean_of_both(values: list[float], middle: float) -> None:
    assert median(values) == middle
    assert median(np.array(values)) == middle


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_medians_of_columns_are_those_of_numpy_bit_for_bit(rows: int, columns: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(rows, columns))
    assert medians_of_columns(values).tolist() == np.median(values, axis=0).tolist()


def test_an_interval_is_students() -> None:
    values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    error = math.sqrt(0.035 / 6)  # their variance is 0.035
    found = interval(values)
    assert found.value == pytest.approx(math.exp(0.35))
    assert ends(found) == pytest.approx((math.exp(0.35 - T_5 * error), math.exp(0.35 + T_5 * error)), rel=1e-4)


@settings(deadline=None)
@given(VALUES, st.floats(0.5, 0.99), st.floats(0.991, 0.9999))
def test_more_confidence_is_a_wider_interval_around_the_same_value(
    values: list[float], less: float, more: float
) -> None:
    narrow, wide = interval(values, less), interval(values, more)
    low, high = ends(narrow)
    assert low <= narrow.value * (1 + 1e-12)
    assert narrow.value <= high * (1 + 1e-12)
    assert ends(wide)[0] <= low * (1 + 1e-12)
    assert high <= ends(wide)[1] * (1 + 1e-12)
    assert narrow.half_width <= wide.half_width + 1e-12


@settings(deadline=None)
@given(VALUES)
def test_turning_the_ratio_around_turns_the_interval_around(values: list[float]) -> None:
    there, back = interval(values), interval([-value for value in values])
    assert back.value == pytest.approx(1 / there.value)
    assert ends(back)[1] == pytest.approx(1 / ends(there)[0])


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.01, 1.2, "slower"),
        (0.8, 0.99, "faster"),
        (0.99, 1.01, "not separated"),
        (1.0, 1.1, "not separated"),
        (None, None, "one launch"),
    ],
)
def test_a_verdict_needs_an_interval_that_leaves_out_one(low: float | None, high: float | None, verdict: str) -> None:
    assert Interval(1.0, low, high).verdict == verdict


def test_one_value_has_no_interval() -> None:
    for found in (interval([0.5]), difference([0.5], [1.0, 1.0])):
        assert (found.low, found.high, found.half_width) == (None, None, math.inf)


def test_a_difference_is_welchs() -> None:
    # Two samples of 3 with variances 0.01 and 0.04: an error of sqrt(0.05 / 3), 2.94 degrees of freedom, t = 3.2153.
    found = difference([0.0, 0.1, 0.2], [1.0, 1.2, 1.4])
    half = 3.2153 * math.sqrt(0.05 / 3)
    assert found.value == pytest.approx(math.exp(1.1))
    assert ends(found) == pytest.approx((math.exp(1.1 - half), math.exp(1.1 + half)), rel=1e-3)


@pytest.mark.parametrize(("confidence", "quantile"), [(0.95, 1.959964), (0.99, 2.575829)])
def test_a_difference_of_two_runs_holds_what_differs_from_run_to_run(confidence: float, quantile: float) -> None:
    # Two means, each with a standard deviation of 0.02 between runs that is known: a normal quantile of them.
    found = difference([0.0, 0.0], [0.5, 0.5], confidence, between_runs=0.02)
    half = quantile * math.sqrt(2) * 0.02
    assert found.value == pytest.approx(math.exp(0.5))
    assert ends(found) == pytest.approx((math.exp(0.5 - half), math.exp(0.5 + half)), rel=1e-6)


def test_both_variances_of_a_difference_add_up() -> None:
    within = 3.2153 * math.sqrt(0.05 / 3)  # Welch's half-width, as above
    between = 1.959964 * math.sqrt(2) * 0.1
    found = difference([0.0, 0.1, 0.2], [1.0, 1.2, 1.4], between_runs=0.1)
    half = math.sqrt(within**2 + between**2)
    assert ends(found) == pytest.approx((math.exp(1.1 - half), math.exp(1.1 + half)), rel=1e-3)


@settings(deadline=None)
@given(VALUES, VALUES, st.floats(0, 0.1), st.floats(0.11, 0.5))
def test_more_variation_between_runs_is_a_wider_interval_around_the_same_value(
    before: list[float], after: list[float], less: float, more: float
) -> None:
    narrow, wide = difference(before, after, between_runs=less), difference(before, after, between_runs=more)
    assert narrow.value == wide.value
    assert ends(wide)[0] <= ends(narrow)[0]
    assert ends(narrow)[1] <= ends(wide)[1]


def test_values_without_any_spread_have_an_interval_without_width() -> None:
    found = difference([0.0, 0.0], [0.5, 0.5])
    assert ends(found) == pytest.approx((math.exp(0.5),) * 2)


def test_sums_differences_and_inverses_have_the_most_extreme_ends() -> None:
    one, other = Interval(4.0, 2.0, 8.0), Interval(2.0, 1.0, 4.0)
    assert one.plus(other) == Interval(6.0, 3.0, 12.0)
    assert one.minus(other) == Interval(2.0, -2.0, 7.0)
    assert one.inverse == Interval(0.25, 0.125, 0.5)
    assert Interval(4.0, None, None).inverse == Interval(0.25, None, None)
    assert one.plus(Interval(1.0, None, None)) == Interval(5.0, None, None)
