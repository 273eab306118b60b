"""The true values and their rounding bounds at all points, computed once for all implementations.

Results are plain float64: a true value is the sum of two float64, which is 32 digits.
"""

import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from xorbench.judging.arithmetic import Balls, Rounded
from xorbench.judging.derivation import evaluated
from xorbench.judging.oracle import BITS, UNCERTAINTY, true_values
from xorbench.judging.points import Numbers, Points
from xorbench.workloads import Array, Parameters, Workload
from xorbench.workloads.workload import Dtype

BATCH = 250
"""The largest number of points that are submitted to one core at a time."""

MULTIPLICATIONS_OF_A_BATCH = 400_000
"""The most multiplications of a network at the points of one batch, if it has more than one: about two seconds."""

DIFFERENCES = 1_000
"""The number of points of one batch at which true gradients are computed as differences, which takes longer."""

GUARD_BITS = 60
"""The bits that balls of the bound have beyond those of the dtype, so that their own rounding does not count."""


def inside(fractions: Numbers | float) -> NDArray[np.bool_]:
    """Return for each error, given as a fraction of its bound, whether rounding alone can explain it.

    This is the rule of the judge: at most the bound. An error that is not a number is not inside.
    """
    return np.asarray(fractions) <= 1


@dataclass(frozen=True, eq=False)
class Truths:
    """True values and bounds: each field is (points, entries).

    The true value is `high` + `low`: the nearest float64 and the remainder.
    """

    high: Numbers
    low: Numbers
    bound: Numbers

    def signed_errors(self, values: Array) -> Numbers:
        """Return value - truth of each entry, with 15 correct digits; infinite or NaN where the value is not finite."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.asarray((values.astype(np.float64) - self.high) - self.low)

    def errors(self, values: Array) -> Numbers:
        """Return |value - truth| of each entry, with 15 correct digits; infinite where the value is not finite."""
        found = np.abs(self.signed_errors(values))
        found[~np.isfinite(found)] = np.inf
        return found

    def fractions(self, values: Array) -> Numbers:
        """Return the errors as fractions of the bound; 0 where there is no error, even if the bound is 0."""
        errors = self.errors(values)
        with np.errstate(over="ignore"):
            return np.divide(errors, self.bound, out=np.where(errors > 0, np.inf, 0.0), where=self.bound > 0)

    def part(self, entries: slice) -> "Truths":
        """Return the true values and bounds of the entries of a slice."""
        return Truths(self.high[:, entries], self.low[:, entries], self.bound[:, entries])

    def followed_by(self, other: "Truths") -> "Truths":
        """Return a copy with the points of `other` appended."""
        pairs = ((self.high, other.high), (self.low, other.low), (self.bound, other.bound))
        return Truths(*map(np.concatenate, pairs))

    def units(self, dtype: Dtype) -> Numbers:
        """Return each true value's unit in the last place at `dtype`; at least that of the smallest normal number."""
        limits = np.finfo(dtype)
        _, exponents = np.frexp(np.maximum(np.abs(self.high), float(limits.smallest_normal)))
        return np.asarray(np.ldexp(1.0, exponents - 1 - limits.nmant))


def rounding_bound(workload: Workload, parameters: Parameters, dtype: Dtype) -> Balls:
    """Return a flat row of balls that hold every result that rounding at `dtype` can give: gradient, outputs and loss.

    The inputs, the targets and the parameters must be numbers of the dtype.
    """
    with ctx.workprec(int(np.finfo(dtype).nmant) + 1 + GUARD_BITS):
        return evaluated(workload, parameters, Rounded(dtype))


def truths_here(points: Points, by_differences: bool = True) -> Truths:
    """Return the true values and bounds at `points`, computed on this core.

    `by_differences` computes true gradients without the derivation, as far as the oracle does. Raises ArithmeticError
    if a ball of the derivation does not contain the true value of the oracle: this is a mistake in this project.
    """
    found = np.empty((3, len(points), len(points.layout.entries)))
    for number, (workload, parameters) in enumerate(points):
        around = rounding_bound(workload, parameters, points.dtype)
        write_truths(found[:, number], true_values(workload, parameters, by_differences), around, points.layout.entries)
    return Truths(*found)


def write_truths(found: Numbers, truth: Balls, around: Balls, entries: list[tuple[str, list[int]]]) -> None:
    """Write the true values and bounds of one point into `found`, (3, entries): high, low, bound.

    Raises ArithmeticError if a ball of `around` does not contain the true value.
    """
    with ctx.workprec(BITS):
        for entry, (true, ball) in enumerate(zip(truth, around, strict=True)):
            uncertain = true.rad() + abs(true.mid()) * UNCERTAINTY
            if not ball.overlaps(true.mid() + arb(0, uncertain)):
                name, index = entries[entry]
                raise ArithmeticError(
                    f"{name}{index}: the oracle's {true} is outside the derivation's {ball}: a mistake "
                    "in xorbench, not in an implementation; please report it"
                )
            high = float(true)
            away = abs(ball.mid() - true.mid()) + ball.rad() + uncertain
            found[:, entry] = high, float(true - high), float(away)


def submitted(points: Points, cores: Executor) -> "list[Future[Truths]]":
    """Return the future true values of each batch of `batches`, computed on all `cores`.

    Beyond the first DIFFERENCES points the true gradients are from the derivation, which was compared with differences
    at those.
    """
    parts = batches(len(points), points.workload.multiplications)
    return [cores.submit(truths_here, points[part], part.start < DIFFERENCES) for part in parts]


def truths(points: Points, cores: Executor) -> Truths:
    """Return the true values and bounds at `points`, computed on all `cores`."""
    return joined(submitted(points, cores))


def joined(batches: "Sequence[Future[Truths]]") -> Truths:
    """Wait for the true values of successive batches of points, and return them as one."""
    return functools.reduce(Truths.followed_by, (batch.result() for batch in batches))


def batches(count: int, multiplications: int) -> Iterator[slice]:
    """Return slices that cover `count` points of a network with so many multiplications.

    Each has at most `BATCH` points, and only one point if two have more than `MULTIPLICATIONS_OF_A_BATCH`.
    """
    size = max(1, min(BATCH, MULTIPLICATIONS_OF_A_BATCH // multiplications))
    return (slice(start, start + size) for start in range(0, count, size))
