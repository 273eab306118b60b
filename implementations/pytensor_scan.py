"""Gradients by PyTensor's grad, with the loop over the epochs compiled as a scan; all else is as in pytensor_grad."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.scalar.basic import autocast_float_as

from pytensor_grad import (  # noqa: F401  for the contract
    Array,
    Parameters,
    State,
    Symbols,
    begin,
    convert,
    gradient,
    graph,
    loss,
    matrices,
    predict,
    prepared,
    to_numpy,
    total_loss,
    update,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "pytensor"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
SLOW_TO_COMPILE = True


@cache
def compiled(recipe: Recipe, number: int, dtype: str) -> Callable[..., Any]:
    """Return a function of so many parameters, Memory, the inputs, the targets and a number of epochs."""
    with autocast_float_as(dtype):  # as in pytensor_grad
        return derived(recipe, number, dtype)


def derived(recipe: Recipe, number: int, dtype: str) -> Callable[..., Any]:
    kept = number if recipe.optimiser != "gradient descent" else 0
    memory = [pt.tensor("t", dtype="float64", shape=(1,)), *matrices("m", kept, dtype), *matrices("s", kept, dtype)]
    start, epochs = [*matrices("p", number, dtype), *memory], pt.scalar("n", dtype="int64")
    inputs, targets = pt.matrix("x", dtype=dtype), pt.matrix("y", dtype=dtype)

    def epoch(*state: Symbols) -> list[Symbols]:
        parameters, memory = list(state[:number]), list(state[number : len(start)])
        total = total_loss(recipe, parameters, inputs, targets)
        gradients: Any = pytensor.grad(total, parameters)
        return update(recipe, parameters, gradients, memory)

    after = pytensor.scan(epoch, outputs_info=start, n_steps=epochs, return_updates=False)
    return graph("steps", [*start, inputs, targets, epochs], [series[-1] for series in after])


def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: int) -> State:
    parameters, memory = state
    if not epochs:  # a scan of no steps has no last result
        return state
    several = compiled(recipe, len(parameters), str(parameters[0].dtype))
    after = several(*parameters, *memory, inputs, targets, np.array(epochs))
    return after[: len(parameters)], after[len(parameters) :]


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return steps(recipe, state, inputs, targets, 1)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return steps(recipe, begin(recipe, parameters), inputs, targets, epochs)[0]
