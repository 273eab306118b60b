"""Where gradients lose their digits: along the scale of the parameters, and along saturation."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from xorbench.judge.points import SCALES, Points
from xorbench.judge.truths import Numbers, Truths
from xorbench.record.report import Accuracy
from xorbench.workloads import Array
from xorbench.workloads.workload import Dtype

MOST_DIGITS = 17.0
"""What an exact value counts as: a float64 has no more."""

STEPS_OF_SCALE = 12


def accuracy(
    implementation: str, workload: str, dtype: Dtype, points: Points, gradients: Array, truths: Truths
) -> Iterator[Accuracy]:
    """The map of one implementation: `gradients` is (points, entries)."""
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
    """-log10 of the relative error of each entry, between 0 and 17."""
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
