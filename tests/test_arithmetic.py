"""The arithmetic of the bound: each operation is charged what the standard model says, checked with exact fractions."""

import itertools
from fractions import Fraction
from typing import get_args

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import network
from xorbench.judging.arithmetic import ONE, ZERO, Exact, Rounded
from xorbench.judging.charges import CHARGES, Function
from xorbench.judging.judge import DTYPES
from xorbench.judging.points import Point, points_of
from xorbench.judging.truths import rounding_bound, truths_here
from xorbench.workloads.workload import Dtype

UNIT = {"float64": Fraction(1, 2**53), "float32": Fraction(1, 2**24)}
SMALLEST = {"float64": Fraction(2) ** -1022, "float32": Fraction(2) ** -126}


def radius(ball: arb) -> Fraction:
    mantissa, exponent = ball.rad().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def near(found: Fraction, expected: Fraction) -> bool:
    """Whether a radius is the expected one; balls round their radii up, at the 30th bit."""
    return expected <= found <= expected * (1 + Fraction(1, 10**6))


@pytest.fixture(autouse=True)
def many_bits() -> object:
    with ctx.workprec(200):
        yield


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_operation_is_charged_its_rounding_even_where_the_result_is_a_number_of_the_dtype(dtype: Dtype) -> None:
    rounded, unit = Rounded(dtype), UNIT[dtype]
    assert near(radius(rounded.times(arb(3), arb(0.25))), Fraction(3, 4) * unit + SMALLEST[dtype])
    assert near(radius(rounded.total([arb(0.75), arb(0.25)])), unit + SMALLEST[dtype])
    assert near(radius(rounded.total([arb(0.75), arb(-0.5)])), unit / 4 + SMALLEST[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_operation_that_cannot_round_is_charged_nothing(dtype: Dtype) -> None:
    rounded, third = Rounded(dtype), arb(1) / 3
    for found, expected in (
        (rounded.times(third, ONE), third),
        (rounded.times(ONE, third), third),
        (rounded.times(third, ZERO), ZERO),
        (rounded.times(ZERO, third), ZERO),
        (rounded.total([ZERO, third, ZERO]), third),
        (rounded.total([ZERO, ZERO]), ZERO),
        (rounded.total([]), ZERO),
    ):
        assert (found.mid(), radius(found)) == (expected.mid(), radius(expected))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", get_args(Function))
def test_a_function_is_charged_as_stated(dtype: Dtype, function: Function) -> None:
    expected = {"exp": (3, 6), "expm1": (6, 7), "log1p": (3, 4), "tanh": (8, 8), "sqrt": (1, 1)}[function][
        DTYPES.index(dtype)
    ]
    assert CHARGES[dtype][function] == expected
    found = radius(Rounded(dtype).called(function, arb(-2.5)))
    assert near(found, Fraction(5, 2) * expected * UNIT[dtype] + SMALLEST[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_result_that_may_underflow_is_charged_the_smallest_normal_number(dtype: Dtype) -> None:
    tiny = arb(2) ** -2000
    found = Rounded(dtype).times(tiny, tiny)
    assert near(radius(found), SMALLEST[dtype])
    # Two additions and a multiplication, each of which may lose it; the first addition is charged twice as much.
    added = Rounded(dtype).total([tiny, tiny, tiny])
    assert near(radius(added), 3 * SMALLEST[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sum_is_charged_for_any_order(dtype: Dtype) -> None:
    terms = [arb(x) for x in (1024, -1000, 3, 7)]
    unit = UNIT[dtype]
    before = ((1 + unit) ** 2 - 1) * (1024 + 1000 + 3 + 7) + 4 * SMALLEST[dtype]
    assert near(radius(Rounded(dtype).total(terms)), before + unit * (34 + before) + SMALLEST[dtype])


numbers = st.lists(st.floats(-1e6, 1e6, width=32, allow_subnormal=False), min_size=1, max_size=7)


@given(numbers)
def test_sums_in_any_order_are_inside(terms: list[float]) -> None:
    found = Rounded("float32").total([arb(x) for x in terms])
    for some in itertools.islice(itertools.permutations(np.array(terms, np.float32)), 30):
        left = some[0]
        for term in some[1:]:
            left = np.float32(left + term)
        halves = np.float32(np.sum(some[::2], dtype=np.float32) + np.sum(some[1::2], dtype=np.float32))
        assert found.contains(float(left))
        assert found.contains(float(halves))


def test_exact_arithmetic_charges_nothing() -> None:
    exact = Exact()
    assert radius(exact.total([arb(0.75), arb(0.25), arb(3)])) == 0
    assert radius(exact.times(arb(3), arb(0.25))) == 0
    assert radius(exact.constant(0.1)) == 0


def test_a_constant_is_rounded_where_the_dtype_does_not_hold_it() -> None:
    assert radius(Rounded("float64").constant(0.1)) == 0
    assert radius(Rounded("float32").constant(0.5)) == 0
    assert near(radius(Rounded("float32").constant(0.1)), Fraction(0.1) * UNIT["float32"])


Interval = tuple[Fraction, Fraction]


class ByHand:
    """Intervals of exact fractions, with the standard model of rounding written out."""

    def __init__(self, dtype: Dtype) -> None:
        self.unit, self.tiny, self.exp_units = UNIT[dtype], SMALLEST[dtype], CHARGES[dtype]["exp"]

    def rounded(self, interval: Interval, units: int = 1) -> Interval:
        low, high = interval
        off = units * self.unit
        ends = [x * (1 + sign * off) for x in (low, high) for sign in (-1, 1)]
        return min(ends) - self.tiny, max(ends) + self.tiny

    def product(self, a: Interval, b: Interval) -> Interval:
        ends = [x * y for x in a for y in b]
        return self.rounded((min(ends), max(ends)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bound_of_a_neuron_written_out_by_hand(dtype: Dtype) -> None:
    """One input of 1, weight and bias 0, target 1: the logit is exactly 0 and its exponential 1."""
    by = ByHand(dtype)
    exponential = by.rounded((Fraction(1), Fraction(1)), by.exp_units)
    low, high = by.rounded((1 + exponential[0], 1 + exponential[1]))
    p = by.rounded((1 / high, 1 / low))
    slope = by.product(p, by.rounded((1 - p[1], 1 - p[0])))
    delta = by.product(by.rounded((p[0] - 1, p[1] - 1)), slope)
    truth = Fraction(-1, 8)
    expected = max(abs(delta[0] - truth), abs(delta[1] - truth))

    neuron = network((1, 1), inputs=[[1.0]], targets=[[1.0]])
    point = points_of(neuron, dtype, [Point(np.zeros(2), "zero")])
    weight, bias, prediction, loss = (Fraction(x) for x in truths_here(point).bound[0])
    # The radius of a quotient of balls is not the smallest one, but within a ten-thousandth.
    for found in (weight, bias):
        assert float(found / expected) == pytest.approx(1, abs=1e-4)
    assert float(prediction / max(p[1] - Fraction(1, 2), Fraction(1, 2) - p[0])) == pytest.approx(1, abs=1e-4)
    error = by.rounded((1 - p[1], 1 - p[0]))
    square = by.product(error, error)
    half = by.rounded((square[0] / 2, square[1] / 2))
    assert float(loss / max(half[1] - Fraction(1, 8), Fraction(1, 8) - half[0])) == pytest.approx(1, abs=1e-4)


def test_the_neuron_has_as_many_units_as_a_reader_counts() -> None:
    # In float64: exp 3 units of 1, so the denominator 2 has 3 + 2 units of u, its quotient 1/2 has 5/4 + 1/2 = 7/4.
    neuron = network((1, 1), inputs=[[1.0]], targets=[[1.0]])
    balls = rounding_bound(neuron, [np.zeros((1, 1)), np.zeros((1, 1))], "float64")
    unit = UNIT["float64"]
    # 1 - p and p - 1 have 7/4 + 1/2 = 9/4 units; p (1 - p) has 7/8 + 9/8 + 1/4 = 9/4; times -1/2: 9/8 + 9/16 + 1/8.
    # The square of 1 - p has 9/4 + 1/4 = 5/2 units, its half 5/4 + 1/8 = 11/8.
    assert [round(float(radius(ball) / unit), 4) for ball in balls] == [1.8125, 1.8125, 1.75, 1.375]
