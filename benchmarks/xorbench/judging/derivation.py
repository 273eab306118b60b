"""The textbook derivation of the gradient (see implementations/README.md) in ball arithmetic.

A ball (python-flint's `arb`) carries a radius that is proven to hold the exact result. Arrays are NumPy arrays of
such numbers, so that the formulas read as in any implementation. The precision is that of the current context:
hundreds of bits for the true gradient, the bits of a dtype for the bound on its rounding errors.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from xorbench.workloads import Array, Parameters, Workload

Balls = NDArray[Any]
"""An object array whose entries are `flint.arb`."""

NOTHING = arb(0)

TANH_UNITS = 8
"""The error allowed for a library's tanh, in units in the last place. It is not derived. On 50,000 numbers in either
dtype the largest measured errors were 1.4 for NumPy, 0.8 for PyTorch and 6.5 for XLA."""


def balls(array: Array) -> Balls:
    """Return the numbers of `array` as exact balls: floats are dyadic fractions, so nothing is rounded."""
    exact = np.empty(np.shape(array), dtype=object)
    for index, value in np.ndenumerate(array):
        exact[index] = arb(float(value))
    return exact


def backpropagated(workload: Workload, parameters: Parameters, lost: arb = NOTHING) -> Balls:
    """Return the gradient at `parameters`, all entries in a flat row of balls.

    `lost` is a ball around 0 that is added to the result of every operation, for what underflow may lose.
    """
    return backpropagated_at(workload, [balls(p) for p in parameters], lost)


def backpropagated_at(workload: Workload, point: list[Balls], lost: arb = NOTHING) -> Balls:
    """Return the gradient at `point`, parameters given as balls; otherwise as `backpropagated` does."""

    def product(a: Balls, b: Balls) -> Balls:
        # Each product and each sum of an entry may lose `lost`, hence 2; a product with an exact zero loses nothing.
        products: Balls = _not_zero(a) @ _not_zero(b)
        return a @ b + 2 * lost * products

    targets = balls(workload.targets)
    layers = list(zip(point[::2], point[1::2], strict=True))
    activate = _ACTIVATIONS[workload.recipe.activation]
    activations, slopes = [balls(workload.inputs)], [balls(np.empty(0))]  # a placeholder: the inputs have no slopes
    for weights, bias in layers[:-1]:
        values, slope = activate(product(activations[-1], weights) + bias, lost)
        activations.append(values)
        slopes.append(slope)
    outputs, slope = _sigmoid(product(activations[-1], layers[-1][0]) + layers[-1][1], lost)
    delta = outputs - targets + lost
    if workload.recipe.loss == "squared error":
        delta = delta * slope + lost
    gradient: list[Balls] = []
    for layer in range(len(layers) - 1, -1, -1):
        column_sums = np.sum(delta, axis=0, keepdims=True) + len(delta) * lost
        gradient = [product(activations[layer].T, delta).ravel(), column_sums.ravel(), *gradient]
        if layer:
            delta = product(delta, point[2 * layer].T) * slopes[layer] + lost
    return np.concatenate(gradient)


def _sigmoid(logits: Balls, lost: arb) -> tuple[Balls, Balls]:
    """Return the values and the slopes of the sigmoid at `logits`, each operation widened by `lost`."""
    values = 1 / (1 + np.exp(-logits) + lost) + lost
    return values, values * (1 - values) + lost


def _tanh(logits: Balls, lost: arb) -> tuple[Balls, Balls]:
    off: Any = arb(1, TANH_UNITS * arb(2) ** -ctx.prec)
    values: Balls = np.tanh(logits) * off + lost
    return values, 1 - values * values + lost


def _relu(logits: Balls, _lost: arb) -> tuple[Balls, Balls]:
    slopes: Any = np.frompyfunc(_kink_slope, 1, 1)(logits)
    return logits * slopes, slopes


_ACTIVATIONS: dict[str, Callable[[Balls, arb], tuple[Balls, Balls]]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
}


def _kink_slope(logit: arb) -> arb:
    """Return the slope of max(x, 0), which is 0 at 0; the ball [0, 1] where the sign of `logit` is uncertain."""
    if logit > 0:
        return arb(1)
    return arb(0) if logit <= 0 else arb(0.5, 0.5)


def _not_zero(array: Balls) -> Balls:
    return np.array([[int(not ball.is_zero()) for ball in row] for row in array], dtype=object)
