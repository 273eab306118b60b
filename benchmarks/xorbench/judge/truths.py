"""What is true at each point and how far rounding explains an error there: computed once, shared by all who are judged.

Past this room all is plain float64: the truth is the sum of two of them, which is 32 digits.
"""

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from xorbench.judge.derivation import Balls, backpropagated
from xorbench.judge.oracle import BITS, UNCERTAINTY, true_gradient
from xorbench.workloads import Array, Parameters, Workload
from xorbench.workloads.workload import Dtype

Numbers = NDArray[np.float64]

BATCH = 250
"""Points that one core takes at a time."""


@dataclass(frozen=True, eq=False)
class Truths:
    """At each point all entries in a flat row: each field is (points, entries).

    The truth is `high` + `low`: the nearest float64, and what that leaves out.
    """

    high: Numbers
    low: Numbers
    bound: Numbers

    def errors(self, values: Array) -> Numbers:
        """|value - truth| of each entry, to 15 digits of the error itself; infinite where the value is not finite."""
        with np.errstate(invalid="ignore", over="ignore"):
            found = np.abs((values.astype(np.float64) - self.high) - self.low)
        found[~np.isfinite(found)] = np.inf
        return found

    def fractions(self, values: Array) -> Numbers:
        """The errors as fractions of the bound; 0 where there is no error, whatever the bound."""
        errors = self.errors(values)
        return np.divide(errors, self.bound, out=np.where(errors > 0, np.inf, 0.0), where=self.bound > 0)

    def part(self, points: slice) -> "Truths":
        """Those at some of the points."""
        return Truths(self.high[points], self.low[points], self.bound[points])

    def followed_by(self, other: "Truths") -> "Truths":
        """These, then those at other points."""
        pairs = ((self.high, other.high), (self.low, other.low), (self.bound, other.bound))
        return Truths(*map(np.concatenate, pairs))

    def units(self, dtype: Dtype) -> Numbers:
        """The unit in the last place of the true value at a dtype; below the smallest normal number that of this."""
        limits = np.finfo(dtype)
        _, exponents = np.frexp(np.maximum(np.abs(self.high), float(limits.smallest_normal)))
        return np.asarray(np.ldexp(1.0, exponents - 1 - limits.nmant))


def rounding_bound(workload: Workload, parameters: Parameters, dtype: Dtype) -> Balls:
    """How far rounding at `dtype` can move each entry of the gradient: balls around it, in a flat row.

    The derivation is run with as many bits as `dtype` has: each operation widens the ball by its own rounding, and
    cancellation is carried along. Balls have no smallest exponent where floats have one, so each operation also
    widens the ball by the dtype's smallest normal number: what lies below it may come out as zero.
    """
    limits = np.finfo(dtype)
    with ctx.workprec(int(limits.nmant) + 1):
        return backpropagated(workload, parameters, arb(0, float(limits.smallest_normal)))


def truths_here(workload: Workload, dtype: Dtype, rows: Array) -> Truths:
    """The truths at points, each a flat row of parameters; on this core.

    Raises ArithmeticError where a ball of the derivation does not hold the oracle's truth: this suite is wrong then.
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
                    raise ArithmeticError(f"{name}{index}: the oracle's {true} is outside the derivation's {ball}")
                high = float(true)
                found[:, number, entry] = high, float(true - high), float(ball.rad() + uncertain)
    return Truths(*found)


def truths(
    workload: Workload, dtype: Dtype, rows: Array, cores: Executor, advance: Callable[[], None] = lambda: None
) -> Truths:
    """The same over all cores; `advance` is called after each of `batches(len(rows))`."""
    parts = [rows[part] for part in batches(len(rows))]
    waiting = [cores.submit(truths_here, workload, dtype, part) for part in parts]
    found = []
    for part in waiting:
        found.append(part.result())
        advance()
    return functools.reduce(Truths.followed_by, found)


def batches(count: int) -> Iterator[slice]:
    """Slices of at most `BATCH` that cover `count` points."""
    return (slice(start, start + BATCH) for start in range(0, count, BATCH))
