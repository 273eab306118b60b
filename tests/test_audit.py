"""The audit: it finds the oracle right, and would find it wrong."""

import numpy as np
import pytest
from flint import arb, ctx

from tests.conftest import network, random_row
from xorbench.judging import audit as room
from xorbench.judging.arithmetic import Balls
from xorbench.judging.audit import DIGITS, audit, complex_step
from xorbench.judging.oracle import differences, true_values
from xorbench.judging.truths import rounding_bound
from xorbench.workloads import WORKLOADS, Array, Parameters, Workload


@pytest.mark.parametrize("sizes", [(2, 1), (2, 4, 1), (2, 3, 3, 1)])
def test_three_ways_lead_to_one_truth(sizes: tuple[int, ...]) -> None:
    workload = network(sizes)
    found = audit(workload, np.array([random_row(workload, seed, 5.0) for seed in range(5)]), seed=0)
    assert found.verdict == "inside"
    assert found.digits >= DIGITS
    assert found.entries == len(workload.entries)
    assert found.complex_step_of_bound is not None
    assert 0 < found.complex_step_of_bound <= 1


def test_of_a_wide_network_a_sample_is_audited() -> None:
    workload = network((2, 30, 1))
    found = audit(workload, random_row(workload, 0, 1.0)[np.newaxis], seed=0)
    assert (found.verdict, found.entries) == ("inside", room.ENTRIES)


def test_relu_has_no_complex_step() -> None:
    workload = network((2, 3, 1), "relu")
    found = audit(workload, random_row(workload, 0, 1.0)[np.newaxis], seed=0)
    assert (found.verdict, found.complex_step_of_bound) == ("inside", None)


def test_an_oracle_that_is_wrong_in_the_fiftieth_digit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(workload: Workload, parameters: Parameters, entries: list[int]) -> Balls:
        with ctx.workprec(640):
            found: Balls = differences(workload, parameters, entries) * (1 + arb(10) ** -50)
            return found

    monkeypatch.setattr(room, "differences", wrong)
    workload = WORKLOADS["neuron"]
    found = audit(workload, random_row(workload, 0, 1.0)[np.newaxis], seed=0)
    assert found.verdict == "outside"
    assert 49 < found.digits < 51


@pytest.mark.parametrize(("bounds", "verdict"), [(0.99, "inside"), (1.01, "outside")])
def test_the_complex_step_may_be_off_by_the_rounding_bound_and_no_more(
    bounds: float, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def off(workload: Workload, parameters: Parameters, entries: list[int]) -> Array:
        truth = true_values(workload, parameters)[entries].astype(np.float64)
        balls = rounding_bound(workload, parameters, "float64")[entries]
        return truth + bounds * np.array([float(ball.rad()) for ball in balls])

    monkeypatch.setattr(room, "complex_step", off)
    # Where the sigmoid is saturated a bound is as large as the derivative, so that their sum is nearly exact.
    workload = network((1, 1), inputs=[[1.0]], targets=[[1.0]])
    found = audit(workload, np.array([[0.0, 36.0]]), seed=0)
    assert found.verdict == verdict


def test_the_complex_step_is_right_to_the_last_digits() -> None:
    workload = WORKLOADS["hidden"]
    parameters = list(workload.initial_parameters)
    truth = true_values(workload, parameters)[:17].astype(np.float64)
    np.testing.assert_allclose(complex_step(workload, parameters, range(17)), truth, rtol=1e-13)
