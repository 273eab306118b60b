"""Gradients by PyTensor's grad: a graph is derived and compiled once, then called from Python for each epoch.

The compiled function takes and returns the parameters, because shared variables would belong to one training and each
training would compile anew. PyTensor has no optimisers.
"""

from __future__ import annotations

from functools import cache, partial
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
TIER = "idiomatic"
EXECUTION = "compiled"
GRANULARITY = "one call per epoch"
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
    """Return a symbol for each parameter; every second one is a bias of one row, so that it broadcasts over samples."""
    return [pt.tensor(f"{letter}{i}", dtype=dtype, shape=(1 if i % 2 else None, None)) for i in range(number)]


def graph(name: str, inputs: list[Symbols], outputs: Any) -> Callable[..., Any]:
    compiled = pytensor.function(inputs, outputs, name=name, on_unused_input="ignore")
    compiled.trust_input = True  # arguments always have the dtype and dimensions it was compiled for
    return compiled


@cache
def compiled(name: str, recipe: Recipe, number: int, dtype: str) -> Callable[..., Any]:
    """Return a compiled function of the parameters, the inputs and the targets; "step" also takes Memory."""
    with autocast_float_as(dtype):  # otherwise 0.1, which float32 does not hold exactly, turns float32 into float64
        return derived(name, recipe, number, dtype)


def derived(name: str, recipe: Recipe, number: int, dtype: str) -> Callable[..., Any]:
    parameters = matrices("p", number, dtype)
    inputs, targets = pt.matrix("x", dtype=dtype), pt.matrix("y", dtype=dtype)
    if name == "predict":
        return graph(name, [*parameters, inputs], sigmoid(last_logits(recipe, parameters, inputs)))
    total = total_loss(recipe, parameters, inputs, targets)
    if name == "loss":
        return graph(name, [*parameters, inputs, targets], total)
    gradients: Any = pytensor.grad(total, parameters)
    if name == "gradient":
        return graph(name, [*parameters, inputs, targets], gradients)
    kept = number if recipe.optimiser != "gradient descent" else 0
    memory = [pt.tensor("t", dtype="float64", shape=(1,)), *matrices("m", kept, dtype), *matrices("s", kept, dtype)]
    return graph(name, [*parameters, *memory, inputs, targets], update(recipe, parameters, gradients, memory))


def called(name: str, recipe: Recipe, parameters: Parameters, *rest: Array) -> Any:
    return compiled(name, recipe, len(parameters), str(parameters[0].dtype))(*parameters, *rest)


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return called("predict", recipe, parameters, inputs)


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    return called("loss", recipe, parameters, inputs, targets)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return called("gradient", recipe, parameters, inputs, targets)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    rest = (inputs,) if measure == "predict" else (inputs, targets)
    return partial(compiled(measure, recipe, len(parameters), str(parameters[0].dtype)), *parameters, *rest)


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


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, memory = state
    after = called("step", recipe, parameters, *memory, inputs, targets)
    return after[: len(parameters)], after[len(parameters) :]


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    epoch, number = compiled("step", recipe, len(parameters), str(parameters[0].dtype)), len(parameters)
    parameters, memory = begin(recipe, parameters)
    after = [*parameters, *memory]
    for _ in range(epochs):
        after = epoch(*after, inputs, targets)
    return after[:number]


def to_numpy(array: Array) -> Plain:
    return array
