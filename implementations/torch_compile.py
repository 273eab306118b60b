"""Gradients by torch.func.grad, compiled by torch.compile together with the update and the loop over the epochs.

Small layers are sums of products, not `@`, so that the compiler fuses them, and epochs are unrolled inside a
`torch.while_loop`. The wrapper is compiled to C++ too, so that no Python runs between the epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "torch"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
SLOW_TO_COMPILE = True
ADDS = "the compiler's kernels and buffers"
ADDS_TO = "c_strict"

Plain = NDArray[np.floating]
Array = torch.Tensor
Parameters = list[Array]
Memory = tuple[Array, Parameters, Parameters]  # epochs done, running means of gradients and of their squares
State = tuple[Parameters, Memory]

SMALL = 512
"""Largest number of multiplications for which a layer is a sum of products and epochs are unrolled."""

UNROLLED = 8

torch._dynamo.config.recompile_limit = 256  # one compilation for each recipe, shape and dtype in a process


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    kind = getattr(torch, dtype)
    tensors = [torch.tensor(p, dtype=kind) for p in parameters]
    return tensors, torch.tensor(inputs, dtype=kind), torch.tensor(targets, dtype=kind)


def activate(recipe: Recipe, logits: Array) -> Array:
    if recipe.activation == "sigmoid":
        return torch.sigmoid(logits)
    if recipe.activation == "tanh":
        return torch.tanh(logits)
    return torch.relu(logits)


def product(a: Array, b: Array) -> Array:
    if a.numel() * b.shape[1] <= SMALL:
        return torch.sum(a[:, :, None] * b, dim=1)
    return a @ b


def forward(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    layer = inputs
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        layer = activate(recipe, product(layer, weights) + bias)
    return product(layer, parameters[-2]) + parameters[-1]


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return torch.sigmoid(forward(recipe, parameters, inputs))


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    logits = forward(recipe, parameters, inputs)
    if recipe.loss == "cross-entropy":
        # not binary_cross_entropy_with_logits, whose derivative by torch.func.grad subtracts 1 from nearly 1
        ones, zeros = torch.nn.functional.logsigmoid(logits), torch.nn.functional.logsigmoid(-logits)
        return -torch.sum(targets * ones + (1 - targets) * zeros)
    return torch.sum((targets - torch.sigmoid(logits)) ** 2) / 2


def slopes(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    def of(point: Parameters) -> Array:
        return loss(recipe, point, inputs, targets)

    return torch.func.grad(of)(parameters)


compiled_slopes = torch.compile(slopes, fullgraph=True, dynamic=False)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    with torch.no_grad():
        return list(compiled_slopes(recipe, parameters, inputs, targets))


compiled_loss = torch.compile(loss, fullgraph=True, dynamic=False)
compiled_predict = torch.compile(predict, fullgraph=True, dynamic=False)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    function: Any = {"gradient": compiled_slopes, "loss": compiled_loss, "predict": compiled_predict}[measure]
    arguments = (parameters, inputs) if measure == "predict" else (parameters, inputs, targets)

    def call() -> Any:
        with torch.no_grad():
            return function(recipe, *arguments)

    return call


def begin(recipe: Recipe, parameters: Parameters) -> State:
    means = [torch.zeros_like(p) for p in parameters] if recipe.optimiser in ("momentum", "adam") else []
    squares = [torch.zeros_like(p) for p in parameters] if recipe.optimiser in ("rmsprop", "adam") else []
    return parameters, (torch.zeros((), dtype=torch.int64), means, squares)


def update(recipe: Recipe, parameters: Parameters, gradients: Parameters, memory: Memory) -> State:
    epochs, means, squares = memory
    epochs, moves = epochs + 1, gradients
    if recipe.optimiser == "momentum":
        moves = means = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]
    if recipe.optimiser in ("rmsprop", "adam"):
        squares = [recipe.decay * s + (1 - recipe.decay) * g * g for s, g in zip(squares, gradients, strict=True)]
    if recipe.optimiser == "rmsprop":
        moves = [g / (torch.sqrt(s) + recipe.epsilon) for g, s in zip(gradients, squares, strict=True)]
    if recipe.optimiser == "adam":
        means = [recipe.momentum * m + (1 - recipe.momentum) * g for m, g in zip(means, gradients, strict=True)]
        shares = [(1 - base ** epochs.double()).to(means[0].dtype) for base in (recipe.momentum, recipe.decay)]
        roots = [torch.sqrt(s / shares[1]) + recipe.epsilon for s in squares]
        moves = [m / shares[0] / root for m, root in zip(means, roots, strict=True)]
    return [p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)], (epochs, means, squares)


def loop(recipe: Recipe, state: State, inputs: Array, targets: Array, end: Array, unrolled: int) -> State:
    """Return the state after epochs in groups of `unrolled`, while that many remain before `end`."""
    (parameters, (done, means, squares)), layers, kept = state, len(state[0]), len(state[1][1])

    def some_left(done: Array, *_: Array) -> Array:
        return done + unrolled <= end

    def some_epochs(done: Array, *rest: Array) -> tuple[Array, ...]:
        parameters = list(rest[:layers])
        memory = done, list(rest[layers : layers + kept]), list(rest[layers + kept :])
        for _ in range(unrolled):
            parameters, memory = update(recipe, parameters, slopes(recipe, parameters, inputs, targets), memory)
        return (memory[0], *parameters, *memory[1], *memory[2])

    done, *rest = torch.while_loop(some_left, some_epochs, (done, *parameters, *means, *squares))
    return rest[:layers], (done, rest[layers : layers + kept], rest[layers + kept :])


def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: Array) -> State:
    end = state[1][0] + epochs
    if inputs.numel() * state[0][0].shape[1] <= SMALL:
        state = loop(recipe, state, inputs, targets, end, UNROLLED)
    return loop(recipe, state, inputs, targets, end, 1)


compiled_steps = torch.compile(
    steps, fullgraph=True, dynamic=False, options={"cpp_wrapper": True, "cpp.simdlen": 1}
)  # with vectors, layers shorter than a vector would be copied first


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    with torch.no_grad():
        return compiled_steps(recipe, state, inputs, targets, torch.tensor(1))


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    with torch.no_grad():
        return compiled_steps(recipe, begin(recipe, parameters), inputs, targets, torch.tensor(epochs))[0]


def to_numpy(array: Array) -> Plain:
    return array.numpy(force=True)
