"""Trajectories: the epochs at which planted ones part, and a truth that more bits confirm."""

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from tests.conftest import BASELINE
from xorbench.contract import REFERENCE, Contract, discover, load
from xorbench.contract.protocol import State, Tensor
from xorbench.judging.tasks import TrajectoryQuestion
from xorbench.judging.trajectories import TRUE_EPOCHS, trajectories, true_trajectory
from xorbench.workloads import TUTORIAL, WORKLOADS, Recipe

NEURON = WORKLOADS["neuron"]
ROWS = 1 + NEURON.epochs


def beside(moved: np.ndarray, truth: float = 1.0) -> object:
    """The trajectory of what is `moved` from a reference that stays at 1."""
    rows = {REFERENCE: np.ones((ROWS, 3)), "other": np.ones((ROWS, 3)) + moved}
    true = np.full((1 + TRUE_EPOCHS, 3), truth), np.zeros((1 + TRUE_EPOCHS, 3))
    return {row.implementation: row for row in trajectories(NEURON, rows, true)}["other"]


def test_each_threshold_has_its_first_epoch() -> None:
    moved = np.zeros((ROWS, 3))
    moved[5:, 1] = 2.0**-52  # one unit in the last place of 1
    moved[7:, 1] = 2.0**-51
    moved[50:, 1] = 1.5e-12  # less than twice as far as counts
    moved[600:, 0] = 1.5e-6
    moved[9000:, 2] = -2.0
    found = beside(moved)
    assert (found.bits, found.one_ulp, found.e12, found.e6, found.decisions) == (5, 7, 50, 600, 9000)  # type: ignore[attr-defined]
    assert found.from_reference[-1] == 2  # type: ignore[attr-defined]


def test_what_never_parts_says_so() -> None:
    found = beside(np.zeros((ROWS, 3)), truth=1.25)
    assert [getattr(found, name) for name in ("bits", "one_ulp", "e12", "e6", "decisions")] == [None] * 5
    assert set(found.from_truth) == {0.25}  # type: ignore[attr-defined]
    assert found.at[0] == 1  # type: ignore[attr-defined]
    assert {10, 100, 1_000, 10_000} <= set(found.at)  # type: ignore[attr-defined]
    assert found.at[len(found.from_truth) - 1] == TRUE_EPOCHS  # type: ignore[attr-defined]


def test_without_the_reference_there_is_nothing_to_compare_with() -> None:
    assert trajectories(NEURON, {"other": np.ones((ROWS, 3))}, true_trajectory(NEURON, 1)) == []


@pytest.mark.parametrize("workload", [*TUTORIAL, "momentum", "rmsprop", "adam", "kink"])
def test_twice_the_bits_change_nothing_in_the_first_thirty_digits(workload: str) -> None:
    some = true_trajectory(WORKLOADS[workload], 300)
    more = true_trajectory(WORKLOADS[workload], 300, bits=400)
    np.testing.assert_array_equal(some[0], more[0])
    np.testing.assert_allclose(some[1], more[1], rtol=1e-14)


def test_an_honest_training_stays_near_the_true_one() -> None:
    workload = WORKLOADS["hidden"]
    with np.errstate(over="ignore"):
        rows = TrajectoryQuestion(workload, "float64").ask(load(BASELINE), lambda _: None)
    high, low = true_trajectory(workload, 100)
    assert np.abs((rows[:101] - high) - low).max() < 1e-14
    assert np.abs(rows[100] - rows[99]).max() > 1e-4  # it moves


@pytest.mark.parametrize(
    ("last", "wrong", "says"),
    [
        (1_500, np.nan, "after epoch 1203 of training: a number that is not finite"),
        (1_203, np.inf, "after epoch 1203 of training: a number that is not finite"),
        (1_500, np.ones(3), "after epoch 1203 of training: arrays of shapes"),
    ],
)
def test_a_trajectory_names_the_first_epoch_with_malformed_parameters(last: int, wrong: object, says: str) -> None:
    honest = load(discover()[0])
    done = itertools.count(1)

    def step(recipe: Recipe, state: State, inputs: Tensor, targets: Tensor) -> State:
        parameters, memory = honest.step(recipe, state, inputs, targets)
        return ([p * wrong for p in parameters] if next(done) == 1_203 else parameters), memory

    module = cast(Contract, SimpleNamespace(**vars(honest) | {"step": step}))
    with pytest.raises(ValueError, match=says):
        TrajectoryQuestion(replace(NEURON, epochs=last), "float64").ask(module, lambda _: None)


def test_the_loss_is_that_of_the_parameters_at_those_epochs() -> None:
    rows = np.zeros((ROWS, 3))
    rows[100:] = [20, 20, -10]  # OR: wrong about (1, 1) alone
    found = trajectories(NEURON, {REFERENCE: rows}, true_trajectory(NEURON, 1))[0]
    by_epoch = dict(zip(found.at, found.loss, strict=True))
    assert by_epoch[1] == by_epoch[86] == 0.5  # four predictions of 1/2
    assert by_epoch[100] == by_epoch[10_000] == pytest.approx(0.5, abs=2e-4)
    assert by_epoch[100] != 0.5
