"""The arithmetic of the bound: each operation is charged what the standard model says, checked with exact fractions."""

import itertools
from fractions import Fraction
from typing import get_args

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import network
from xorbench.judging import derivation
from xorbench.judging.arithmetic import ONE, ZERO, Balls, Exact, Rounded, balls
from xorbench.judging.charges import CHARGES, Function
from xorbench.judging.optimisation import moves
from xorbench.judging.points import Point, points_of
from xorbench.judging.scope import DTYPES
from xorbench.judging.truths import rounding_bound, truths_here
from xorbench.workloads import WORKLOADS, Array, Workload
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
    assert near(radius(Rounded(dtype).called("exp", tiny)), SMALLEST[dtype])
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


def drawn(random: np.random.RandomState, shape: tuple[int, int]) -> Balls:
    """Balls of very different sizes, some of them exact, and many zeros and ones."""
    found = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        value = random.choice([0.0, 0.0, 1.0, 1.0, -1.0, 1e-310, 1e5, random.uniform(-3, 3), random.uniform(-3, 3)])
        found[index] = arb(value, abs(value) * random.choice([0.0, 0.0, 1e-9, 2.0]))
    return found


@pytest.mark.parametrize("arithmetic", [Exact(), Rounded("float64"), Rounded("float32")], ids=["exact", *DTYPES])
@pytest.mark.parametrize("seed", range(20))
def test_a_product_of_matrices_is_charged_as_its_products_and_sums_are(arithmetic: Exact, seed: int) -> None:
    random = np.random.RandomState(seed)
    n, k, m = random.randint(1, 7, 3)
    a, b, row = (drawn(random, shape) for shape in ((n, k), (k, m), (1, m)))
    for plus in (None, row):
        found = arithmetic.matmul(a, b, plus)
        assert found.shape == (n, m)
        for (i, j), ball in np.ndenumerate(found):
            terms = [arithmetic.times(x, y) for x, y in zip(a[i], b[:, j], strict=True)]
            must_be_alike(ball, arithmetic.total(terms if plus is None else [*terms, row[0, j]]))
    for ball, column in zip(arithmetic.column_sums(b), b.T, strict=True):
        must_be_alike(ball, arithmetic.total(column))


def must_be_alike(found: arb, expected: arb) -> None:
    """Require that two balls have the same midpoint and the same radius, but for a millionth of the radius."""
    least = Fraction(2) ** -150  # of numbers that are less than 2^40
    allowed = max(radius(expected) / 10**6, least)
    assert abs(radius(found) - radius(expected)) <= allowed
    assert abs(found.mid() - expected.mid()) <= arb(allowed.numerator) / allowed.denominator


def test_where_a_sign_is_uncertain_both_sides_of_a_kink_are_inside_and_nothing_else() -> None:
    for found, low, high in (
        (derivation._kink_slope(arb(0.25, 0.5)), 0, 1),
        (derivation._kink_slope(arb(0)), 0, 0),
        (derivation._positive_part(arb(0.25, 0.5)), 0, 0.75),
        (derivation._positive_part(arb(-1, 0.5)), 0, 0),
        (derivation._positive_part(arb(1, 0.5)), 0.5, 1.5),
    ):
        assert [float(found.lower()), float(found.upper())] == pytest.approx([low, high], abs=1e-8)


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


def units(workload: Workload, parameters: list[Array]) -> list[float]:
    """The radii of all entries at a point in float64, in units of u: the gradient, the predictions, the loss."""
    unit = UNIT["float64"]
    return [float(radius(ball) / unit) for ball in rounding_bound(workload, parameters, "float64")]


def test_the_neuron_has_as_many_units_as_a_reader_counts() -> None:
    # In float64: exp 3 units of 1, so the denominator 2 has 3 + 2 units of u, its quotient 1/2 has 5/4 + 1/2 = 7/4.
    neuron = network((1, 1), inputs=[[1.0]], targets=[[1.0]])
    balls = rounding_bound(neuron, [np.zeros((1, 1)), np.zeros((1, 1))], "float64")
    unit = UNIT["float64"]
    # 1 - p and p - 1 have 7/4 + 1/2 = 9/4 units; p (1 - p) has 7/8 + 9/8 + 1/4 = 9/4; times -1/2: 9/8 + 9/16 + 1/8.
    # The square of 1 - p has 9/4 + 1/4 = 5/2 units, its half 5/4 + 1/8 = 11/8.
    assert [round(float(radius(ball) / unit), 4) for ball in balls] == [1.8125, 1.8125, 1.75, 1.375]


