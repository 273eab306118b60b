"""Gradients by PyTorch's autograd, eager: each epoch records its forward pass and walks the record backwards."""

import numpy as np
import torch
from numpy.typing import NDArray

FRAMEWORK = "torch"
TIER = "idiomatic"
EXECUTION = "eager"
GRANULARITY = "one call per epoch"

Plain = NDArray[np.floating]
Array = torch.Tensor
Parameters = list[Array]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    kind = getattr(torch, dtype)
    leaves = [torch.tensor(p, dtype=kind, requires_grad=True) for p in parameters]
    return leaves, torch.tensor(inputs, dtype=kind), torch.tensor(targets, dtype=kind)


def sigmoid(logits: Array) -> Array:
    return torch.sigmoid(logits)


def forward(parameters: Parameters, inputs: Array) -> list[Array]:
    activations = [inputs]  # (samples, n0), (samples, n1), ...
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        activations.append(sigmoid(activations[-1] @ weights + bias))
    return activations


def predict(parameters: Parameters, inputs: Array) -> Array:
    return forward(parameters, inputs)[-1]


def loss(parameters: Parameters, inputs: Array, targets: Array) -> Array:
    error = targets - predict(parameters, inputs)
    return torch.sum(error**2) / 2


def gradient(parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return list(torch.autograd.grad(loss(parameters, inputs, targets), parameters))


def step(parameters: Parameters, inputs: Array, targets: Array, rate: float) -> Parameters:
    gradients = gradient(parameters, inputs, targets)
    with torch.no_grad():
        return [(p - rate * g).requires_grad_() for p, g in zip(parameters, gradients, strict=True)]


def train(parameters: Parameters, inputs: Array, targets: Array, rate: float, epochs: int) -> Parameters:
    for _ in range(epochs):
        parameters = step(parameters, inputs, targets, rate)
    return parameters


def to_numpy(array: Array) -> Plain:
    return array.numpy(force=True)
