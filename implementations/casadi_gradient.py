"""Gradients by CasADi's gradient: a symbolic step is differentiated once, then called for each epoch.

CasADi computes only in float64, so float32 results are rounded when they are read. It has none of these optimisers.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "casadi"
TIER = "idiomatic"
EXECUTION = "compiled"
GRANULARITY = "one call per epoch"

Plain = NDArray[np.floating]
Array = NDArray[np.floating]
Parameters = list[Array]
Symbols = Any  # casadi.MX
Memory = list[Any]  # matrices of CasADi: parameters, epochs done, running means of gradients, and of their squares
State = tuple[Parameters, Memory]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)


def sigmoid(logits: Symbols) -> Symbols:
    """Return the sigmoid from exp(-|z|): exp(-z) and the square of 1 + exp(-z), in the derivative, would overflow."""
    on = logits > 0
    small = ca.exp(ca.if_else(on, -logits, logits))
    return ca.if_else(on, 1, small) / (1 + small)


def activate(recipe: Recipe, logits: Symbols) -> Symbols:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return ca.tanh(logits)
    return positive(logits)


def positive(logits: Symbols) -> Symbols:
    return ca.if_else(logits > 0, logits, 0)  # not fmax, whose slope at the kink is 1/2


def on_all(bias: Symbols, layer: Symbols) -> Symbols:
    return ca.DM.ones(layer.shape[0], 1) @ bias  # (samples, n)


def last_logits(recipe: Recipe, parameters: list[Symbols], inputs: Symbols) -> Symbols:
    layer = inputs
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        layer = activate(recipe, layer @ weights + on_all(bias, layer))
    return layer @ parameters[-2] + on_all(parameters[-1], layer)


def total_loss(recipe: Recipe, parameters: list[Symbols], inputs: Symbols, targets: Symbols) -> Symbols:
    logits = last_logits(recipe, parameters, inputs)
    if recipe.loss == "cross-entropy":
        on = positive(logits)
        return ca.sum2(ca.sum1(on - logits * targets + ca.log1p(ca.exp(logits - 2 * on))))
    return ca.sumsqr(targets - sigmoid(logits)) / 2


def slopes(recipe: Recipe, parameters: list[Symbols], inputs: Symbols, targets: Symbols) -> list[Symbols]:
    total = total_loss(recipe, parameters, inputs, targets)
    return [ca.gradient(total, p) for p in parameters]


@cache
def derived(recipe: Recipe, shapes: tuple[tuple[int, int], ...], samples: int) -> dict[str, ca.Function]:
    """Return functions of the parameters, the inputs and the targets; "step" also takes Memory."""
    kept = shapes if recipe.optimiser != "gradient descent" else ()
    parameters = [ca.MX.sym("p", *shape) for shape in shapes]
    means, squares = ([ca.MX.sym(letter, *shape) for shape in kept] for letter in "ms")
    inputs, targets = ca.MX.sym("x", samples, shapes[0][0]), ca.MX.sym("y", samples, shapes[-1][1])
    epochs, given = ca.MX.sym("t"), [*parameters, inputs, targets]
    gradients = slopes(recipe, parameters, inputs, targets)
    memory = update(recipe, parameters, gradients, epochs, means, squares)
    return {
        "predict": ca.Function("predict", given[:-1], [sigmoid(last_logits(recipe, parameters, inputs))]),
        "loss": ca.Function("loss", given, [total_loss(recipe, parameters, inputs, targets)]),
        "gradient": ca.Function("gradient", given, gradients),
        "step": ca.Function("step", [*parameters, epochs, *means, *squares, inputs, targets], memory),
    }


def functions(recipe: Recipe, parameters: Parameters, inputs: Array) -> dict[str, ca.Function]:
    return derived(recipe, tuple(p.shape for p in parameters), len(inputs))


def plain(matrices: list[ca.DM], parameters: Parameters) -> Parameters:
    return [np.array(m, p.dtype) for m, p in zip(matrices, parameters, strict=True)]


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    (outputs,) = functions(recipe, parameters, inputs)["predict"].call([*parameters, inputs])
    return np.array(outputs, inputs.dtype)


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    (total,) = functions(recipe, parameters, inputs)["loss"].call([*parameters, inputs, targets])
    return np.array(float(total), inputs.dtype)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return plain(functions(recipe, parameters, inputs)["gradient"].call([*parameters, inputs, targets]), parameters)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    function = functions(recipe, parameters, inputs)[measure]
    given = [*map(ca.DM, parameters), ca.DM(inputs), *([ca.DM(targets)] if measure != "predict" else [])]

    def call() -> Any:
        matrices = function.call(given)
        if measure == "predict":
            return np.array(matrices[0], inputs.dtype)
        if measure == "loss":
            return lambda: np.array(float(matrices[0]), inputs.dtype)
        return lambda: plain(matrices, parameters)

    return call


def begin(recipe: Recipe, parameters: Parameters) -> State:
    nothing = [ca.DM.zeros(*p.shape) for p in parameters] if recipe.optimiser != "gradient descent" else []
    return parameters, [*map(ca.DM, parameters), ca.DM(0), *nothing, *nothing]


def update(
    recipe: Recipe,
    parameters: list[Symbols],
    gradients: list[Symbols],
    epochs: Symbols,
    means: list[Symbols],
    squares: list[Symbols],
) -> list[Symbols]:
    moves = gradients
    if recipe.optimiser == "momentum":
        moves = means = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]
    elif recipe.optimiser != "gradient descent":
        squares = [recipe.decay * s + (1 - recipe.decay) * g * g for s, g in zip(squares, gradients, strict=True)]
    if recipe.optimiser == "rmsprop":
        moves = [g / (ca.sqrt(s) + recipe.epsilon) for g, s in zip(gradients, squares, strict=True)]
    elif recipe.optimiser == "adam":
        epochs = epochs + 1
        means = [recipe.momentum * m + (1 - recipe.momentum) * g for m, g in zip(means, gradients, strict=True)]
        unbiased = [s / (1 - recipe.decay**epochs) for s in squares]
        scaled = [m / (1 - recipe.momentum**epochs) for m in means]
        moves = [m / (ca.sqrt(s) + recipe.epsilon) for m, s in zip(scaled, unbiased, strict=True)]
    return [*(p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)), epochs, *means, *squares]


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, memory = state
    memory = functions(recipe, parameters, inputs)["step"].call([*memory, inputs, targets])
    return plain(memory[: len(parameters)], parameters), memory


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    _, memory = begin(recipe, parameters)
    epoch, x, y = functions(recipe, parameters, inputs)["step"], ca.DM(inputs), ca.DM(targets)
    for _ in range(epochs):
        memory = epoch.call([*memory, x, y])
    return plain(memory[: len(parameters)], parameters)


def to_numpy(array: Array) -> Plain:
    return array