def test_the_cross_entropy_has_as_many_units_as_a_reader_counts() -> None:
    """An input of 1, weight 0 and bias 1, target 1: the logit is exactly 1, and e = exp(-1)."""
    neuron = network((1, 1), loss="cross-entropy", inputs=[[1.0]], targets=[[1.0]])
    weight, bias, prediction, loss = units(neuron, [np.zeros((1, 1)), np.ones((1, 1))])
    e = float(np.exp(-1.0))
    q, entropy = e / (1 + e), float(np.log1p(e))
    # exp has 3 u; the denominator 3 e + (1 + e) units, the quotient q 3 + 3 q + 2 times its size.
    of_q = q * (5 + 3 * q)
    # 1 - 1 - q in any order: the addition before the last one is charged to 1 + 1 + q.
    assert bias == pytest.approx(of_q + (2 + q) + q, rel=1e-4)
    assert weight == pytest.approx(bias, rel=1e-4)
    assert prediction == pytest.approx((1 - q) * (2 + 3 * q), rel=1e-4)
    # 1 - 1 + log1p(e): the same, and 3 units for log1p beside what it passes on of exp.
    of_last = 3 * q + 3 * entropy
    assert loss == pytest.approx(of_last + (2 + entropy) + entropy, rel=1e-4)
    # At a logit of 3 with the target 0, p - 0 has more units than 1 - q, and is not rounded.
    saturated = network((1, 1), loss="cross-entropy", inputs=[[1.0]], targets=[[0.0]])
    bias = units(saturated, [np.zeros((1, 1)), 3 * np.ones((1, 1))])[1]
    q = float(np.exp(-3.0) / (1 + np.exp(-3.0)))
    assert bias == pytest.approx((1 - q) * (2 + 3 * q), rel=1e-4)


def test_a_cross_entropy_of_two_softplus_functions_has_as_many_units_as_a_reader_counts() -> None:
    """With a target of 1/4 and a logit of 1, the third formula has the most units, of the loss and of its slope."""
    neuron = network((1, 1), loss="cross-entropy", inputs=[[1.0]], targets=[[0.25]])
    _, bias, _, loss = units(neuron, [np.zeros((1, 1)), np.ones((1, 1))])
    e = float(np.exp(-1.0))
    q, last = e / (1 + e), float(np.log1p(e))
    of_q, of_last = q * (5 + 3 * q), 3 * q + 3 * last
    # (1 - t) p: p is 1 - q, which has the units of q and one rounding; 1 - t and the product have one rounding each.
    p = 1 - q
    of_first = 0.75 * (of_q + p) + 2 * 0.75 * p
    assert bias == pytest.approx(of_first + 0.25 * of_q + 0.25 * q + (0.75 * p - 0.25 * q), rel=1e-4)
    # (1 - t) f(1), where f(1) = 1 + log1p(e) has one rounding; t f(-1), where f(-1) = log1p(e) has none.
    of_first = 0.75 * (of_last + 1 + last) + 2 * 0.75 * (1 + last)
    assert loss == pytest.approx(of_first + 0.25 * of_last + 0.25 * last + (0.75 + last), rel=1e-4)


@pytest.mark.parametrize("dtype", DTYPES)
@given(logit=st.floats(-40, 40, width=32), target=st.floats(0, 1, width=32))
@example(logit=-20.0, target=0.18456497788429)
def test_a_cross_entropy_of_two_softplus_functions_and_its_slope_are_inside(
    dtype: Dtype, logit: float, target: float
) -> None:
    """The formula of PyTorch's `logsigmoid`, whose slope has three roundings where p - t has one."""
    z, t = (np.array(number, dtype) for number in (logit, np.array(target, "float32")))
    neuron = network((1, 1), loss="cross-entropy", inputs=[[0.0]], targets=[[float(t)]])
    e = np.exp(-abs(z))
    q = e / (1 + e)
    p, complement = (1 - q, q) if z > 0 else (q, 1 - q)
    slope = (1 - t) * p - t * complement
    loss = t * (np.maximum(-z, 0) + np.log1p(e)) + (1 - t) * (np.maximum(z, 0) + np.log1p(e))
    truth = truths_here(points_of(neuron, dtype, [Point(np.array([0.0, z]), "drawn")]))
    assert slope.dtype == loss.dtype == np.dtype(dtype)
    assert truth.fractions(np.array([[0.0, slope, p, loss]])).max() <= 1


