"""The true gradients and their rounding bounds at all points, computed once for all implementations.

Results are plain float64: a true value is the sum of two float64, which is 32 digits.
"""

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from xorbench.judging.derivation import Balls, backpropagated
from xorbench.judging.oracle import BITS, UNCERTAINTY, true_gradient
from xorbench.workloads import Array, Parameters, Workload
from xorbench.workloads.workload import Dtype

Numbers = NDArray[np.float64]

BATCH = 250
"""The number of points that are submitted to one core at a time."""


def inside(fractions: Numbers | float) -> NDArray[np.bool_]:
    """Return for each error, given as a fraction of its bound, whether rounding alone can explain it.

    This is the rule of the judge: at most the bound. An error that is not a number is not inside.
    """
    return np.asarray(fractions) <= 1


@dataclass(frozen=True, eq=False)
class Truths:
    """True gradients and bounds: each field is (points, entries).

    The true value is `high` + `low`: the nearest float64 and the remainder.
    """

    high: Numbers
    low: Numbers
    bound: Numbers

    def errors(self, values: Array) -> Numbers:
        """Return |value - truth| of each entry, with 15 correct digits; infinite where the value is not finite."""
        with np.errstate(invalid="ignore", over="ignore"):
            found = np.abs((values.astype(np.float64) - self.high) - self.low)
        found[~np.isfinite(found)] = np.inf
        return found

    def fractions(self, values: Array) -> Numbers:
        """Return the errors as fractions of the bound; 0 where there is no error, even if the bound is 0."""
        errors = self.errors(values)
        return np.divide(errors, self.bound, out=np.where(errors > 0, np.inf, 0.0), where=self.bound > 0)

    def part(self, points: slice) -> "Truths":
        """Return the true gradients and bounds at the points of the slice `points`."""
        return Truths(self.high[points], self.low[points], self.bound[points])

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
    """Return a flat row of balls that show how far rounding at `dtype` can move each entry of the gradient.

    The derivation is run with as many bits as `dtype` has: each operation widens the ball by its own rounding, and
    cancellation is carried along. Balls have no smallest exponent, but floats do, so each operation also widens the
    ball by the smallest normal number of the dtype: any value below it may be flushed to zero.
    """
    limits = np.finfo(dtype)
    with ctx.workprec(int(limits.nmant) + 1):
        return backpropagated(workload, parameters, arb(0, float(limits.smallest_normal)))


def truths_here(workload: Workload, dtype: Dtype, rows: Array) -> Truths:
    """Return the true gradients and bounds at the points `rows`, (points, entries), computed on this core.

    Raises ArithmeticError if a ball of the derivation does not contain the true value of the oracle: this is a mistake
    in this project.
    """
    found = np.empty((3, *rows.shape))
    for number, row in enumerate(rows):
        parameters = workload.shaped(row)
        truth, around = true_gradient(workload, parameters), rounding_bound(workload, parameters, dtype)
        with ctx.workprec(BITS):
            for entry, (true, ball) in enumerate(zip(truth, around, strict=True)):
                uncertain = true.rad() + abs(true.mid()) * UNCERTAINTY
                if not ball.overlaps(true.mid() + arb(0, uncertain)):
                    name, index = workload.entries[entry]
                    raise ArithmeticError(
                        f"{name}{index}: the oracle's {true} is outside the derivation's {ball}: a mistake "
                        "in xorbench, not in an implementation; please report it"
                    )
                high = float(true)
                found[:, number, entry] = high, float(true - high), float(ball.rad() + uncertain)
    return Truths(*found)


def truths(
    workload: Workload, dtype: Dtype, rows: Array, cores: Executor, advance: Callable[[], None] = lambda: None
) -> Truths:
    """Return the true gradients and bounds at the points `rows`, (points, entries), computed on all `cores`.

    `advance` is called after each of `batches(len(rows))`.
    """
    parts = [rows[part] for part in batches(len(rows))]
    waiting = [cores.submit(truths_here, workload, dtype, part) for part in parts]
    found = []
    for part in waiting:
        found.append(part.result())
        advance()
    return functools.reduce(Truths.followed_by, found)


def batches(count: int) -> Iterator[slice]:
    """Return slices of at most `BATCH` points each that cover `count` points."""
    return (slice(start, start + BATCH) for start in range(0, count, BATCH))
