"""Gradients by hand, as loops compiled by Numba, with the loop over the epochs; all else is as in numba_backprop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from numba_backprop import (  # noqa: F401  for the contract
    Array,
    Coded,
    Parameters,
    Sizes,
    State,
    backward,
    begin,
    coded,
    convert,
    gradient,
    loss,
    predict,
    prepared,
    shaped,
    to_numpy,
    units_for,
    update,
)

if TYPE_CHECKING:
    from xorbench.workloads import Recipe

FRAMEWORK = "numba"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"


@njit
def advance(recipe: Coded, sizes: Sizes, rows: Array, units: Array, targets: Array, done: int, epochs: int) -> None:
    gradients = np.empty_like(rows[0])
    for epoch in range(done + 1, done + epochs + 1):
        backward(recipe, sizes, rows[0], units, targets, gradients)
        update(recipe, rows, gradients, epoch)


def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: int) -> State:
    parameters, (done, rows) = state
    sizes, units = units_for(parameters, inputs)
    advance(coded(recipe), sizes, rows, units, targets, done, epochs)
    return shaped(rows[0], parameters), (done + epochs, rows)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return steps(recipe, state, inputs, targets, 1)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return steps(recipe, begin(recipe, parameters), inputs, targets, epochs)[0]
