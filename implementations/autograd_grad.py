"""Gradients by autograd's grad, eager: wrapped NumPy functions record their calls, and grad walks the record backwards.

The update is in plain NumPy: autograd's own optimisers run whole trainings, and its RMSprop starts with squares of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import autograd.numpy as anp
import numpy as np
from autograd import grad
from autograd.scipy.special import expit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from xorbench.workloads import Recipe

FRAMEWORK = "autograd"
TIER = "idiomatic"
EXECUTION = "eager"
GRANULARITY = "one call per epoch"

Plain = NDArray[np.floating]
Array = NDArray[np.floating]
Parameters = list[Array]
Memory = tuple[int, Parameters, Parameters]  # epochs done, running means of gradients and of their squares
State = tuple[Parameters, Memory]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)


def sigmoid(logits: Array) -> Array:
    return expit(logits)  # 1 / (1 + exp(-z)) has the gradient 0 * inf where exp overflows


def activate(recipe: Recipe, logits: Array) -> Array:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return anp.tanh(logits)
    return anp.where(logits > 0, logits, 0)  # not maximum, whose slope at the kink is 1/2


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
        on, size = anp.where(logits > 0, logits, 0), anp.where(logits > 0, logits, -logits)  # not abs: see README
        return anp.sum(on - logits * targets + anp.log1p(anp.exp(-size)))
    error = targets - sigmoid(logits)
    return anp.sum(error**2) / 2


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return grad(loss, 1)(recipe, parameters, inputs, targets)


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
