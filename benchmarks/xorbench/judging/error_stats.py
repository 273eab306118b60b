"""Statistics of the errors of one parameter tensor: the median, the largest, and where the largest is."""

from collections.abc import Callable, Sequence

import numpy as np

from xorbench.judging.truths import Numbers
from xorbench.record.report import Reading
from xorbench.workloads import Array


def reading(
    errors: Numbers,
    values: Array,
    truth: Numbers,
    entries: Sequence[tuple[str, list[int]]],
    label: Callable[[int], str],
) -> Reading:
    """Return the median and the largest of `errors`, in any unit, and where the largest is.

    `errors`, `values` and `truth` are (points, entries) of one tensor; `entries` are the names and indices of its
    entries; `label` returns the name of a point.
    """
    point, entry = np.unravel_index(np.argmax(errors), errors.shape)
    return Reading(
        median=finite(np.median(errors)),
        largest=finite(errors[point, entry]),
        where=label(int(point)),
        index=entries[int(entry)][1],
        value=finite(values[point, entry]),
        truth=float(truth[point, entry]),
    )


def finite(number: float | np.floating | None) -> float | None:
    """Return `number` as a float, or None if it is NaN or infinite, which JSON cannot represent."""
    return float(number) if number is not None and np.isfinite(number) else None
