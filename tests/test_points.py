"""Where gradients are judged: the same for the same seed, and over all the scales and logits that were promised."""

import numpy as np
import pytest

from xorbench.judging.points import LOGITS, SCALES, shared_points
from xorbench.workloads import WORKLOADS, flat

HIDDEN = WORKLOADS["hidden"]


def test_the_initial_parameters_come_first() -> None:
    points = shared_points(HIDDEN, "float32", 1, seed=0)
    np.testing.assert_array_equal(points.rows[0], flat(HIDDEN.initial_parameters).astype("float32"))
    assert points.rows.dtype == np.float32
    assert points.labels[0] == "the initial parameters"


def test_random_points_reach_from_the_smallest_scale_to_the_largest() -> None:
    points = shared_points(HIDDEN, "float64", 400, seed=3, saturation=False, varied=False)
    assert len(points.rows) == 401
    largest = np.abs(points.rows[1:]).max(axis=1)
    assert largest.max() <= SCALES[1] == 25
    assert largest.max() > 20
    assert largest.min() < 0.02
    assert np.median(largest) < 1  # evenly over the powers of ten, not crowded at the top
    assert points.labels[400].startswith("random point 400 (parameter scale ")


@pytest.mark.parametrize("workload", WORKLOADS)
def test_saturation_points_have_the_logits_that_they_say(workload: str) -> None:
    points = shared_points(WORKLOADS[workload], "float64", 5, seed=0)
    made = ~np.isnan(points.logits)
    logits = WORKLOADS[workload].logits(WORKLOADS[workload].shaped(points.rows[made]))
    np.testing.assert_allclose(logits.mean(axis=(1, 2)), points.logits[made], atol=1e-12)
    assert {-40, 40} <= set(points.logits[made]) <= set(LOGITS)
    first = int(np.argmax(made))
    assert points.labels[first] == "saturation point 0 (mean output logit -40)"


def test_a_large_network_is_judged_at_fewer_points() -> None:
    small, large = (
        shared_points(WORKLOADS[name], "float64", 500, seed=0, varied=False) for name in ("hidden", "parity-8")
    )
    assert len(small.rows) == 1 + 500 + 2 * len(LOGITS)
    assert 7 <= len(large.rows) < 50


def test_a_seed_names_its_points() -> None:
    def values(seed: int) -> list[float]:
        return [float(value) for value in shared_points(HIDDEN, "float64", 5, seed).rows[:, 0]]

    assert values(1) == values(1)
    assert values(1)[1:] != values(2)[1:]
