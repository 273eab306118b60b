"""The oracle and the bound: against closed forms, and against each other wherever hypothesis looks."""

import itertools
from decimal import Decimal, getcontext

import numpy as np
import pytest
from flint import arb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import oracle
from benchmarks.contract import discover, load
from benchmarks.gradients import DTYPES
from benchmarks.workloads import WORKLOADS, Parameters

HIDDEN = WORKLOADS["hidden"]


def random_point(seed: int, scale: float, sizes: tuple[int, ...], dtype: str) -> Parameters:
    random = np.random.RandomState(seed)
    shapes = [shape for a, b in itertools.pairwise(sizes) for shape in ((a, b), (1, b))]
    return [random.uniform(-scale, scale, shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize(("w", "b", "x", "y"), [(0.3, -0.2, 1.0, 1.0), (-17.0, 2.5, 1.0, 0.0), (25.0, 25.0, 1.0, 1.0)])
def test_one_neuron_with_one_input_has_a_closed_form(w: float, b: float, x: float, y: float) -> None:
    getcontext().prec = 100
    p = 1 / (1 + (-(Decimal(w) * Decimal(x) + Decimal(b))).exp())
    expected = -(Decimal(y) - p) * p * (1 - p) * Decimal(x)
    found = oracle.true_gradient([np.array([[w]]), np.array([[b]])], np.array([[x]]), np.array([[y]]))[0][0, 0]
    # As wrong as central differences are allowed to be: 50 digits after the point.
    assert abs(Decimal(found.mid().str(90, radius=False)) - expected) < Decimal("1e-50")


def test_at_zero_weights_the_neuron_stands_still() -> None:
    workload = WORKLOADS["neuron"]
    for gradient in oracle.true_gradient([np.zeros((2, 1)), np.zeros((1, 1))], workload.inputs, workload.targets):
        assert all(abs(ball) < arb("1e-50") for ball in gradient.flat)


networks = st.sampled_from([(2, 1), (2, 4, 1), (2, 3, 3, 1)])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 25), networks, st.sampled_from(DTYPES))
def test_the_bound_of_the_formula_holds_the_truth_found_without_it(
    seed: int, scale: float, sizes: tuple[int, ...], dtype: str
) -> None:
    point = random_point(seed, scale, sizes, dtype)
    truth = oracle.true_gradient(point, HIDDEN.inputs, HIDDEN.targets)
    bound = oracle.rounding_bound(point, HIDDEN.inputs, HIDDEN.targets, dtype)
    for around, true, parameter in zip(bound, truth, point, strict=True):
        radii = oracle.radii(around, true)  # raises where a ball does not hold the truth
        assert radii.shape == parameter.shape
        assert np.all(radii > 0)


@settings(max_examples=60, deadline=None)
@example(seed=1, scale=25.0, sizes=(2, 4, 1), dtype="float32")
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 25), networks, st.sampled_from(DTYPES))
def test_an_honest_gradient_is_inside_its_bound(seed: int, scale: float, sizes: tuple[int, ...], dtype: str) -> None:
    module = load(discover()[0])
    point = random_point(seed, scale, sizes, dtype)
    with np.errstate(over="ignore"):  # where a sigmoid saturates
        gradient = module.gradient(*module.convert(point, HIDDEN.inputs, HIDDEN.targets, dtype))
    truth = oracle.true_gradient(point, HIDDEN.inputs, HIDDEN.targets)
    bound = oracle.rounding_bound(point, HIDDEN.inputs, HIDDEN.targets, dtype)
    for given_, true, around in zip(gradient, truth, bound, strict=True):
        assert np.all(oracle.errors(given_, true) <= oracle.radii(around, true))


def test_single_precision_is_allowed_more_but_only_as_much_as_it_needs() -> None:
    radii = {}
    for dtype in DTYPES:
        around = oracle.rounding_bound(HIDDEN.initial_parameters, HIDDEN.inputs, HIDDEN.targets, dtype)
        radii[dtype] = np.concatenate([[float(ball.rad()) for ball in array.flat] for array in around])
    ratio = radii["float32"] / radii["float64"]
    assert np.all((ratio > 2**27) & (ratio < 2**31))  # 29 bits apart


def test_nan_and_infinity_are_no_small_errors() -> None:
    truth = oracle.balls(np.ones((1, 3)))
    errors = oracle.errors(np.array([[np.nan, np.inf, 1.0]]), truth)
    assert np.isnan(errors[0, 0])
    assert errors[0, 1] == np.inf
    assert errors[0, 2] == 0


def test_the_oracle_and_the_formula_watch_each_other() -> None:
    around = oracle.balls(np.array([[1.0]]))
    elsewhere = oracle.balls(np.array([[1.0 + 1e-9]]))
    with pytest.raises(ArithmeticError, match="outside the ball"):
        oracle.radii(around, elsewhere)
