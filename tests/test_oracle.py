"""The oracle: against closed forms, against the derivation, and at the kink."""

from decimal import Decimal, getcontext
from typing import get_args

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import network, random_row
from xorbench.judging import oracle
from xorbench.judging.audit import common_digits
from xorbench.judging.derivation import evaluated
from xorbench.workloads import WORKLOADS
from xorbench.workloads.recipe import Activation, Loss


@pytest.mark.parametrize(("w", "b", "x", "y"), [(0.3, -0.2, 1.0, 1.0), (-17.0, 2.5, 1.0, 0.0), (25.0, 25.0, 1.0, 1.0)])
def test_one_neuron_with_one_input_has_a_closed_form(w: float, b: float, x: float, y: float) -> None:
    getcontext().prec = 150
    p = 1 / (1 + (-(Decimal(w) * Decimal(x) + Decimal(b))).exp())
    expected = -(Decimal(y) - p) * p * (1 - p) * Decimal(x)
    one = network((1, 1), inputs=[[x]], targets=[[y]])
    found = oracle.true_values(one, [np.array([[w]]), np.array([[b]])])[0]
    # As wrong as central differences are allowed to be: 90 digits after the point.
    assert abs(Decimal(found.mid().str(140, radius=False)) - expected) < Decimal("1e-90")


def test_at_zero_weights_the_neuron_stands_still() -> None:
    found = oracle.true_values(WORKLOADS["neuron"], [np.zeros((2, 1)), np.zeros((1, 1))])
    assert all(abs(ball) < arb("1e-90") for ball in found[:3])
    assert [float(ball) for ball in found[3:]] == [0.5] * 5  # the predictions, and half of four times 1/4


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.01, 25),
    st.sampled_from(get_args(Activation)),
    st.sampled_from(get_args(Loss)),
)
def test_differences_and_the_derivation_share_sixty_digits(
    seed: int, scale: float, activation: Activation, loss: Loss
) -> None:
    workload = network((2, 3, 1), activation, loss)
    parameters = workload.shaped(random_row(workload, seed, scale))
    with ctx.workprec(2 * oracle.BITS):
        derived = evaluated(workload, parameters)
    found = oracle.differences(workload, parameters)
    some = [i for i, ball in enumerate(found) if abs(ball.mid()) > oracle.SMALLEST]
    assert common_digits(found[some], derived[some]) >= 60


@pytest.mark.parametrize("logit", [1e3, -1e3, 1e4, -1e5])
def test_far_in_saturation_there_is_a_truth_still(logit: float) -> None:
    workload = WORKLOADS["neuron"]
    found = oracle.true_values(workload, [np.full((2, 1), logit), np.full((1, 1), logit)])
    assert all(ball.is_finite() and abs(ball) < arb("1e-300") for ball in found[:3])


def test_some_entries_are_those_of_all() -> None:
    workload = WORKLOADS["hidden"]
    every = oracle.differences(workload, list(workload.initial_parameters))
    some = oracle.differences(workload, list(workload.initial_parameters), [16, 3])
    assert [ball.mid() for ball in some] == [every[16].mid(), every[3].mid()]


def test_a_wide_network_gets_the_derivation() -> None:
    wide = network((2, 40, 1))
    assert len(wide.entries) > oracle.MOST_DIFFERENCES
    parameters = wide.shaped(random_row(wide, 0, 1.0))
    found = oracle.true_values(wide, parameters)
    sample = [0, 50, 100, 160]
    assert common_digits(oracle.differences(wide, parameters, sample), found[sample]) >= 60


def test_on_its_kink_a_relu_is_off() -> None:
    workload = network((2, 1, 1), "relu")
    # One hidden unit, w = (1, 1), b = 0: the input (0, 0) is on the kink. v = 1, c = 0.
    found = oracle.true_values(workload, [np.ones((2, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 1))])
    outputs = {z: 1 / (1 + np.exp(-z)) for z in (0.0, 1.0, 2.0)}
    delta = {z: (p - y) * p * (1 - p) for (z, p), y in zip(outputs.items(), (0, 1, 0), strict=True)}
    # Of the bias of the hidden unit: the samples whose logit is 1 (twice) and 2; not the one on the kink.
    assert float(found[2]) == pytest.approx(2 * delta[1.0] + delta[2.0], rel=1e-14)
    assert float(found[4]) == pytest.approx(delta[0.0] + 2 * delta[1.0] + delta[2.0], rel=1e-14)
