"""Gradients by hand: backpropagation written out in NumPy.

This is the text that the other files translate: the same functions in the same order.
Parameters are a flat list, first layer first: W1 (n0, n1), b1 (1, n1), W2 (n1, n2), b2 (1, n2), ...
"""

import numpy as np
from numpy.typing import NDArray

FRAMEWORK = "numpy"
TIER = "idiomatic"
EXECUTION = "eager"
GRANULARITY = "one call per epoch"

Plain = NDArray[np.floating]
Array = NDArray[np.floating]
Parameters = list[Array]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)


def sigmoid(logits: Array) -> Array:
    return 1 / (1 + np.exp(-logits))


def forward(parameters: Parameters, inputs: Array) -> list[Array]:
    activations = [inputs]  # (samples, n0), (samples, n1), ...
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        activations.append(sigmoid(activations[-1] @ weights + bias))
    return activations


def predict(parameters: Parameters, inputs: Array) -> Array:
    return forward(parameters, inputs)[-1]


def loss(parameters: Parameters, inputs: Array, targets: Array) -> Array:
    error = targets - predict(parameters, inputs)
    return np.asarray(np.sum(error**2) / 2)


def gradient(parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    activations = forward(parameters, inputs)
    error = targets - activations[-1]
    delta = -error * activations[-1] * (1 - activations[-1])  # dloss/dlogits, (samples, n_last)
    gradients = [activations[-2].T @ delta, np.sum(delta, axis=0, keepdims=True)]
    for layer in range(len(activations) - 2, 0, -1):
        blame = delta @ parameters[2 * layer].T  # dloss/dactivations, (samples, n_layer)
        delta = blame * activations[layer] * (1 - activations[layer])  # dloss/dlogits, (samples, n_layer)
        gradients = [activations[layer - 1].T @ delta, np.sum(delta, axis=0, keepdims=True), *gradients]
    return gradients


def step(parameters: Parameters, inputs: Array, targets: Array, rate: float) -> Parameters:
    gradients = gradient(parameters, inputs, targets)
    return [p - rate * g for p, g in zip(parameters, gradients, strict=True)]


def train(parameters: Parameters, inputs: Array, targets: Array, rate: float, epochs: int) -> Parameters:
    for _ in range(epochs):
        parameters = step(parameters, inputs, targets, rate)
    return parameters


def to_numpy(array: Array) -> Plain:
    return array
