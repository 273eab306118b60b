"""The bound: it holds the truth found without it, it passes honest code, and it gives no more than rounding needs."""

import json
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conftest import BASELINE, network, random_row
from xorbench.contract import load
from xorbench.judging import truths
from xorbench.judging.answers import answers
from xorbench.judging.oracle import true_values
from xorbench.judging.points import Point, points_of, random_points, spread_points
from xorbench.judging.scope import DTYPES
from xorbench.judging.truths import Truths, inside, rounding_bound, truths_here
from xorbench.judging.updates import update_truths
from xorbench.workloads import WORKLOADS
from xorbench.workloads.workload import Dtype

FIXTURES = Path(__file__).parent / "fixtures"

networks = st.sampled_from([(2, 1), (2, 4, 1), (2, 3, 3, 1)])


@settings(max_examples=8, deadline=None)
@example(seed=1, scale=25.0, sizes=(2, 4, 1), dtype="float32")
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 25), networks, st.sampled_from(DTYPES))
def test_an_honest_gradient_is_inside_its_bound(seed: int, scale: float, sizes: tuple[int, ...], dtype: Dtype) -> None:
    workload = network(sizes)
    points = points_of(workload, dtype, [Point(random_row(workload, seed, scale, dtype), "drawn")])
    truth = truths_here(points)  # raises where a ball does not hold the truth
    assert np.all(truth.bound > 0)
    with np.errstate(over="ignore"):  # where a sigmoid saturates
        given_ = answers(load(BASELINE), points)
    assert np.all(truth.fractions(given_.rows) <= 1)


def test_where_nothing_can_be_rounded_only_the_exact_gradient_is_inside() -> None:
    workload = network((1, 1), inputs=[[0.0]], targets=[[0.0]])
    truth = truths_here(points_of(workload, "float64", [Point(np.zeros(2), "zero")]))
    assert truth.bound[0, 0] == 0  # the input is 0, and a product with 0 is exact
    assert truth.fractions(np.array([[0.0, 0.125, 0.5, 0.125]])).max() < 1e-60
    assert truth.fractions(np.array([[5e-324, 0.125, 0.5, 0.125]])).max() > 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(2))
def test_honest_answers_are_inside_where_operations_of_the_oracle_are_exact(dtype: Dtype, seed: int) -> None:
    """Output weights of 0 make the sums of the oracle exact, and the roundings of others not smaller."""
    workload = WORKLOADS["relu"]
    rows = np.random.RandomState(seed).uniform(-1, 1, (100, len(workload.entries)))
    rows[:, workload.slices["W2"]] = 0
    points = points_of(workload, dtype, [Point(row, "output weights 0") for row in rows])
    assert truths_here(points).fractions(answers(load(BASELINE), points).rows).max() <= 1


@pytest.mark.parametrize("bias", [-0.303119230035378, -0.35955852027919377, -0.41873133851699507])
def test_a_point_at_which_an_honest_gradient_was_outside_an_earlier_bound(bias: float) -> None:
    workload = WORKLOADS["relu"]
    row = np.zeros(len(workload.entries))
    row[workload.slices["b2"]] = bias
    points = points_of(workload, "float64", [Point(row, "all but b2 are 0")])
    found = truths_here(points).fractions(answers(load(BASELINE), points).rows)
    assert found.max() <= 1


def test_single_precision_is_allowed_more_but_only_as_much_as_it_needs() -> None:
    workload = WORKLOADS["hidden"]
    single, double = (
        np.array([float(ball.rad()) for ball in rounding_bound(workload, list(workload.initial_parameters), dtype)])
        for dtype in ("float32", "float64")
    )
    assert np.all((single / double > 2**27) & (single / double < 2**31))  # 29 bits apart


def test_the_oracle_and_the_derivation_watch_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    workload = WORKLOADS["neuron"]
    points = points_of(workload, "float64", [Point(random_row(workload, 0, 1.0), "drawn")])
    monkeypatch.setattr(truths, "true_values", lambda *given: true_values(*given) * (1 + 1e-9))
    with pytest.raises(ArithmeticError, match=r"W1\[0, 0\]: the oracle's .* is outside the derivation's"):
        truths_here(points)


def known_truths(part: str) -> list[dict[str, Any]]:
    """True values and bounds as they were computed number by number in Python, as hexadecimal texts.

    The parameters are drawn by additions and multiplications alone, so that they are the same on every machine.
    """
    found: list[dict[str, Any]] = json.loads((FIXTURES / "truths.json").read_text(encoding="utf-8"))[part]
    return found


def must_be_as_known(found: Truths, known: dict[str, Any]) -> None:
    high, low, bound = (np.array([float.fromhex(x) for x in known[name]]) for name in ("high", "low", "bound"))
    np.testing.assert_array_equal(found.high[0], high)
    np.testing.assert_array_equal(found.low[0], low)
    np.testing.assert_allclose(found.bound[0], bound, rtol=1e-6, atol=0)  # radii are rounded up, at the 30th bit


@pytest.mark.parametrize("known", known_truths("truths"), ids=lambda known: f"{known['workload']}-{known['dtype']}")
def test_true_values_and_bounds_are_what_they_were(known: dict[str, Any]) -> None:
    workload = WORKLOADS[known["workload"]]
    entries = len(workload.entries)
    row = known["scale"] * np.random.RandomState([7, entries]).uniform(-1, 1, entries)
    must_be_as_known(truths_here(points_of(workload, known["dtype"], [Point(row, "")])), known)


@pytest.mark.parametrize("known", known_truths("updates"), ids=lambda known: str(known["workload"]))
def test_true_updates_and_their_bounds_are_what_they_were(known: dict[str, Any]) -> None:
    starts = spread_points(WORKLOADS[known["workload"]], "float64", 1, 7)
    must_be_as_known(update_truths(starts[1:]), known)


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


@pytest.mark.parametrize("multiplications", [8, 1_600, 1_601, 100_000, truths.MULTIPLICATIONS_OF_A_BATCH + 1])
def test_batches_cover_all_points_once_and_are_small_where_a_network_is_large(multiplications: int) -> None:
    for count in (1, truths.BATCH, truths.BATCH + 1, 1000):
        parts = list(truths.batches(count, multiplications))
        assert [number for part in parts for number in range(count)[part]] == list(range(count))
        largest = max(len(range(count)[part]) for part in parts)
        assert largest <= truths.BATCH
        assert largest == 1 or largest * multiplications <= truths.MULTIPLICATIONS_OF_A_BATCH


def test_all_cores_find_what_one_finds(cores: Executor) -> None:
    workload = WORKLOADS["neuron"]
    points = random_points(workload, "float64", truths.BATCH + 2, seed=0)
    many = truths.truths(points, cores)
    one = truths_here(points)
    assert len(truths.submitted(points, cores)) == 2
    for name in ("high", "low", "bound"):
        np.testing.assert_array_equal(getattr(many, name), getattr(one, name))


def test_an_error_is_inside_up_to_its_bound_and_no_further() -> None:
    above = np.nextafter(1.0, 2.0)
    assert inside(np.array([0.0, 1.0, above, np.inf, np.nan])).tolist() == [True, True, False, False, False]
