"""Gradients by hand: backpropagation written out in NumPy.

This is the reference: the other files translate it, with the same eight functions in the same order.
Parameters are a flat list, first layer first: W1 (n0, n1), b1 (1, n1), W2 (n1, n2), b2 (1, n2), ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from xorbench.workloads import Recipe

FRAMEWORK = "numpy"
TIER = "idiomatic"
EXECUTION = "eager"
GRANULARITY = "one call per epoch"
ADDS = "new arrays and Python's expressions"
ADDS_TO = "numpy_inplace"

Plain = NDArray[np.floating]
Array = NDArray[np.floating]
Parameters = list[Array]
Memory = tuple[int, Parameters, Parameters]  # epochs done, running means of gradients and of their squares
State = tuple[Parameters, Memory]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)


def sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits))


def activate(recipe: Recipe, logits: Array) -> Array:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return np.tanh(logits)
    return np.maximum(logits, 0)


def slope(recipe: Recipe, activations: Array) -> Array:
    if recipe.activation == "sigmoid":
        return activations * (1 - activations)
    if recipe.activation == "tanh":
        return 1 - activations * activations
    return np.sign(activations)  # 0 at the kink


def forward(recipe: Recipe, parameters: Parameters, inputs: Array) -> list[Array]:
    layers = [inputs]  # (samples, n0), then the activations, (samples, n1), ..., then the logits, (samples, n_last)
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        layers.append(activate(recipe, layers[-1] @ weights + bias))
    return [*layers, layers[-1] @ parameters[-2] + parameters[-1]]


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return sigmoid(forward(recipe, parameters, inputs)[-1])


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    logits = forward(recipe, parameters, inputs)[-1]
    if recipe.loss == "cross-entropy":
        return np.asarray(np.sum(np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))))
    error = targets - sigmoid(logits)
    return np.asarray(np.sum(error**2) / 2)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    *layers, logits = forward(recipe, parameters, inputs)
    outputs = sigmoid(logits)
    delta = outputs - targets  # dloss/dlogits, (samples, n_last), of cross-entropy
    if recipe.loss == "squared error":
        delta = delta * outputs * (1 - outputs)
    gradients = [layers[-1].T @ delta, np.sum(delta, axis=0, keepdims=True)]
    for layer in range(len(layers) - 1, 0, -1):
        upstream = delta @ parameters[2 * layer].T  # dloss/dactivations, (samples, n_layer)
        delta = upstream * slope(recipe, layers[layer])  # dloss/dlogits, (samples, n_layer)
        gradients = [layers[layer - 1].T @ delta, np.sum(delta, axis=0, keepdims=True), *gradients]
    return gradients


def begin(recipe: Recipe, parameters: Parameters) -> State:
    nothing = [np.zeros_like(p) for p in parameters] if recipe.optimiser != "gradient descent" else []
    return parameters, (0, nothing, nothing)


def update(recipe: Recipe, parameters: Parameters, gradients: Parameters, memory: Memory) -> State:
    epochs, means, squares = memory
    if recipe.optimiser == "gradient descent":
        moves = gradients
    elif recipe.optimiser == "momentum":
        moves = means = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]
    elif recipe.optimiser == "rmsprop":
        squares = [recipe.decay * s + (1 - recipe.decay) * g * g for s, g in zip(squares, gradients, strict=True)]
        moves = [g / (np.sqrt(s) + recipe.epsilon) for g, s in zip(gradients, squares, strict=True)]
    else:
        epochs += 1
        means = [recipe.momentum * m + (1 - recipe.momentum) * g for m, g in zip(means, gradients, strict=True)]
        squares = [recipe.decay * s + (1 - recipe.decay) * g * g for s, g in zip(squares, gradients, strict=True)]
        unbiased = [s / (1 - recipe.decay**epochs) for s in squares]
        scaled = [m / (1 - recipe.momentum**epochs) for m in means]
        moves = [m / (np.sqrt(s) + recipe.epsilon) for m, s in zip(scaled, unbiased, strict=True)]
    return [p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)], (epochs, means, squares)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, memory = state
    return update(recipe, parameters, gradient(recipe, parameters, inputs, targets), memory)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    state = begin(recipe, parameters)
    for _ in range(epochs):
        state = step(recipe, state, inputs, targets)
    return state[0]


def to_numpy(array: Array) -> Plain:
    return array
