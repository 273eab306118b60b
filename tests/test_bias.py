"""A systematic factor is found far below the bound, refused beyond two units, and not found where there is none."""

import numpy as np
import pytest

from xorbench.judging import bias
from xorbench.judging.bias import KNOWN, Factor, factor
from xorbench.judging.error_stats import Errors
from xorbench.judging.scope import DTYPES
from xorbench.judging.truths import Truths
from xorbench.record.report import CERTAIN_STANDARD_ERRORS, LARGEST_FACTOR_UNITS, LEAST_FACTOR_POINTS
from xorbench.workloads.workload import Dtype

ENTRIES = 4


def drawn(points: int, units: float, dtype: Dtype, bound_units: float = 20.0, noise_units: float = 2.0) -> Errors:
    """Values that are `units` of u too large, with rounding noise, at points whose entries are of all sizes."""
    random = np.random.RandomState(0)
    unit = float(np.finfo(dtype).eps) / 2
    truth = random.choice([-1, 1], (points, ENTRIES)) * 10.0 ** random.uniform(-8, 2, (points, ENTRIES))
    errors = truth * unit * (units + noise_units * random.uniform(-1, 1, truth.shape))
    truths = Truths(truth, -errors, bound_units * unit * np.abs(truth))  # the error is known beyond float64
    return Errors(truth, truths, [("W1", [i]) for i in range(ENTRIES)], [""] * points)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("units", [0.0, 1.5, -3.0, 10.0])
def test_the_factor_is_that_which_was_planted(dtype: Dtype, units: float) -> None:
    found = factor([drawn(400, units, dtype)], dtype)
    assert found is not None
    assert found.points == 400
    assert abs(found.units - units) < 4 * found.standard_error
    assert 0.01 < found.standard_error < 0.1
    assert found.refused == (abs(units) > 2)


def test_a_factor_of_ten_units_is_refused_from_two_hundred_points_and_not_before() -> None:
    some = drawn(LEAST_FACTOR_POINTS, 10.0, "float64")
    fewer = drawn(LEAST_FACTOR_POINTS - 1, 10.0, "float64")
    assert [bool(found and found.refused) for found in (factor([some], "float64"), factor([fewer], "float64"))] == [
        True,
        False,
    ]


def test_the_limits_are_those_that_the_documentation_states() -> None:
    assert (LEAST_FACTOR_POINTS, CERTAIN_STANDARD_ERRORS, LARGEST_FACTOR_UNITS, KNOWN) == (200, 5, 2, 1e-3)
    assert Factor(2 + 5 * 0.1 + 1e-9, 0.1, 200).refused
    assert not Factor(2 + 5 * 0.1 - 1e-9, 0.1, 200).refused
    assert Factor(-2 - 5 * 0.1 - 1e-9, 0.1, 200).refused
    assert not Factor(100.0, 0.1, 199).refused


def test_entries_of_one_point_that_err_together_count_as_one() -> None:
    """With four entries that have the same error the standard error is twice that of independent errors."""
    random = np.random.RandomState(0)
    shape = (2_000, ENTRIES)
    signs = random.choice([-1, 1], shape)
    apart, together = (
        factor([Errors(np.ones(shape), Truths(np.ones(shape), 1e-16 * some, np.full(shape, 1e-15)), [], [])], "float64")
        for some in (signs, np.repeat(signs[:, :1], ENTRIES, axis=1))
    )
    assert apart is not None
    assert together is not None
    assert together.standard_error / apart.standard_error == pytest.approx(2, abs=0.2)


def test_entries_that_are_not_known_well_are_left_out() -> None:
    assert factor([drawn(300, 10.0, "float64", bound_units=2e-3 / 2.0**-53)], "float64") is None
    assert bias.factor([], "float64") is None
