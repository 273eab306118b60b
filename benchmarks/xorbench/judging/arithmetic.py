"""Ball arithmetic: exact, or with the rounding errors that floating-point code may make.

A ball (python-flint's `arb`) carries a radius that is proven to hold the exact result. Arrays are NumPy object arrays
of such numbers, so that formulas read as in any implementation. FLINT multiplies matrices as a whole: number by number,
in Python, it would take about ten times as long.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from xorbench.judging.charges import CHARGES, Function
from xorbench.workloads import Array
from xorbench.workloads.workload import Dtype

Balls = NDArray[Any]
"""An object array whose entries are `flint.arb`."""

Ball = Any
"""A number of python-flint, which has no types."""

ZERO, ONE = arb(0), arb(1)


def balls(array: Array) -> Balls:
    """Return the numbers of `array` as exact balls: floats are dyadic fractions, so nothing is rounded."""
    exact = np.empty(np.shape(array), dtype=object)
    for index, value in np.ndenumerate(array):
        exact[index] = arb(float(value))
    return exact


def product(a: Balls, b: Balls) -> Balls:
    """Return the product of the matrices (n, k) and (k, m), at the precision of the current context."""
    entries = (_matrix(a) * _matrix(b)).entries()
    return np.fromiter(entries, object, len(entries)).reshape(len(a), b.shape[1])


def _matrix(array: Balls) -> arb_mat:
    rows, columns = array.shape
    return arb_mat(rows, columns, array.ravel().tolist())


class Exact:
    """Ball arithmetic at the precision of the current context, without rounding errors of an implementation."""

    def rounded(self, value: Ball) -> Ball:
        """Return `value`, the exact result of an operation, widened by the rounding error of that operation."""
        return value

    def called(self, _function: Function, value: Ball) -> Ball:
        """Return `value`, the exact result of an elementary function, widened by the error of that function."""
        return value

    def constant(self, value: float) -> Ball:
        """Return a constant of a recipe, which an implementation may round to its dtype."""
        return arb(value)

    def total(self, terms: Iterable[Ball]) -> Ball:
        """Return the sum of `terms`, which may be added in any order."""
        return sum(terms, ZERO)

    def any_of(self, *found: Ball) -> Ball:
        """Return a ball for a number that may be computed by several formulas: here the most exact one."""
        return min(found, key=lambda ball: ball.rad())

    def times(self, a: Ball, b: Ball) -> Ball:
        """Return the product of two balls; a product with an exact 0 or 1 is not rounded."""
        if a.is_zero() or b.is_zero():
            return ZERO
        if a == ONE:
            return b
        return a if b == ONE else self.rounded(a * b)

    def matmul(self, a: Balls, b: Balls, plus: Balls | None = None) -> Balls:
        """Return the product of the matrices (n, k) and (k, m), plus a row (1, m) where one is given."""
        found = product(a, b)
        return found if plus is None else found + plus

    def column_sums(self, array: Balls) -> Balls:
        """Return the sums over the first axis, as a row."""
        return self.matmul(np.full((1, len(array)), ONE, dtype=object), array)[0]

    def each(self, function: Callable[..., Ball], *arrays: Balls) -> Balls:
        """Return `function` of each entry of `arrays`."""
        return np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), dtype=object)


class Rounded(Exact):
    """Ball arithmetic that holds every result that floating-point code of a dtype may give for the same formulas.

    It follows the standard model of floating-point arithmetic (Higham, Accuracy and Stability of Numerical Algorithms,
    2002, section 2.2): the result of an operation is (1 + d) times the exact one with |d| <= u, whether or not the
    midpoints of the balls happen to give a representable number. Every result below the smallest normal number may be
    flushed to zero, so each operation may also lose that much. Sums may be computed in any order, with or without fused
    products. The precision of the context must be far above that of the dtype.
    """

    def __init__(self, dtype: Dtype) -> None:
        self._dtype, limits = dtype, np.finfo(dtype)
        self._unit = arb(2) ** -(int(limits.nmant) + 1)
        self._factor: Ball = arb(1, self._unit)
        self._off: Ball = arb(0, self._unit)
        self._lost: Ball = arb(0, float(limits.smallest_normal))
        self._of = {name: arb(1, units * self._unit) for name, units in CHARGES[dtype].items()}
        self._of_earlier: dict[int, tuple[Ball, Ball]] = {}

    def rounded(self, value: Ball) -> Ball:
        """Return `value` widened by u times its size, and by what underflow may lose."""
        return value * self._factor + self._lost

    def called(self, function: Function, value: Ball) -> Ball:
        """Return `value` widened by the charge of `function`, and by what underflow may lose."""
        return value * self._of[function] + self._lost

    def constant(self, value: float) -> Ball:
        """Return a constant of a recipe, widened by u times its size unless it is a number of the dtype."""
        return arb(value) if float(np.dtype(self._dtype).type(value)) == value else arb(value) * self._factor

    def any_of(self, *found: Ball) -> Ball:
        """Return a ball that holds the results of all these formulas."""
        return reduce(arb.union, found)

    def total(self, terms: Iterable[Ball]) -> Ball:
        """Return the sum of `terms` in any order: all but the last addition are charged to the sum of all sizes.

        With n terms other than 0, each is part of at most n - 1 additions, of which the last one gives the result. A
        term thus has at most n - 2 rounding errors before the last one, which is u times the result.
        """
        added = [term for term in terms if not term.is_zero()]
        return self._total(sum(added, ZERO), sum(map(abs, added), ZERO), len(added))

    def matmul(self, a: Balls, b: Balls, plus: Balls | None = None) -> Balls:
        """Return the product of the matrices (n, k) and (k, m), plus a row (1, m) where one is given.

        Each entry is the `total` of `times` of k pairs of numbers, and of the number in the row.
        """
        sizes: list[Balls] = [abs(a), abs(b)]
        zeros, ones = ([np.asarray(side == number, dtype=bool) for side in (a, b)] for number in (ZERO, ONE))
        exact = [zero | one for zero, one in zip(zeros, ones, strict=True)]
        of_all = of_rounded = product(*sizes)
        if any(mask.any() for mask in ones):
            of_rounded = product(*(_without(size, mask) for size, mask in zip(sizes, exact, strict=True)))
        row = np.array([[ZERO]], dtype=object) if plus is None else plus

        def entry(found: Ball, size: Ball, size_rounded: Ball, terms: int, products: int, last: Ball) -> Ball:
            off = size_rounded * self._off + products * self._lost
            return self._total(found + off + last, size + off + abs(last), terms + (not last.is_zero()))

        return self.each(entry, product(a, b), of_all, of_rounded, _pairs(zeros), _pairs(exact), row)

    def _total(self, found: Ball, sizes: Ball, terms: int) -> Ball:
        """Return the sum `found` of so many terms other than 0, widened as `total` says.

        `sizes` is the sum of the sizes of the terms.
        """
        if terms < 2:
            return found
        if earlier := terms - 2:
            if earlier not in self._of_earlier:
                self._of_earlier[earlier] = arb(0, (1 + self._unit) ** earlier - 1), 2 * earlier * self._lost
            off, lost = self._of_earlier[earlier]
            found = found + (sizes * off + lost)
        return self.rounded(found)


def _without(array: Balls, mask: NDArray[np.bool_]) -> Balls:
    """Return a copy of `array` with 0 in place of the numbers of a mask."""
    found = array.copy()
    found[mask] = ZERO
    return found


def _pairs(without: Sequence[NDArray[np.bool_]]) -> NDArray[np.int_]:
    """Return for each entry of a product of two matrices the number of pairs without a number of these masks."""
    a, b = (1 - mask.astype(int) for mask in without)
    return np.asarray(a @ b)