def test_a_hidden_unit_has_as_many_units_as_a_reader_counts() -> None:
    """One tanh: no input, bias 1/2, output weight 1, so that the last logit is v = tanh(1/2), which has 8 u."""
    hidden = network((1, 1, 1), "tanh", "cross-entropy", inputs=[[0.0]], targets=[[1.0]])
    one, nothing = np.ones((1, 1)), np.zeros((1, 1))
    found = units(hidden, [nothing, one / 2, one, nothing])
    v = float(np.tanh(0.5))
    e = float(np.exp(-v))
    q = e / (1 + e)
    # exp has 3 u and 8 v of its argument.
    assert found[4] == pytest.approx((1 - q) * (2 + (3 + 8 * v) * q), rel=1e-4)
    # The slope 1 - v^2 has 16 + 1 units of v^2 and one of itself; it is multiplied by the derivative of the last layer.
    slope, of_last = 1 - v * v, found[3]
    assert found[1] == pytest.approx(of_last * slope + q * (17 * v * v + slope) + q * slope, rel=1e-4)
    assert found[0] == 0


def test_the_optimisers_have_as_many_units_as_a_reader_counts() -> None:
    gradient = balls(np.array([0.5]))

    def found(name: str, epochs: int) -> tuple[float, float]:
        move = moves(WORKLOADS[name].recipe, 1, Rounded("float64"))
        for _ in range(epochs):
            last = move(gradient)[0]
        return float(last), float(radius(last) / UNIT["float64"])

    assert found("hidden", 1) == (0.5, 0)
    # Momentum: 0.9 times 0.5 has one rounding, the sum 0.95 another one.
    assert found("momentum", 1) == (0.5, 0)
    assert found("momentum", 2)[1] == pytest.approx(0.45 + 0.95, rel=1e-4)
    # RMSprop: the square has 3 (g g, 1 - decay, their product), its root 3/2 + 1; the sum with epsilon has 1, the
    # quotient 1.
    move, units_of_move = found("rmsprop", 1)
    assert units_of_move / move == pytest.approx(4.5, rel=1e-4)
    # Adam: the mean has 2, its correction 1 - 0.9 has 9 + 1, the quotient 1; the square 3, its correction 999 + 1, the
    # quotient 1; its root half of that and 1; the sum, the quotient, and two for the other formula.
    move, units_of_move = found("adam", 1)
    assert units_of_move / move == pytest.approx((2 + 10 + 1) + ((3 + 1_000 + 1) / 2 + 1) + 1 + 1 + 2, rel=1e-4)


def test_at_subnormal_logits_the_formulas_are_inside_and_a_slope_of_a_size_that_divides_is_not() -> None:
    """Where z is subnormal, the products of some libraries' slope of |z|, g z / |z|, have no digits: no rule allows it.

    The formulas that the bound is derived from compare z with 0 instead, and lose nothing there.
    """
    neuron = network((1, 1), loss="cross-entropy", inputs=[[0.0]], targets=[[0.0]])
    for dtype in DTYPES:
        z = np.array(3 * float(np.finfo(dtype).smallest_subnormal), dtype)
        truth = truths_here(points_of(neuron, dtype, [Point(np.array([0.0, z]), "subnormal")]))
        q = np.array(0.5, dtype)  # exp(-|z|) / (1 + exp(-|z|))
        by_comparison, by_division = 1 - q, 1 - q * z / abs(z)
        assert by_division.dtype == dtype
        fractions = [
            truth.fractions(np.array([[0.0, bias, 0.5, np.log(2)]]))[0, 1] for bias in (by_comparison, by_division)
        ]
        assert fractions[0] <= 0.01
        assert fractions[1] > 1e4
