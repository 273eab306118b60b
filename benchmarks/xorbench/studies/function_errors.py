"""Errors of elementary functions: their true values in ball arithmetic, and how far results are from them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from xorbench.workloads.workload import Dtype

Array = NDArray[np.floating]
Numbers = NDArray[np.float64]

PRECISION, CORRECT = 192, 110
"""The bits of the ball arithmetic, and those of each true value that must be proven to be correct."""

FUNCTIONS: dict[str, Callable[[arb], arb]] = {
    "exp": lambda x: x.exp(),
    "expm1": lambda x: x.expm1(),
    "log1p": lambda x: x.log1p(),
    "log1p below 0": lambda x: x.log1p(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: x.exp().log1p(),
}
"""The functions that are measured, in ball arithmetic, by name.

The judge takes log1p only of numbers that are at least 0, so its errors below 0 are rows of their own.
"""


@dataclass(frozen=True)
class Truths:
    """True values t of a function: t = (high + low) 2^exponent, with an integer `high` of 53 bits and |low| < 1."""

    high: Numbers
    low: Numbers
    exponent: NDArray[np.int32]

    def nearest(self, dtype: Dtype) -> Array:
        """Return the true values rounded to `dtype`."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(self.high + self.low, self.exponent).astype(dtype)


def truths(function: str, arguments: Array) -> Truths:
    """Return the true values of a function. Raises ArithmeticError if fewer than CORRECT bits of one are proven."""
    evaluate, before = FUNCTIONS[function], ctx.prec
    ctx.prec = PRECISION
    try:
        parts = [_parts(evaluate(arb(x))) for x in arguments.tolist()]
    finally:
        ctx.prec = before
    high, low, exponent = zip(*parts, strict=True)
    return Truths(np.array(high, float), np.array(low, float), np.array(exponent, np.int32))


def _parts(value: arb) -> tuple[int, float, int]:
    if value.is_zero():
        return 0, 0.0, int(np.finfo(float).minexp) - 53
    if value.rel_accuracy_bits() < CORRECT:
        raise ArithmeticError(f"{value} has fewer than {CORRECT} correct bits; raise PRECISION")
    mantissa, exponent = map(int, value.mid().man_exp())
    extra = abs(mantissa).bit_length() - 53
    if extra <= 0:
        return mantissa << -extra, 0.0, exponent + extra
    high = mantissa >> extra
    return high, (mantissa - (high << extra)) / (1 << extra), exponent + extra


def errors(results: Array, true: Truths, dtype: Dtype) -> tuple[Numbers, Numbers]:
    """Return the errors of results in units of roundoff u, relative to the true value, and in ulps of the true value.

    Where the true value is below the smallest normal number, the error is relative to that number, and what exceeds it
    counts, because a result may be flushed to zero. An error is infinite where a result is not a number, or is infinite
    and the true value rounds to a finite number; it is 0 where both round to infinity.
    """
    info = np.finfo(dtype)
    digits, least = info.nmant + 1, info.minexp - info.nmant
    exponent = true.exponent + 53 - digits  # of an ulp, unless the true value is below the smallest normal number
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.abs(np.ldexp(results.astype(float), -true.exponent) - true.high - true.low)
        ulps = np.ldexp(error, true.exponent - np.maximum(exponent, least))
    tiny = exponent < least
    ulps = np.where(tiny, np.maximum(0, ulps - 2.0**info.nmant), ulps)
    ulps = np.where(np.isnan(ulps), np.inf, ulps)
    ulps = np.where(np.isinf(results) & (results == true.nearest(dtype)), 0, ulps)
    return ulps / np.where(tiny, 0.5, np.abs(true.high) * 2.0**-53), ulps
