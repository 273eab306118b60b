"""The problems: their parameters bit for bit, and what counts as their known answer."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from xorbench.record.run import WorkloadRecord
from xorbench.workloads import WORKLOADS, Array, Workload, named

every_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=lambda w: w.name)


def test_the_neuron_starts_where_the_tutorial_does() -> None:
    np.random.seed(1)
    weights, bias = np.random.random((2, 1)), np.random.random((1, 1))
    assert [p.tolist() for p in WORKLOADS["neuron"].initial_parameters] == [weights.tolist(), bias.tolist()]
    assert (WORKLOADS["neuron"].recipe.rate, WORKLOADS["neuron"].epochs) == (0.1, 10_000)


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("neuron", "0df2e5a9"),
        ("hidden", "1b1afa14"),
        ("relu", "7ee8c521"),
        ("parity-10", "d7e86902"),
        ("width-64-batch-4", "a45fd658"),
    ],
)
def test_the_initial_parameters_never_change(name: str, sha256: str) -> None:
    assert named(name).parameters_sha256.startswith(sha256)


def test_parameters_are_drawn_by_a_product_and_a_sum_that_are_rounded_one_after_the_other() -> None:
    """A fused operation, by which NumPy draws on some machines, would change every second of these numbers."""
    drawn, *_ = named("width-64-batch-4").initial_parameters
    end = float(np.sqrt(6 / 66))
    random = np.random.RandomState(1).random_sample(128).tolist()
    assert drawn.ravel().tolist() == [(end + end) * each - end for each in random]
    fused = [float(Fraction(end + end) * Fraction(each) - Fraction(end)) for each in random]
    assert sum(one != other for one, other in zip(drawn.ravel(), fused, strict=True)) == 68


@every_workload
def test_nobody_can_write_into_a_workload(workload: Workload) -> None:
    for array in [workload.inputs, workload.targets, *workload.initial_parameters]:
        assert array.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


@every_workload
def test_the_parameters_fit_the_layers(workload: Workload) -> None:
    sizes = workload.layer_sizes
    expected = [shape for a, b in itertools.pairwise(sizes) for shape in ((a, b), (1, b))]
    assert [p.shape for p in workload.initial_parameters] == expected
    assert len(workload.parameter_names) == len(expected)


@every_workload
def test_its_description_is_json(workload: Workload) -> None:
    assert WorkloadRecord.of(workload).parameters_sha256 == workload.parameters_sha256


def column(*values: float) -> Array:
    return np.array([values]).T


@pytest.mark.parametrize(
    ("name", "predictions", "loss", "parameter", "complaint"),
    [
        ("neuron", column(0.5, 0.5, 0.5, 0.5), 0.5, 0.0, None),
        ("neuron", column(0.5, 0.5, 0.5, 0.5 + 1e-11), 0.5, 0.0, "a prediction of 0.50000000001 for the target 0"),
        ("neuron", column(0.5, np.nan, 0.5, 0.5), 0.5, 0.0, "a prediction of nan for the target 1"),
        ("neuron", column(0.5, 0.5, 0.5, 0.5), 0.6, 0.0, "a loss of 0.6"),
        ("neuron", column(0.5, 0.5, 0.5, 0.5), 0.5, 2e-14, "a parameter of size 2e-14"),
        ("neuron", column(0.5, 0.5, 0.5, 0.5), 0.5, np.nan, "a parameter of size nan"),
        ("neuron", column(0.5, 0.5), 0.5, 0.0, "predictions of shape (2, 1), expected (4, 1)"),
        ("hidden", column(0.015, 0.983, 0.983, 0.017), 5e-4, 9.0, None),
        ("hidden", column(0.018, 0.983, 0.983, 0.017), 5e-4, 9.0, "a prediction of 0.018 for the target 0"),
        ("hidden", column(0.015, 0.982, 0.983, 0.017), 5e-4, 9.0, "a prediction of 0.982 for the target 1"),
        ("hidden", column(0.015, 0.983, 0.983, 0.017), np.nan, 9.0, "a loss of nan"),
    ],
)
def test_a_known_answer_is_told_from_a_wrong_one(
    name: str, predictions: Array, loss: float, parameter: float, complaint: str | None
) -> None:
    found = WORKLOADS[name].complaint(predictions, loss, [column(parameter)])
    assert found is None if complaint is None else complaint in str(found)
