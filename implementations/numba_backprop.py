"""Gradients by hand, as loops compiled by Numba, which has no differentiation; an epoch is one call from Python.

Parameters are one row, W1, b1, W2, ..., and so are the units of a sample. Passing an array to a compiled function takes
longer than an epoch of arithmetic, so few are passed and changed in place; strings take longer, so numbers are passed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "numba"
TIER = "idiomatic"
EXECUTION = "compiled"
GRANULARITY = "one call per epoch"

Plain = NDArray[np.floating]
Array = NDArray[np.floating]
Parameters = list[Array]
Memory = tuple[int, Array]  # epochs done; rows: parameters, running means of gradients, and of their squares
State = tuple[Parameters, Memory]
Sizes = NDArray[np.int64]
Coded = Any  # a recipe with numbers in place of its strings

WORDS = ("sigmoid", "tanh", "relu", "squared error", "cross-entropy", "gradient descent", "momentum", "rmsprop", "adam")
SIGMOID, TANH, RELU, SQUARED_ERROR, CROSS_ENTROPY, DESCENT, MOMENTUM, RMSPROP, ADAM = range(len(WORDS))


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)


def coded(recipe: Recipe) -> Coded:
    words = {name: WORDS.index(getattr(recipe, name)) for name in ("activation", "loss", "optimiser")}
    return recipe._replace(**words)  # type: ignore[arg-type]


def row_of(parameters: Parameters) -> Array:
    return np.concatenate([p.ravel() for p in parameters])


def shaped(row: Array, parameters: Parameters) -> Parameters:
    ends = np.cumsum([p.size for p in parameters])[:-1]
    return [part.reshape(p.shape) for part, p in zip(np.split(row, ends), parameters, strict=True)]


def units_for(parameters: Parameters, inputs: Array) -> tuple[Sizes, Array]:
    """Return the sizes of all layers and an array for their units, (samples, n0 + n1 + ...), which has the inputs."""
    sizes = np.array([inputs.shape[1], *(bias.size for bias in parameters[1::2])])
    units = np.zeros((len(inputs), sizes.sum()), inputs.dtype)
    units[:, : sizes[0]] = inputs
    return sizes, units


@njit
def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


@njit
def activate(recipe: Coded, logit: float) -> float:
    if recipe.activation == SIGMOID:
        return sigmoid(logit)
    if recipe.activation == TANH:
        return math.tanh(logit)
    return max(logit, 0.0)


@njit
def slope(recipe: Coded, activation: float) -> float:
    if recipe.activation == SIGMOID:
        return activation * (1 - activation)
    if recipe.activation == TANH:
        return 1 - activation * activation
    return 1.0 if activation > 0 else 0.0  # 0 at the kink


@njit
def fill(recipe: Coded, sizes: Sizes, row: Array, units: Array) -> None:
    """Fill `units` behind the inputs: the activations, layer by layer, then the logits."""
    for sample in units:
        weight = unit = 0
        for layer in range(len(sizes) - 1):
            n, m = sizes[layer], sizes[layer + 1]
            for j in range(m):
                logit = sample[unit] * row[weight + j]
                for i in range(1, n):
                    logit += sample[unit + i] * row[weight + i * m + j]
                logit += row[weight + n * m + j]
                sample[unit + n + j] = activate(recipe, logit) if layer < len(sizes) - 2 else logit
            weight, unit = weight + (n + 1) * m, unit + n


@njit
def total_loss(recipe: Coded, sizes: Sizes, units: Array, targets: Array) -> float:
    total = 0.0
    for sample, target in zip(units[:, -sizes[-1] :], targets):  # noqa: B905  Numba does not support strict
        for logit, t in zip(sample, target):  # noqa: B905
            if recipe.loss == CROSS_ENTROPY:
                total += max(logit, 0.0) - logit * t + math.log1p(math.exp(-abs(logit)))
            else:
                total += (t - sigmoid(logit)) ** 2 / 2
    return total


@njit
def backward(recipe: Coded, sizes: Sizes, row: Array, units: Array, targets: Array, gradients: Array) -> None:
    """Replace the units with dloss/dlogits, from the last layer to the first."""
    fill(recipe, sizes, row, units)
    gradients[:] = 0
    for sample, target in zip(units, targets):  # noqa: B905
        weight, unit = len(row), len(sample) - sizes[-1]
        for j in range(sizes[-1]):
            output = sigmoid(sample[unit + j])
            factor = output * (1 - output) if recipe.loss == SQUARED_ERROR else 1.0
            sample[unit + j] = (output - target[j]) * factor
        for layer in range(len(sizes) - 2, -1, -1):
            n, m = sizes[layer], sizes[layer + 1]
            weight, unit = weight - (n + 1) * m, unit - n
            for j in range(m):
                gradients[weight + n * m + j] += sample[unit + n + j]
            for i in range(n):
                upstream = sample[unit + n] * row[weight + i * m]
                gradients[weight + i * m] += sample[unit + i] * sample[unit + n]
                for j in range(1, m):
                    upstream += sample[unit + n + j] * row[weight + i * m + j]
                    gradients[weight + i * m + j] += sample[unit + i] * sample[unit + n + j]
                if layer > 0:  # the inputs are kept
                    sample[unit + i] = upstream * slope(recipe, sample[unit + i])


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    sizes, units = units_for(parameters, inputs)
    fill(coded(recipe), sizes, row_of(parameters), units)
    return 1 / (1 + np.exp(-units[:, -sizes[-1] :]))


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    sizes, units = units_for(parameters, inputs)
    fill(coded(recipe), sizes, row_of(parameters), units)
    return np.array(total_loss(coded(recipe), sizes, units, targets), inputs.dtype)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    sizes, units = units_for(parameters, inputs)
    row = row_of(parameters)
    gradients = np.empty_like(row)
    backward(coded(recipe), sizes, row, units, targets, gradients)
    return shaped(gradients, parameters)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    code, (sizes, units), row = coded(recipe), units_for(parameters, inputs), row_of(parameters)
    gradients = np.empty_like(row)
    result = shaped(gradients, parameters)

    def call() -> Any:
        if measure == "gradient":
            backward(code, sizes, row, units, targets, gradients)
            return result
        fill(code, sizes, row, units)
        if measure == "loss":
            return np.array(total_loss(code, sizes, units, targets), inputs.dtype)
        return 1 / (1 + np.exp(-units[:, -sizes[-1] :]))

    return call


def begin(recipe: Recipe, parameters: Parameters) -> State:  # noqa: ARG001  every optimiser has the same memory
    row = row_of(parameters)
    rows = np.stack([row, np.zeros_like(row), np.zeros_like(row)])
    return shaped(rows[0], parameters), (0, rows)


@njit
def update(recipe: Coded, rows: Array, gradients: Array, epochs: int) -> None:
    parameters, means, squares = rows
    for i, g in enumerate(gradients):
        if recipe.optimiser == DESCENT:
            move = g
        elif recipe.optimiser == MOMENTUM:
            move = means[i] = recipe.momentum * means[i] + g
        elif recipe.optimiser == RMSPROP:
            squares[i] = recipe.decay * squares[i] + (1 - recipe.decay) * g * g
            move = g / (math.sqrt(squares[i]) + recipe.epsilon)
        else:
            means[i] = recipe.momentum * means[i] + (1 - recipe.momentum) * g
            squares[i] = recipe.decay * squares[i] + (1 - recipe.decay) * g * g
            unbiased = squares[i] / (1 - recipe.decay**epochs)
            move = means[i] / (1 - recipe.momentum**epochs) / (math.sqrt(unbiased) + recipe.epsilon)
        parameters[i] -= recipe.rate * move


@njit
def advance(
    recipe: Coded, sizes: Sizes, rows: Array, units: Array, targets: Array, gradients: Array, epochs: int
) -> None:
    backward(recipe, sizes, rows[0], units, targets, gradients)
    update(recipe, rows, gradients, epochs)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, (epochs, rows) = state
    sizes, units = units_for(parameters, inputs)
    advance(coded(recipe), sizes, rows, units, targets, np.empty_like(rows[0]), epochs + 1)
    return shaped(rows[0], parameters), (epochs + 1, rows)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    own, (_, rows) = begin(recipe, parameters)
    code, (sizes, units), gradients = coded(recipe), units_for(parameters, inputs), np.empty_like(rows[0])
    for epoch in range(1, epochs + 1):
        advance(code, sizes, rows, units, targets, gradients, epoch)
    return own


def to_numpy(array: Array) -> Plain:
    return array
