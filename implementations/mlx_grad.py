"""Gradients by MLX's grad: the step is compiled once, then called from Python and evaluated for each epoch.

MLX has float64 on CPUs only, and computes exp in float32 there, so that it can be timed in float32 only.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import numpy as np
from mlx import nn, optimizers
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "mlx"
TIER = "idiomatic"
EXECUTION = "compiled"
GRANULARITY = "one call per epoch"
SLOW_TO_COMPILE = True
PROGRAM = "g++"  # compiles the kernels

Plain = NDArray[np.floating]
Array = Any  # mlx.core.array
Parameters = list[Array]
Memory = Any  # made by mlx.optimizers
State = tuple[Parameters, Memory]

mx.set_default_device(mx.cpu)


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    kind = getattr(mx, dtype)
    return [mx.array(p, kind) for p in parameters], mx.array(inputs, kind), mx.array(targets, kind)


def sigmoid(logits: Array) -> Array:
    return mx.sigmoid(logits)


def activate(recipe: Recipe, logits: Array) -> Array:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return mx.tanh(logits)
    return nn.relu(logits)


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
        return nn.losses.binary_cross_entropy(logits, targets, reduction="sum")
    error = targets - sigmoid(logits)
    return mx.sum(mx.square(error)) / 2


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return compiled(recipe, slopes)(parameters, inputs, targets)


def optimiser(recipe: Recipe) -> optimizers.Optimizer:
    if recipe.optimiser == "gradient descent":
        return optimizers.SGD(recipe.rate)
    if recipe.optimiser == "momentum":
        return optimizers.SGD(recipe.rate, recipe.momentum)
    if recipe.optimiser == "rmsprop":
        return optimizers.RMSprop(recipe.rate, recipe.decay, recipe.epsilon)
    return optimizers.Adam(recipe.rate, [recipe.momentum, recipe.decay], recipe.epsilon, bias_correction=True)


def begin(recipe: Recipe, parameters: Parameters) -> State:
    rule = optimiser(recipe)
    rule.init({"parameters": parameters})
    return parameters, rule.state


def update(recipe: Recipe, parameters: Parameters, gradients: Parameters, memory: Memory) -> State:
    rule = optimiser(recipe)
    rule.state = memory
    moved = rule.apply_gradients({"parameters": gradients}, {"parameters": parameters})
    return moved["parameters"], rule.state


def slopes(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return mx.grad(partial(loss, recipe))(parameters, inputs, targets)


def epoch(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, memory = state
    return update(recipe, parameters, slopes(recipe, parameters, inputs, targets), memory)


@cache
def compiled(recipe: Recipe, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of one recipe, which MLX compiles for the shapes and dtypes of each new call."""
    return mx.compile(partial(function, recipe))


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    graph = compiled(recipe, {"gradient": slopes, "loss": loss, "predict": predict}[measure])
    arguments = (parameters, inputs) if measure == "predict" else (parameters, inputs, targets)

    def call() -> Any:
        result = graph(*arguments)
        mx.eval(result)
        return result

    return call


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return compiled(recipe, epoch)(state, inputs, targets)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    state, graph = begin(recipe, parameters), compiled(recipe, epoch)
    for _ in range(epochs):
        state = graph(state, inputs, targets)
        mx.eval(state)  # MLX is lazy: the graphs of all epochs would be kept until the end
    return list(state[0])


def to_numpy(array: Array) -> Plain:
    return np.array(array)
