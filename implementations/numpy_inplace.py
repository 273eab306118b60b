"""Gradients by hand without allocating: the calls of an epoch, and the buffers they write to, are listed once.

Biases are one more row of the weights. Samples are columns, so that every part of a buffer is contiguous. Activations
are stored negated, -a: the next product is then -z, the argument of exp, and no sign is ever changed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from numpy_backprop import Array, Parameters, convert, to_numpy  # noqa: F401  for the contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "numpy"
TIER = "tuned"
EXECUTION = "eager"
GRANULARITY = "one call per epoch"
ADDS = "a call for each operation"
ADDS_TO = "c_strict"

Memory = tuple[
    Array, Array, Array, Array, Array
]  # flat: parameters, means of gradients, of squares; momentum^t, decay^t
State = tuple[Parameters, Memory]
Calls = list["Callable[[], object]"]


def shaped(flat: Array, parameters: Parameters, together: int = 1) -> list[Array]:
    """Return views of `flat` in the parameters' shapes or, if `together` is 2, of weights with their bias below."""
    found, end = [], 0
    for first in range(0, len(parameters), together):
        rows, columns = sum(len(p) for p in parameters[first : first + together]), parameters[first].shape[1]
        start, end = end, end + rows * columns
        found.append(flat[start:end].reshape(rows, columns))
    return found


def constant(value: float, like: Array) -> Array:
    return np.array(value, like.dtype)  # NumPy converts a float in every call, but not an array


def sigmoid(negative: Array, result: Array) -> Calls:
    """Return the calls that turn negative logits into negative activations."""
    one, minus_one = constant(1, result), constant(-1, result)
    return [
        partial(np.exp, negative, result),
        partial(np.add, result, one, result),
        partial(np.divide, minus_one, result, result),
    ]


def activate(recipe: Recipe, negative: Array) -> Calls:
    if recipe.activation == "sigmoid":
        return sigmoid(negative, negative)
    if recipe.activation == "tanh":
        return [partial(np.tanh, negative, negative)]
    return [partial(np.minimum, negative, constant(0, negative), out=negative)]


def slope(activation: str, negative: Array, result: Array) -> Calls:
    if activation == "sigmoid":
        minus_one = constant(-1, result)
        return [partial(np.subtract, minus_one, negative, result), partial(np.multiply, result, negative, result)]
    if activation == "tanh":
        one = constant(1, result)
        return [partial(np.multiply, negative, negative, result), partial(np.subtract, one, result, result)]
    return [partial(np.less, negative, constant(0, result), result)]


def forward(recipe: Recipe, weights: list[Array], inputs: Array) -> tuple[Array, list[Array], Calls]:
    """Return a buffer (units, samples), its part for each layer with a row of -1 for the bias, and calls to fill it."""
    sizes = [inputs.shape[1], *(w.shape[1] for w in weights)]
    units = np.full((sum(sizes) + len(sizes), len(inputs)), -1, inputs.dtype)
    layers = np.split(units, np.cumsum([size + 1 for size in sizes[:-1]]))
    layers[0][:-1] = -inputs.T
    calls: Calls = []
    for number, w in enumerate(weights):
        above = layers[number + 1][:-1]
        calls.append(partial(w.T.dot, layers[number], above))
        if number < len(weights) - 1:  # the last layer stays logits
            calls += activate(recipe, above)
    return units, layers, calls


def backward(recipe: Recipe, weights: list[Array], gradients: list[Array], inputs: Array, targets: Array) -> Calls:
    units, layers, calls = forward(recipe, weights, inputs)
    slopes, deltas = np.empty_like(units), np.empty_like(units)
    parts = [len(layer) for layer in layers[:-1]]
    slope_of, delta_of = (np.split(whole, np.cumsum(parts)) for whole in (slopes, deltas))
    output, delta = layers[-1][:-1], delta_of[-1][:-1]
    calls += sigmoid(output, output)
    hidden = slice(len(layers[0]), None)
    calls += slope(recipe.activation, units[hidden], slopes[hidden])  # for all layers at once
    calls.append(partial(np.add, output, targets.T.copy(), delta))  # -dloss/dlogits of cross-entropy
    if recipe.loss == "squared error":
        if recipe.activation != "sigmoid":
            calls += slope("sigmoid", output, slope_of[-1][:-1])
        calls.append(partial(np.multiply, delta, slope_of[-1][:-1], delta))
    for number in range(len(weights) - 1, -1, -1):
        calls.append(partial(layers[number].dot, delta.T, gradients[number]))
        if number:
            below = delta_of[number][:-1]
            calls.append(partial(weights[number][:-1].dot, delta, below))
            calls.append(partial(np.multiply, below, slope_of[number][:-1], below))
            delta = below
    return calls


