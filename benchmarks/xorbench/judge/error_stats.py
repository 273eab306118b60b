"""The errors of one parameter tensor, read: the median, the largest, and where that is."""

from collections.abc import Callable, Sequence

import numpy as np

from xorbench.judge.truths import Numbers
from xorbench.record.report import Reading
from xorbench.workloads import Array


def reading(
    errors: Numbers,
    values: Array,
    truth: Numbers,
    entries: Sequence[tuple[str, list[int]]],
    label: Callable[[int], str],
) -> Reading:
    """Errors in any unit, the values and the truth are (points, entries) of the tensor; `label` names a point."""
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
    """JSON knows neither NaN nor infinity."""
    return float(number) if number is not None and np.isfinite(number) else None
