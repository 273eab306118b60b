"""Where gradients are judged: the same for the same seed, and over all the scales that were promised."""

import numpy as np

from benchmarks.points import SCALES, shared_points
from benchmarks.workloads import WORKLOADS

HIDDEN = WORKLOADS["hidden"]


def test_the_initial_parameters_come_first() -> None:
    first = shared_points(HIDDEN, "float32", 1, seed=0)[0]
    for parameter, initial in zip(first.parameters, HIDDEN.initial_parameters, strict=True):
        np.testing.assert_array_equal(parameter, initial.astype("float32"))
        assert parameter.dtype == np.float32


def test_random_points_reach_from_the_smallest_scale_to_the_largest() -> None:
    points = shared_points(HIDDEN, "float64", 400, seed=3)
    assert len(points) == 401
    largest = [max(float(np.max(np.abs(p))) for p in point.parameters) for point in points[1:]]
    assert max(largest) <= SCALES[1] == 25
    assert max(largest) > 20
    assert min(largest) < 0.02
    assert float(np.median(largest)) < 1  # evenly over the powers of ten, not crowded at the top


def test_a_seed_names_its_points() -> None:
    def values(seed: int) -> list[float]:
        return [float(p.parameters[0][0, 0]) for p in shared_points(HIDDEN, "float64", 5, seed)]

    assert values(1) == values(1)
    assert values(1)[1:] != values(2)[1:]


def test_truth_and_bound_fit_the_parameters() -> None:
    point = shared_points(HIDDEN, "float64", 1, seed=0)[1]
    shapes = [p.shape for p in HIDDEN.initial_parameters]
    assert [t.shape for t in point.truth] == shapes
    assert [b.shape for b in point.bound] == shapes
