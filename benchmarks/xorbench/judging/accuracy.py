"""Accuracy of gradients in decimal digits, by the scale of the parameters and by saturation of the last layer."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from xorbench.judging.points import SCALES, Numbers, Points
from xorbench.judging.truths import Truths
from xorbench.record.report import Accuracy
from xorbench.workloads import Array
from xorbench.workloads.workload import Dtype

MOST_DIGITS = 17.0
"""The number of digits of an exact value: a float64 has at most 17 significant decimal digits."""

STEPS_OF_SCALE = 12


def accuracy(
    implementation: str, workload: str, dtype: Dtype, points: Points, gradients: Array, truths: Truths
) -> Iterator[Accuracy]:
    """Yield the median and the least number of correct digits at each scale and each mean logit.

    `gradients` are those of `implementation` at `points`, (points, entries).
    """
    digits = right_digits(gradients, truths)
    edges = np.geomspace(*SCALES, STEPS_OF_SCALE + 1)
    steps = np.digitize(points.scales, edges[1:-1])
    for step in range(STEPS_OF_SCALE):
        chosen = (steps == step) & ~np.isnan(points.scales)
        yield from _position(
            implementation, workload, dtype, "scale", np.sqrt(edges[step] * edges[step + 1]), digits[chosen]
        )
    for logit in np.unique(points.logits[~np.isnan(points.logits)]):
        yield from _position(implementation, workload, dtype, "logit", logit, digits[points.logits == logit])


def right_digits(gradients: Array, truths: Truths) -> Numbers:
    """Return the number of correct decimal digits of each entry: -log10 of its relative error, limited to 0 to 17."""
    errors, sizes = truths.errors(gradients), np.abs(truths.high)
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = np.where(errors == 0, MOST_DIGITS, -np.log10(errors / sizes))
    return np.asarray(np.clip(np.nan_to_num(digits, nan=0.0), 0, MOST_DIGITS))


def _position(
    implementation: str, workload: str, dtype: Dtype, axis: Literal["scale", "logit"], position: float, digits: Numbers
) -> Iterator[Accuracy]:
    if len(digits):
        median, fewest = round(float(np.median(digits)), 2), round(float(np.min(digits)), 2)
        yield Accuracy(implementation, workload, dtype, axis, float(f"{position:.3g}"), median, fewest)