def update(recipe: Recipe, memory: Memory, g: Array) -> Calls:
    p, means, squares, mean_power, square_power = memory
    rate, momentum, decay, epsilon = (constant(value, p) for value in recipe[3:])
    moves, scale = np.empty_like(p), np.empty_like(p)
    average = [partial(np.multiply, means, momentum, means), partial(np.add, means, moves, means)]
    average_squares = [
        partial(np.multiply, g, constant(1 - recipe.decay, p), scale),
        partial(np.multiply, scale, g, scale),
        partial(np.multiply, squares, decay, squares),
        partial(np.add, squares, scale, squares),
    ]
    root = [partial(np.sqrt, scale, scale), partial(np.add, scale, epsilon, scale)]
    move = [partial(np.multiply, moves, rate, moves), partial(np.subtract, p, moves, p)]
    if recipe.optimiser == "gradient descent":
        return [partial(np.multiply, g, rate, moves), move[1]]
    if recipe.optimiser == "momentum":
        return [partial(np.copyto, moves, g), *average, partial(np.multiply, means, rate, moves), move[1]]
    if recipe.optimiser == "rmsprop":
        return [*average_squares, partial(np.copyto, scale, squares), *root, partial(np.divide, g, scale, moves), *move]
    return [
        partial(np.multiply, g, constant(1 - recipe.momentum, p), moves),
        *average,
        *average_squares,
        *corrected(means, mean_power, recipe.momentum, moves),
        *corrected(squares, square_power, recipe.decay, scale),
        *root,
        partial(np.divide, moves, scale, moves),
        *move,
    ]


def corrected(mean: Array, power: Array, base: float, result: Array) -> Calls:
    """Return the calls that correct `mean` for its bias to 0. The power is float64, as 1 minus it would lose digits."""
    share = constant(0, mean)
    return [
        partial(np.multiply, power, constant(base, power), power),
        partial(np.subtract, constant(1, power), power, share),
        partial(np.divide, mean, share, result),
    ]


def row(parameters: Parameters) -> Array:
    return np.concatenate([p.ravel() for p in parameters])


def run(calls: Calls) -> None:
    for call in calls:
        call()


def logits(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    _, layers, calls = forward(recipe, shaped(row(parameters), parameters, 2), inputs)
    run(calls)
    return -layers[-1][:-1].T


def outputs(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def total(recipe: Recipe, z: Array, targets: Array) -> Array:
    if recipe.loss == "cross-entropy":
        return np.asarray(np.sum(np.maximum(z, 0) - z * targets + np.log1p(np.exp(-np.abs(z)))))
    error = targets - outputs(z)
    return np.asarray(np.sum(error**2) / 2)


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return outputs(logits(recipe, parameters, inputs))


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    return total(recipe, logits(recipe, parameters, inputs), targets)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    weights, gradients = row(parameters), np.empty_like(row(parameters))
    run(backward(recipe, shaped(weights, parameters, 2), shaped(gradients, parameters, 2), inputs, targets))
    return shaped(gradients, parameters)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    weights, gradients = row(parameters), np.empty_like(row(parameters))
    layers, result = shaped(weights, parameters, 2), shaped(gradients, parameters)
    if measure == "gradient":
        calls = backward(recipe, layers, shaped(gradients, parameters, 2), inputs, targets)

        def fill() -> Parameters:
            run(calls)
            return result

        return fill
    _, units, calls = forward(recipe, layers, inputs)
    negative = units[-1][:-1].T

    def call() -> Array:
        run(calls)
        return outputs(-negative) if measure == "predict" else total(recipe, -negative, targets)

    return call


def begin(recipe: Recipe, parameters: Parameters) -> State:  # noqa: ARG001  every optimiser has the same memory
    p = row(parameters)
    return shaped(p, parameters), (p, np.zeros_like(p), np.zeros_like(p), np.ones(()), np.ones(()))


def listed(recipe: Recipe, state: State, inputs: Array, targets: Array) -> Calls:
    parameters, memory = state
    weights, gradients = memory[0], np.empty_like(memory[0])
    calls = backward(recipe, shaped(weights, parameters, 2), shaped(gradients, parameters, 2), inputs, targets)
    return calls + update(recipe, memory, gradients)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    run(listed(recipe, state, inputs, targets))
    return state


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    state = begin(recipe, parameters)
    calls = listed(recipe, state, inputs, targets)
    for _ in range(epochs):
        run(calls)
    return state[0]
