"""Gradients by hand in PyTorch, eager: the reference's backpropagation, which shows the cost of autograd itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "torch"
TIER = "idiomatic"
EXECUTION = "eager"
GRANULARITY = "one call per epoch"
ADDS = "a call for each operation, new arrays and Python's expressions"
ADDS_TO = "torch_compile"

Plain = NDArray[np.floating]
Array = torch.Tensor
Parameters = list[Array]
Memory = torch.optim.Optimizer | None  # None for gradient descent, which is one line
State = tuple[Parameters, Memory]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    kind = getattr(torch, dtype)
    tensors = [torch.tensor(p, dtype=kind) for p in parameters]
    return tensors, torch.tensor(inputs, dtype=kind), torch.tensor(targets, dtype=kind)


def sigmoid(logits: Array) -> Array:
    return torch.sigmoid(logits)


def activate(recipe: Recipe, logits: Array) -> Array:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return torch.tanh(logits)
    return torch.relu(logits)


def slope(recipe: Recipe, activations: Array) -> Array:
    if recipe.activation == "sigmoid":
        return activations * (1 - activations)
    if recipe.activation == "tanh":
        return 1 - activations * activations
    return activations > 0


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
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
    error = targets - sigmoid(logits)
    return torch.sum(error**2) / 2


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    *layers, logits = forward(recipe, parameters, inputs)
    outputs = sigmoid(logits)
    delta = outputs - targets  # dloss/dlogits, (samples, n_last), of cross-entropy
    if recipe.loss == "squared error":
        delta = delta * outputs * (1 - outputs)
    gradients = [layers[-1].T @ delta, torch.sum(delta, dim=0, keepdim=True)]
    for layer in range(len(layers) - 1, 0, -1):
        upstream = delta @ parameters[2 * layer].T  # dloss/dactivations, (samples, n_layer)
        delta = upstream * slope(recipe, layers[layer])  # dloss/dlogits, (samples, n_layer)
        gradients = [layers[layer - 1].T @ delta, torch.sum(delta, dim=0, keepdim=True), *gradients]
    return gradients


@torch.inference_mode()
def infer(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return predict(recipe, parameters, inputs)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    if measure == "predict":
        return partial(infer, recipe, parameters, inputs)
    return partial(loss if measure == "loss" else gradient, recipe, parameters, inputs, targets)


def begin(recipe: Recipe, parameters: Parameters) -> State:
    if recipe.optimiser == "gradient descent":
        return parameters, None
    own = [p.clone() for p in parameters]  # the optimiser changes them in place
    if recipe.optimiser == "momentum":
        return own, torch.optim.SGD(own, recipe.rate, recipe.momentum)
    if recipe.optimiser == "rmsprop":
        return own, torch.optim.RMSprop(own, recipe.rate, recipe.decay, recipe.epsilon)
    return own, torch.optim.Adam(own, recipe.rate, (recipe.momentum, recipe.decay), recipe.epsilon)


def update(recipe: Recipe, parameters: Parameters, gradients: Parameters, memory: Memory) -> State:
    if memory is None:
        return [p - recipe.rate * g for p, g in zip(parameters, gradients, strict=True)], None
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = g
    memory.step()
    return parameters, memory


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, memory = state
    return update(recipe, parameters, gradient(recipe, parameters, inputs, targets), memory)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    state = begin(recipe, parameters)
    for _ in range(epochs):
        state = step(recipe, state, inputs, targets)
    return state[0]


def to_numpy(array: Array) -> Plain:
    return array.numpy(force=True)
