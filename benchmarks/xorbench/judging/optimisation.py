"""The optimisers as `Recipe` defines them, for numbers of any precision."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorbench.workloads import Recipe

Numbers = NDArray[Any]

Move = Callable[[Numbers], Numbers]
"""A function of the gradient of one epoch, a flat row; the update is minus the rate times what it returns."""


def moves(recipe: Recipe, nothing: Numbers) -> Move:
    """Return the update function of the optimiser of `recipe` for one training; call it once for each epoch, in order.

    The state of the optimiser starts as `nothing`, a row of zeros of the type of the numbers.
    """
    mean, square, epoch = nothing, nothing, 0
    momentum, decay, epsilon = (nothing[0] + value for value in (recipe.momentum, recipe.decay, recipe.epsilon))

    def gradient_descent(gradient: Numbers) -> Numbers:
        return gradient

    def with_momentum(gradient: Numbers) -> Numbers:
        nonlocal mean
        mean = momentum * mean + gradient
        return mean

    def rmsprop(gradient: Numbers) -> Numbers:
        nonlocal square
        square = decay * square + (1 - decay) * gradient * gradient
        return gradient / (np.sqrt(square) + epsilon)

    def adam(gradient: Numbers) -> Numbers:
        nonlocal mean, square, epoch
        epoch += 1
        mean = momentum * mean + (1 - momentum) * gradient
        square = decay * square + (1 - decay) * gradient * gradient
        return mean / (1 - momentum**epoch) / (np.sqrt(square / (1 - decay**epoch)) + epsilon)

    return {
        "gradient descent": gradient_descent,
        "momentum": with_momentum,
        "rmsprop": rmsprop,
        "adam": adam,
    }[recipe.optimiser]
