"""What must hold of every gradient, whoever computes it: symmetries, each within what rounding explains."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import parameters, random_row
from xorbench.contract import Contract
from xorbench.judging.answers import answers
from xorbench.judging.points import Numbers, Point, points_of
from xorbench.judging.scope import DTYPES
from xorbench.judging.truths import truths_here
from xorbench.workloads import WORKLOADS, Array, Workload, flat
from xorbench.workloads.workload import Dtype

HIDDEN = WORKLOADS["hidden"]

pytestmark = pytest.mark.parametrize(
    "present", parameters(slow=lambda i: i.slow_to_compile or i.tier == "tuned"), indirect=True
)

few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
points = given(st.integers(0, 2**32 - 1), st.floats(0.01, 25), st.sampled_from(DTYPES), st.permutations(range(4)))


def judged(module: Contract, workload: Workload, row: Array) -> tuple[Numbers, Numbers]:
    """The gradient at a point, and what rounding can do to it: flat rows."""
    points = points_of(workload, "float32" if row.dtype == np.float32 else "float64", [Point(row, "drawn")])
    with np.errstate(all="ignore"):
        found = answers(module, points)
    assert not found.complaints
    gradient = slice(0, len(workload.entries))
    return found.rows[0, gradient].astype(np.float64), truths_here(points).bound[0, gradient]


def samples(workload: Workload, which: list[int]) -> Workload:
    return replace(workload, inputs=workload.inputs[which], targets=workload.targets[which])


@few
@points
def test_the_order_of_samples_does_not_matter(
    module: Contract, seed: int, scale: float, dtype: Dtype, order: list[int]
) -> None:
    row = random_row(HIDDEN, seed, scale, dtype)
    one, one_bound = judged(module, HIDDEN, row)
    other, other_bound = judged(module, samples(HIDDEN, order), row)
    assert np.all(np.abs(one - other) <= one_bound + other_bound)


@few
@points
def test_a_sample_given_twice_counts_twice(
    module: Contract, seed: int, scale: float, dtype: Dtype, order: list[int]
) -> None:
    row = random_row(HIDDEN, seed, scale, dtype)
    once, once_bound = judged(module, samples(HIDDEN, order[:1]), row)
    twice, twice_bound = judged(module, samples(HIDDEN, order[:1] * 2), row)
    assert np.all(np.abs(twice - 2 * once) <= twice_bound + 2 * once_bound)


@few
@points
def test_a_loss_of_four_times_the_size_has_four_times_the_gradient(
    module: Contract, seed: int, scale: float, dtype: Dtype, order: list[int]
) -> None:
    row = random_row(HIDDEN, seed, scale, dtype)
    once, once_bound = judged(module, samples(HIDDEN, order), row)
    scaled, scaled_bound = judged(module, samples(HIDDEN, order * 4), row)
    assert np.all(np.abs(scaled - 4 * once) <= scaled_bound + 4 * once_bound)


@few
@points
def test_hidden_units_in_another_order_have_their_gradients_in_that_order(
    module: Contract, seed: int, scale: float, dtype: Dtype, order: list[int]
) -> None:
    def permuted(values: Array) -> Array:
        first, bias, second, last = HIDDEN.shaped(values)
        return flat([first[:, order], bias[:, order], second[order], last])

    row = random_row(HIDDEN, seed, scale, dtype)
    one, one_bound = judged(module, HIDDEN, row)
    other, other_bound = judged(module, HIDDEN, permuted(row))
    assert np.all(np.abs(permuted(one) - other) <= permuted(one_bound) + other_bound)
