"""The optimisers as `Recipe` defines them, in ball arithmetic: exact, or with the rounding errors of a dtype."""

from collections.abc import Callable

import numpy as np
from flint import arb

from xorbench.judging.arithmetic import ONE, ZERO, Ball, Balls, Exact
from xorbench.workloads import Recipe

Move = Callable[[Balls], Balls]
"""A function of the gradient of one epoch, a flat row; the update is minus the rate times what it returns."""


def moves(recipe: Recipe, entries: int, arithmetic: Exact) -> Move:
    """Return the update function of the optimiser of `recipe` for one training; call it once for each epoch, in order.

    The state of the optimiser starts as a row of `entries` zeros. Roundings are charged for the formulas of `Recipe`
    and for those that divide the rate, instead of the mean, by the bias correction: these have two more.
    """
    mean = square = np.full(entries, ZERO, dtype=object)
    momentum, decay, epsilon = map(arithmetic.constant, (recipe.momentum, recipe.decay, recipe.epsilon))
    powers = ONE, ONE
    times, total, rounded, each = arithmetic.times, arithmetic.total, arithmetic.rounded, arithmetic.each

    def average(rate: Ball, old: Balls, new: Balls) -> Balls:
        rest = total([ONE, -rate])
        return each(lambda o, n: total([times(rate, o), times(rest, n)]), old, new)

    def root(ball: Ball) -> Ball:
        """Return the square root of a ball around a number that is at least 0."""
        high = ball.upper().sqrt()
        return rounded(ball.sqrt() if ball > 0 else arb(high / 2, high / 2))

    def gradient_descent(gradient: Balls) -> Balls:
        return gradient

    def with_momentum(gradient: Balls) -> Balls:
        nonlocal mean
        mean = each(lambda m, g: total([times(momentum, m), g]), mean, gradient)
        return mean

    def rmsprop(gradient: Balls) -> Balls:
        nonlocal square
        square = average(decay, square, each(times, gradient, gradient))
        return each(lambda g, s: rounded(g / total([root(s), epsilon])), gradient, square)

    def adam(gradient: Balls) -> Balls:
        nonlocal mean, square, powers
        mean = average(momentum, mean, gradient)
        square = average(decay, square, each(times, gradient, gradient))
        powers = rounded(powers[0] * momentum), rounded(powers[1] * decay)
        of_mean, of_square = (total([ONE, -power]) for power in powers)

        def move(m: Ball, s: Ball) -> Ball:
            quotient = rounded(rounded(m / of_mean) / total([root(rounded(s / of_square)), epsilon]))
            return rounded(rounded(quotient))

        return each(move, mean, square)

    return {
        "gradient descent": gradient_descent,
        "momentum": with_momentum,
        "rmsprop": rmsprop,
        "adam": adam,
    }[recipe.optimiser]


def moved(recipe: Recipe, row: Balls, move: Balls, arithmetic: Exact) -> Balls:
    """Return the parameters after one epoch: `row` minus the rate times `move`."""
    rate = arithmetic.constant(recipe.rate)
    return arithmetic.each(lambda p, m: arithmetic.total([p, -arithmetic.times(rate, m)]), row, move)
