"""Statistics of the errors of one group of entries: the median, the largest, and where it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xorbench.judging.points import Numbers
from xorbench.judging.truths import Truths
from xorbench.record.report import Reading
from xorbench.workloads import Array


@dataclass(frozen=True, eq=False)
class Errors:
    """Values of one group at some points, (points, entries), with the truth, and their names."""

    values: Array
    truth: Truths
    entries: Sequence[tuple[str, list[int]]]
    labels: Sequence[str]


def reading(parts: Sequence[Errors], errors: Sequence[Numbers]) -> tuple[Reading, str]:
    """Return the median and the largest of `errors`, in any unit, where the largest is, and the name of its array.

    `errors` has an array (points, entries) for each of `parts`.
    """
    largest = [float(np.max(part)) for part in errors]
    worst = int(np.argmax(largest))
    part, found = parts[worst], errors[worst]
    point, entry = np.unravel_index(np.argmax(found), found.shape)
    name, index = part.entries[int(entry)]
    of_largest = Reading(
        median=finite(np.median(np.concatenate([one.ravel() for one in errors]))),
        largest=finite(largest[worst]),
        where=part.labels[int(point)],
        index=index,
        value=finite(part.values[point, entry]),
        truth=float(part.truth.high[point, entry]) + 0.0,  # a truth that underflows is 0, not -0
    )
    return of_largest, name


def finite(number: float | np.floating | None) -> float | None:
    """Return `number` as a float, or None if it is NaN or infinite, which JSON cannot represent."""
    return float(number) if number is not None and np.isfinite(number) else None
