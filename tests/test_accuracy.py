"""The map of right digits: planted errors stand where they were planted."""

from dataclasses import replace

import numpy as np

from xorbench.judging.accuracy import MOST_DIGITS, accuracy, right_digits
from xorbench.judging.points import random_points
from xorbench.judging.truths import Truths
from xorbench.workloads import WORKLOADS


def exactly(high: np.ndarray) -> Truths:
    return Truths(high, np.zeros_like(high), np.zeros_like(high))


def test_digits_are_relative_and_end_at_both_ends() -> None:
    truth = exactly(np.array([[1.0, 1e-20, 1.0, 1.0, 0.0, 0.0]]))
    given = np.array([[1.0 + 1e-5, 1.001e-20, 3.0, np.nan, 0.0, 1e-300]])
    digits = right_digits(given, truth)[0]
    np.testing.assert_allclose(digits[:2], [5, 3], atol=1e-6)
    assert digits[2:].tolist() == [0, 0, MOST_DIGITS, 0]


def test_positions_are_those_of_the_points() -> None:
    scales = np.array([np.nan, 0.011, 0.012, 24.0, np.nan, np.nan])
    logits = np.array([np.nan, np.nan, np.nan, np.nan, -40.0, 7.0])
    truth = exactly(np.ones((6, 3)))
    given = np.ones((6, 3)) + np.array([0, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10])[:, np.newaxis]
    given[5, 0] = 2
    points = replace(random_points(WORKLOADS["neuron"], "float64", 5, seed=0), scales=scales, logits=logits)
    rows = list(accuracy("other", "hidden", "float64", points, given, truth))
    found = {(row.axis, row.position): (round(row.median_digits), round(row.fewest_digits)) for row in rows}
    assert found == {
        ("scale", 0.0139): (3, 2),
        ("scale", 18.0): (6, 6),
        ("logit", -40.0): (8, 8),
        ("logit", 7.0): (10, 0),
    }
