"""The textbook derivation of the gradient (see implementations/README.md) in ball arithmetic.

A ball (python-flint's `arb`) carries a radius that is proven to hold the exact result. Arrays are NumPy arrays of
such numbers, so that the formulas read as they do in any implementation. The precision is that of the context in
which they are run: hundreds of bits for the truth, those of a dtype for what rounding can do to it.
"""

from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from benchmarks.workloads import Array, Parameters, Workload

Balls = NDArray[Any]
"""An object array whose entries are `flint.arb`."""

NOTHING = arb(0)


def balls(array: Array) -> Balls:
    """The same numbers as exact balls: a float64 or float32 is a dyadic fraction, so nothing is rounded."""
    exact = np.empty(np.shape(array), dtype=object)
    for index, value in np.ndenumerate(array):
        exact[index] = arb(float(value))
    return exact


def backpropagated(workload: Workload, parameters: Parameters, lost: arb = NOTHING) -> Balls:
    """The gradient at some parameters, all entries in a flat row; every operation widens its ball by `lost` too."""
    return backpropagated_at(workload, [balls(p) for p in parameters], lost)


def backpropagated_at(workload: Workload, point: list[Balls], lost: arb = NOTHING) -> Balls:
    """The same, at parameters that are balls already."""

    def product(a: Balls, b: Balls) -> Balls:
        # As many products as sums in each entry; what is multiplied by an exact zero loses nothing.
        products: Balls = _not_zero(a) @ _not_zero(b)
        return a @ b + 2 * lost * products

    targets = balls(workload.targets)
    layers = list(zip(point[::2], point[1::2], strict=True))
    activations, slopes = [balls(workload.inputs)], []
    for layer, (weights, bias) in enumerate(layers, start=1):
        logits = product(activations[-1], weights) + bias
        if workload.activation == "relu" and layer < len(layers):
            slope = np.frompyfunc(_kink_slope, 1, 1)(logits)
            activations.append(logits * slope)
            slopes.append([slope])
        else:
            output = 1 / (1 + np.exp(-logits) + lost) + lost
            activations.append(output)
            slopes.append([output, 1 - output])
    blame = activations[-1] - targets + lost
    gradient: list[Balls] = []
    for layer in range(len(layers), 0, -1):
        delta = blame
        for factor in slopes[layer - 1]:
            delta = delta * factor + lost
        column_sums = np.sum(delta, axis=0, keepdims=True) + len(delta) * lost
        gradient = [product(activations[layer - 1].T, delta).ravel(), column_sums.ravel(), *gradient]
        blame = product(delta, point[2 * layer - 2].T)
    return np.concatenate(gradient)


def _kink_slope(logit: arb) -> arb:
    """The slope of max(x, 0): 0 at 0; anything between where the ball reaches to both sides."""
    if logit > 0:
        return arb(1)
    return arb(0) if logit <= 0 else arb(0.5, 0.5)


def _not_zero(array: Balls) -> Balls:
    return np.array([[int(not ball.is_zero()) for ball in row] for row in array], dtype=object)
