"""The workloads there are: what sets each apart, and parity as the larger XOR."""

import itertools

import numpy as np
import pytest

from xorbench.workloads import TUTORIAL, WORKLOADS
from xorbench.workloads.catalogue import parity, solved


@pytest.mark.parametrize("bits", range(2, 11))
def test_parity_is_xor_made_larger(bits: int) -> None:
    workload = WORKLOADS[f"parity-{bits}"]
    assert workload.inputs.shape == (2**bits, bits)
    for sample, target in zip(workload.inputs, workload.targets[:, 0], strict=True):
        folded = 0
        for bit in sample:
            folded ^= int(bit)
        assert target == folded


def test_two_bits_are_xor() -> None:
    inputs, targets = parity(2)
    assert inputs.tolist() == [list(map(float, pair)) for pair in itertools.product((0, 1), repeat=2)]
    assert targets.ravel().tolist() == [0, 1, 1, 0]


def test_the_tutorials_two_are_timed_by_default() -> None:
    assert TUTORIAL == ("neuron", "hidden")
    assert list(WORKLOADS)[:2] == [*TUTORIAL]


def test_every_activation_loss_optimiser_and_dtype_has_a_workload() -> None:
    recipes = [workload.recipe for workload in WORKLOADS.values()]
    assert {r.activation for r in recipes} == {"sigmoid", "tanh", "relu"}
    assert {r.loss for r in recipes} == {"squared error", "cross-entropy"}
    assert {r.optimiser for r in recipes} == {"gradient descent", "momentum", "rmsprop", "adam"}
    assert {workload.dtype for workload in WORKLOADS.values()} == {"float64", "float32"}


def first_logits(name: str) -> np.ndarray:
    workload = WORKLOADS[name]
    weights, bias = workload.initial_parameters[:2]
    return np.asarray(workload.inputs @ weights + bias)


def test_one_workload_starts_on_the_kink_and_the_other_does_not() -> None:
    assert (first_logits("kink")[0] == 0).all()
    assert (first_logits("relu") != 0).all()


def test_a_solution_bounds_predictions_and_what_they_cost() -> None:
    squares, entropy = solved(0.1, "squared error"), solved(0.1, "cross-entropy", samples=8)
    assert (squares.zeros, squares.ones) == ((0, 0.1), (0.9, 1))
    assert squares.loss[1] == pytest.approx(4 * 0.5 * 0.01)
    assert entropy.loss[1] == pytest.approx(-8 * np.log(0.9))
