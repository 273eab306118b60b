"""The bound: it holds the truth found without it, it passes honest code, and it gives no more than rounding needs."""

from concurrent.futures import Executor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conftest import network, random_row
from xorbench.contract import discover, load
from xorbench.judging import truths
from xorbench.judging.gradients import gradients
from xorbench.judging.judge import DTYPES
from xorbench.judging.oracle import true_gradient
from xorbench.judging.truths import Truths, inside, rounding_bound, truths_here
from xorbench.workloads import WORKLOADS
from xorbench.workloads.workload import Dtype

networks = st.sampled_from([(2, 1), (2, 4, 1), (2, 3, 3, 1)])


@settings(max_examples=40, deadline=None)
@example(seed=1, scale=25.0, sizes=(2, 4, 1), dtype="float32")
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 25), networks, st.sampled_from(DTYPES))
def test_an_honest_gradient_is_inside_its_bound(seed: int, scale: float, sizes: tuple[int, ...], dtype: Dtype) -> None:
    workload = network(sizes)
    rows = random_row(workload, seed, scale, dtype)[np.newaxis]
    truth = truths_here(workload, dtype, rows)  # raises where a ball does not hold the truth
    assert np.all(truth.bound > 0)
    with np.errstate(over="ignore"):  # where a sigmoid saturates
        given_ = gradients(load(discover()[0]), workload, dtype, rows)
    assert np.all(truth.fractions(given_.rows) <= 1)


def test_where_nothing_is_rounded_the_exact_gradient_is_inside() -> None:
    workload = network((1, 1), inputs=[[0.0]], targets=[[0.0]])
    truth = truths_here(workload, "float64", np.zeros((1, 2)))
    assert truth.fractions(np.array([[0.0, 0.125]])).max() <= 1
    assert truth.fractions(np.array([[0.0, 0.125 + 2.0**-55]])).max() > 1


def test_single_precision_is_allowed_more_but_only_as_much_as_it_needs() -> None:
    workload = WORKLOADS["hidden"]
    single, double = (
        np.array([float(ball.rad()) for ball in rounding_bound(workload, list(workload.initial_parameters), dtype)])
        for dtype in ("float32", "float64")
    )
    assert np.all((single / double > 2**27) & (single / double < 2**31))  # 29 bits apart


def test_the_oracle_and_the_derivation_watch_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    workload = WORKLOADS["neuron"]
    rows = random_row(workload, 0, 1.0)[np.newaxis]
    monkeypatch.setattr(truths, "true_gradient", lambda *given: true_gradient(*given) * (1 + 1e-9))
    with pytest.raises(ArithmeticError, match=r"W1\[0, 0\]: the oracle's .* is outside the derivation's"):
        truths_here(workload, "float64", rows)


TRUTH = Truths(
    high=np.array([[1.0, 0.5, 0.0]]), low=np.array([[2.0**-60, 0.0, 0.0]]), bound=np.array([[2.0**-53, 0, 0]])
)


def test_errors_are_against_the_unrounded_truth() -> None:
    assert TRUTH.errors(np.array([[1.0, 0.5, 0.0]])).tolist() == [[2.0**-60, 0.0, 0.0]]
    assert TRUTH.errors(np.array([[1 + 2.0**-52, 0.25, 1.0]])).tolist() == [[2.0**-52 - 2.0**-60, 0.25, 1.0]]


def test_nan_and_infinity_are_no_small_errors() -> None:
    assert TRUTH.errors(np.array([[np.nan, np.inf, -np.inf]])).tolist() == [[np.inf] * 3]


def test_without_an_error_no_bound_is_exceeded_and_without_a_bound_every_error_exceeds() -> None:
    assert TRUTH.fractions(np.array([[1.0, 0.5, 0.0]])).tolist() == [[2.0**-7, 0, 0]]
    assert TRUTH.fractions(np.array([[1.0, 0.25, np.nan]])).tolist() == [[2.0**-7, np.inf, np.inf]]


def test_the_unit_in_the_last_place_is_that_of_the_truth() -> None:
    assert TRUTH.units("float64").tolist() == [[2.0**-52, 2.0**-53, np.spacing(np.finfo("float64").smallest_normal)]]
    assert TRUTH.units("float32")[0, 0] == 2.0**-23


def test_batches_cover_all_points_once() -> None:
    for count in (1, truths.BATCH, truths.BATCH + 1, 1000):
        parts = list(truths.batches(count))
        assert [number for part in parts for number in range(count)[part]] == list(range(count))


def test_all_cores_find_what_one_finds(cores: Executor) -> None:
    workload = WORKLOADS["neuron"]
    rows = np.array([random_row(workload, seed, 3.0) for seed in range(truths.BATCH + 3)])
    ticks: list[None] = []
    many = truths.truths(workload, "float64", rows, cores, lambda: ticks.append(None))
    one = truths_here(workload, "float64", rows)
    assert len(ticks) == 2
    for name in ("high", "low", "bound"):
        np.testing.assert_array_equal(getattr(many, name), getattr(one, name))


def test_an_error_is_inside_up_to_its_bound_and_no_further() -> None:
    above = np.nextafter(1.0, 2.0)
    assert inside(np.array([0.0, 1.0, above, np.inf, np.nan])).tolist() == [True, True, False, False, False]
