"""A systematic factor in the errors of many points, which is found far below the bound of a single error."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xorbench.judging.error_stats import Errors
from xorbench.judging.points import Numbers
from xorbench.record.report import (
    CERTAIN_STANDARD_ERRORS,
    INSIDE,
    LARGEST_FACTOR_UNITS,
    LEAST_FACTOR_POINTS,
    OUTSIDE,
    Bias,
    factor_text,
)
from xorbench.workloads.workload import Dtype

KNOWN = 1e-3
"""Only entries whose bound is below this share of their true value, and whose error is at most that value, are
counted."""


class Factor(NamedTuple):
    """The distance of a common factor of all values from 1, in units of u, with its standard error."""

    units: float
    standard_error: float
    points: int

    @property
    def certain(self) -> float:
        """The least distance from 1 that is beyond doubt, in units of u: 5 standard errors less than estimated.

        It is 0 where this difference is negative, and where there are fewer than 200 points.
        """
        known = abs(self.units) - CERTAIN_STANDARD_ERRORS * self.standard_error
        return max(0.0, known) if self.points >= LEAST_FACTOR_POINTS else 0.0

    @property
    def refused(self) -> bool:
        """Whether a common factor of all values of a quantity refuses the implementation.

        It does if it was estimated from 200 points or more, and its distance from 1, less 5 standard errors, is more
        than 2 u, where u is the unit of roundoff.
        """
        return self.certain > LARGEST_FACTOR_UNITS

    def complaint(self, group: str) -> str | None:
        """Return in words what is wrong with a group of values that have this factor; None if it is not refused."""
        if not self.refused:
            return None
        return (
            f"all of {group} are larger than the truth by {factor_text(self.units)} u "
            f"(standard error {self.standard_error:.2g} u), expected at most {LARGEST_FACTOR_UNITS} u"
        )

    def bias(self, implementation: str, workload: str, dtype: Dtype, group: str, decides: bool) -> Bias:
        """Return the verdict on a group of values that have this factor, as part of a report."""
        return Bias(
            implementation=implementation,
            workload=workload,
            dtype=dtype,
            parameter=group,
            points=self.points,
            factor_units=self.units,
            standard_error_units=self.standard_error,
            verdict=OUTSIDE if self.refused else INSIDE,
            reason=self.complaint(group),
            decides=decides,
        )


def factor(parts: Sequence[Errors], dtype: Dtype) -> Factor | None:
    """Return the common factor of the values in `parts` over their truth, by weighted least squares.

    Errors and truths are divided by the bound of the entry, or by u times the truth if that is larger. Standard errors
    are clustered by point (Liang and Zeger, Biometrika 1986). Returns None with fewer than two points at which an entry
    is known well enough.
    """
    along, across = np.empty(0), np.empty(0)
    unit = float(np.finfo(dtype).eps) / 2
    for part in parts:
        of_part = by_point(part, dtype)
        along, across = np.append(along, of_part[0]), np.append(across, of_part[1])
    if len(along) < 2:
        return None
    slope = across.sum() / along.sum()
    standard_error = np.sqrt(np.sum((across - slope * along) ** 2)) / along.sum()
    return Factor(float(slope / unit), float(standard_error / unit), len(along))


def by_point(part: Errors, dtype: Dtype) -> tuple[Numbers, Numbers]:
    """Return sums over the entries of each point: of the squares of the truth, and of the truth times its error.

    Both are in units of the larger of the bound and of u times the truth. A point at which no entry is known well
    enough is left out.
    """
    errors, truth = part.truth.signed_errors(part.values), part.truth.high
    bound = np.maximum(part.truth.bound, float(np.finfo(dtype).eps) / 2 * np.abs(truth))
    known = (bound > 0) & (bound < KNOWN * np.abs(truth)) & (np.abs(errors) <= np.abs(truth))
    truth, errors = (_over(numbers, bound, known) for numbers in (truth, errors))
    some = known.any(axis=1)
    return np.sum(truth * truth, axis=1)[some], np.sum(truth * errors, axis=1)[some]


def _over(numbers: Numbers, bound: Numbers, where: NDArray[np.bool_]) -> Numbers:
    return np.divide(numbers, bound, out=np.zeros_like(bound), where=where)
