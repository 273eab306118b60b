"""Gradients by PyTensor's grad, the loop over the epochs compiled too, as a scan; all else is as in pytensor_grad."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.scalar.basic import autocast_float_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "pytensor"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
SLOW_TO_COMPILE = True

Plain = NDArray[np.floating]
Array = NDArray[np.floating]
Parameters = list[Array]
Symbols = Any  # pytensor.tensor.TensorVariable
Memory = list[Array]  # epochs done, running means of gradients, and of their squares
State = tuple[Parameters, Memory]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)


def sigmoid(logits: Symbols) -> Symbols:
    return pt.sigmoid(logits)


def activate(recipe: Recipe, logits: Symbols) -> Symbols:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return pt.tanh(logits)
    return pt.switch(logits > 0, logits, 0)


def last_logits(recipe: Recipe, parameters: list[Symbols], inputs: Symbols) -> Symbols:
    layer = inputs
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        layer = activate(recipe, layer @ weights + bias)
    return layer @ parameters[-2] + parameters[-1]


def total_loss(recipe: Recipe, parameters: list[Symbols], inputs: Symbols, targets: Symbols) -> Symbols:
    logits = last_logits(recipe, parameters, inputs)
    if recipe.loss == "cross-entropy":
        return pt.sum(pt.softplus(logits) - logits * targets)
    return pt.sum((targets - sigmoid(logits)) ** 2) / 2


def matrices(letter: str, number: int, dtype: str) -> list[Symbols]:
    """Every other is a bias, which is one row: only then is it added to all."""
    return [pt.tensor(f"{letter}{i}", dtype=dtype, shape=(1 if i % 2 else None, None)) for i in range(number)]


def graph(name: str, inputs: list[Symbols], outputs: Any) -> Callable[..., Any]:
    compiled = pytensor.function(inputs, outputs, name=name, on_unused_input="ignore")
    compiled.trust_input = True  # what it is given has the dtype and the dimensions that it was compiled for
    return compiled


@cache
def compiled(name: str, recipe: Recipe, number: int, dtype: str) -> Callable[..., Any]:
    """A function of so many parameters, the inputs and the targets; "steps" is one of Memory too, and of a number."""
    with autocast_float_as(
        dtype
    ):  # else 0.5 keeps float32, and 0.1, which it does not hold exactly, makes float64 of it
        return derived(name, recipe, number, dtype)


def derived(name: str, recipe: Recipe, number: int, dtype: str) -> Callable[..., Any]:
    parameters = matrices("p", number, dtype)
    inputs, targets = pt.matrix("x", dtype=dtype), pt.matrix("y", dtype=dtype)
    if name == "predict":
        return graph(name, [*parameters, inputs], sigmoid(last_logits(recipe, parameters, inputs)))
    total = total_loss(recipe, parameters, inputs, targets)
    if name == "loss":
        return graph(name, [*parameters, inputs, targets], total)
    if name == "gradient":
        return graph(name, [*parameters, inputs, targets], pytensor.grad(total, parameters))
    kept = number if recipe.optimiser != "gradient descent" else 0
    memory = [pt.tensor("t", dtype="float64", shape=(1,)), *matrices("m", kept, dtype), *matrices("s", kept, dtype)]
    start, epochs = [*parameters, *memory], pt.scalar("n", dtype="int64")

    def epoch(*state: Symbols) -> list[Symbols]:
        parameters, memory = list(state[:number]), list(state[number : len(start)])
        total = total_loss(recipe, parameters, inputs, targets)
        gradients: Any = pytensor.grad(total, parameters)
        return update(recipe, parameters, gradients, memory)

    after = pytensor.scan(epoch, outputs_info=start, n_steps=epochs, return_updates=False)
    return graph(name, [*start, inputs, targets, epochs], [series[-1] for series in after])


def called(name: str, recipe: Recipe, parameters: Parameters, *rest: Array) -> Any:
    return compiled(name, recipe, len(parameters), str(parameters[0].dtype))(*parameters, *rest)


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return called("predict", recipe, parameters, inputs)


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    return called("loss", recipe, parameters, inputs, targets)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return called("gradient", recipe, parameters, inputs, targets)


def begin(recipe: Recipe, parameters: Parameters) -> State:
    nothing = [np.zeros_like(p) for p in parameters] if recipe.optimiser != "gradient descent" else []
    return parameters, [np.zeros(1), *nothing, *nothing]


def update(recipe: Recipe, parameters: list[Symbols], gradients: list[Symbols], memory: list[Symbols]) -> list[Symbols]:
    epochs, kept = memory[0], len(memory) // 2
    means, squares = memory[1 : 1 + kept], memory[1 + kept :]
    moves, dtype = gradients, parameters[0].dtype
    if recipe.optimiser == "momentum":
        moves = means = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]
    elif recipe.optimiser != "gradient descent":
        squares = [recipe.decay * s + (1 - recipe.decay) * g * g for s, g in zip(squares, gradients, strict=True)]
    if recipe.optimiser == "rmsprop":
        moves = [g / (pt.sqrt(s) + recipe.epsilon) for g, s in zip(gradients, squares, strict=True)]
    elif recipe.optimiser == "adam":
        epochs = epochs + 1
        means = [recipe.momentum * m + (1 - recipe.momentum) * g for m, g in zip(means, gradients, strict=True)]
        unbiased = [s / pt.cast(1 - np.array(recipe.decay) ** epochs[0], dtype) for s in squares]
        scaled = [m / pt.cast(1 - np.array(recipe.momentum) ** epochs[0], dtype) for m in means]
        moves = [m / (pt.sqrt(s) + recipe.epsilon) for m, s in zip(scaled, unbiased, strict=True)]
    return [*(p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)), epochs, *means, *squares]


def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: int) -> State:
    parameters, memory = state
    if not epochs:  # a scan of no steps has no last one
        return state
    after = called("steps", recipe, parameters, *memory, inputs, targets, np.array(epochs))
    return after[: len(parameters)], after[len(parameters) :]


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return steps(recipe, state, inputs, targets, 1)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return steps(recipe, begin(recipe, parameters), inputs, targets, epochs)[0]


def to_numpy(array: Array) -> Plain:
    return array
