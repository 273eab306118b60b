"""The tutorial's network in other sizes: ordinary workloads, whose losses fall, found by their names."""

import itertools

import numpy as np
import pytest

from tests.conftest import BASELINE
from xorbench.contract import load
from xorbench.workloads import WORKLOADS, multiply_adds, named, sizes


def test_a_name_says_which_it_is() -> None:
    workload = named("width-16-batch-64")
    assert (workload.name, workload.layer_sizes, len(workload.inputs)) == ("width-16-batch-64", (6, 16, 1), 64)
    assert workload is sizes.sized(16, 64)
    assert named("hidden") is WORKLOADS["hidden"]


@pytest.mark.parametrize("name", ["width-1-batch-4", "width-2000-batch-4", "width-4-batch-5", "width-04-batch-4", "x"])
def test_other_names_are_nobodys(name: str) -> None:
    with pytest.raises(KeyError):
        named(name)


def test_a_batch_of_four_is_xor() -> None:
    np.testing.assert_array_equal(sizes.sized(4, 4).inputs, WORKLOADS["hidden"].inputs)
    np.testing.assert_array_equal(sizes.sized(4, 4).targets, WORKLOADS["hidden"].targets)


@pytest.mark.parametrize(("width", "batch"), [(2, 4), (1_024, 4), (64, 1_024), (256, 256), (2, 1_024)])
def test_the_loss_falls_from_epoch_to_epoch_and_each_moves_the_parameters_visibly(width: int, batch: int) -> None:
    module, workload = load(BASELINE), sizes.sized(width, batch)
    state = module.begin(workload.recipe, [np.array(p) for p in workload.initial_parameters])
    losses = [float(workload.losses(workload.initial_parameters))]
    for _ in range(20):
        before, (state) = state[0], module.step(workload.recipe, state, workload.inputs, workload.targets)
        losses.append(float(module.loss(workload.recipe, state[0], workload.inputs, workload.targets)))
        moved = max(float(np.max(np.abs(a - b))) for a, b in zip(before, state[0], strict=True))
        assert moved > 1e-6  # a thousand times what the ledger lets pass: one epoch too few is seen
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    assert workload.known_answer.loss[1] == losses[0]


def test_multiply_adds_are_counted_by_hand() -> None:
    # 4 samples, 2-3-1: forward 4*2*3 + 4*3*1 = 36, to the weights as many, down only through 3-1: 12.
    assert multiply_adds((2, 3, 1), 4) == 36 + 36 + 12
    assert sizes.sized(3, 4).multiply_adds == 84


def test_a_cross_has_each_point_once() -> None:
    names = [workload.name for workload in sizes.cross([2, 4], [4, 8], at_width=4, at_batch=4)]
    assert names == ["width-2-batch-4", "width-4-batch-4", "width-4-batch-8"]
