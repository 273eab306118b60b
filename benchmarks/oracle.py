"""The true gradient, without the chain rule, and the bound on what rounding alone can do to it.

Both are computed in ball arithmetic (python-flint's `arb`): a number carries a radius that is proven to hold the exact
result. Arrays are NumPy arrays of such numbers, so that the formulas read as they do in any implementation.
"""

from typing import Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from benchmarks.workloads import Array, Parameters

Balls = NDArray[Any]
"""An object array whose entries are `flint.arb`."""

BITS = 400
STEP = arb(2) ** -100


def balls(array: Array) -> Balls:
    """The same numbers as exact balls: a float64 or float32 is a dyadic fraction, so nothing is rounded."""
    exact = np.empty(np.shape(array), dtype=object)
    for index, value in np.ndenumerate(array):
        exact[index] = arb(float(value))
    return exact


def true_gradient(parameters: Parameters, inputs: Array, targets: Array) -> list[Balls]:
    """The gradient of half the sum of squared errors, a ball array per parameter, of the parameter's shape.

    Central differences (f(x + h) - f(x - h)) / 2h at 400 bits with h = 2^-100: what they leave out is of the order of
    h^2 = 2^-200 of the third derivative, what is rounded of the order of 2^-300, so some 60 digits are true. There is
    no chain rule in it, so that no mistake in one can be shared.
    """
    with ctx.workprec(BITS):
        point, x, y = [balls(p) for p in parameters], balls(inputs), balls(targets)
        gradients = [np.empty_like(p) for p in point]
        for parameter, gradient in zip(point, gradients, strict=True):
            for index, value in np.ndenumerate(parameter):
                parameter[index] = value + STEP
                above = _loss(point, x, y)
                parameter[index] = value - STEP
                below = _loss(point, x, y)
                parameter[index] = value
                gradient[index] = (above - below) / (2 * STEP)
        return gradients


def _loss(parameters: list[Balls], inputs: Balls, targets: Balls) -> arb:
    activations = inputs
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        activations = 1 / (1 + np.exp(-(activations @ weights + bias)))
    return np.sum((targets - activations) ** 2) / 2


def rounding_bound(parameters: Parameters, inputs: Array, targets: Array, dtype: str) -> list[Balls]:
    """How far rounding at `dtype` can move each entry of the gradient: balls around it, in the parameters' shapes.

    The textbook formulas (see implementations/README.md), run in ball arithmetic with as many bits as `dtype` has:
    each operation widens the ball by its own rounding, and cancellation is carried along. Balls have no smallest
    exponent where floats have one, so each operation also widens the ball by the dtype's smallest normal number:
    what lies below it may come out as zero.
    """
    limits = np.finfo(dtype)
    lost = arb(0, float(limits.smallest_normal))

    def product(a: Balls, b: Balls) -> Balls:
        return a @ b + 2 * a.shape[1] * lost  # as many products as sums in each entry

    def times_slope(blame: Balls, output: Balls) -> Balls:
        return blame * output * (1 - output) + 3 * lost

    with ctx.workprec(int(limits.nmant) + 1):
        point, x, y = [balls(p) for p in parameters], balls(inputs), balls(targets)
        activations = [x]
        for weights, bias in zip(point[::2], point[1::2], strict=True):
            exponential = np.exp(-(product(activations[-1], weights) + bias)) + lost
            activations.append(1 / (1 + exponential) + lost)
        blame = activations[-1] - y + lost
        gradients: list[Balls] = []
        for layer in range(len(activations) - 1, 0, -1):
            delta = times_slope(blame, activations[layer])
            column_sums = np.sum(delta, axis=0, keepdims=True) + delta.shape[0] * lost
            gradients = [product(activations[layer - 1].T, delta), column_sums, *gradients]
            blame = product(delta, point[2 * layer - 2].T)
        return gradients


def errors(values: Array, truth: Balls) -> NDArray[np.float64]:
    """|value - truth| of each entry, the subtraction done at 400 bits; NaN where the value is NaN."""
    with ctx.workprec(BITS):
        return np.abs(balls(values) - truth).astype(np.float64)


def radii(around: Balls, truth: Balls) -> NDArray[np.float64]:
    """The radius of each ball. Raises ArithmeticError where one does not hold the truth: this suite is wrong then."""
    for ball, true in zip(around.flat, truth.flat, strict=True):
        if not ball.contains(true.mid()):
            raise ArithmeticError(f"the oracle's {true} is outside the ball {ball} of the derived formula")
    return np.array([[float(ball.rad()) for ball in row] for row in around])
