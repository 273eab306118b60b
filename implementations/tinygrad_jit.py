"""Gradients by tinygrad's backward: the kernels of a step are captured by TinyJit, then run again for each epoch.

Captured kernels write to the same arrays each time, so parameters change in place and gradients are copied. The
update is by hand: tinygrad has no RMSprop, and keeps rates and epsilons in float32.
"""

from __future__ import annotations

import math
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tinygrad import Device, Tensor, TinyJit
from tinygrad.helpers import DEV

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "tinygrad"
TIER = "idiomatic"
EXECUTION = "compiled"
GRANULARITY = "one call per epoch"
SLOW_TO_COMPILE = True
PROGRAM = "clang"

Plain = NDArray[np.floating]
Array = Tensor
Parameters = list[Array]
Memory = tuple[Parameters, Parameters, Parameters]  # momentum^t and decay^t, means of gradients and of their squares
State = tuple[Parameters, Memory]

LN_2_HIGH = 0.693359375  # its product with an integer exponent is exact, also in float32
LN_2_LOW = -2.121944400546905827679e-4  # both as in Cephes, S. L. Moshier, 1989

DEV.value = "CPU"


def tensor(array: Plain) -> Array:
    return Tensor(array).realize()


def copied(array: Array) -> Array:
    return tensor(array.numpy().copy())


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    tensors = [tensor(np.array(a, dtype)) for a in (*parameters, inputs, targets)]
    return tensors[:-2], tensors[-2], tensors[-1]


def sigmoid(logits: Array) -> Array:
    """Return the sigmoid from exp(-|z|): exp(-z) and the square of 1 + exp(-z), in the derivative, would overflow.

    The exponential has 2^whole as a factor: tinygrad's 2^(-z log2 e) rounds a large exponent by too much.
    """
    on = logits > 0
    size = on.where(logits, -logits)
    whole = (size.detach() * -math.log2(math.e)).round()
    rest = (-size - whole * LN_2_HIGH).contiguous() - whole * LN_2_LOW  # otherwise it merges the two products
    small = whole.exp2() * rest.exp()
    return on.where(1, small) / (1 + small)


def tanh(logits: Array) -> Array:
    """Return the hyperbolic tangent; tinygrad's is 2 sigmoid(2 z) - 1, which has no digits near 0.

    Below 5/8 it is Cephes's rational function (S. L. Moshier, 1989). The last term is 0, and has the slope 1 - tanh^2.
    """
    z = logits.detach()
    square = z * z
    above = (-9.64399179425052238628e-1 * square - 9.92877231001918586564e1) * square - 1.61468768441708447952e3
    below = (square + 1.12811678491632931402e2) * square + 2.23548839060100448583e3
    below = below * square + 4.84406305325125486048e3
    small = z + z * square * above / below
    size = (z < 0).where(-z, z)
    large = 1 - 2 / ((2 * size).exp() + 1)
    values = (size < 0.625).where(small, (z < 0).where(-large, large))
    return values + (1 - values * values) * (logits - z)


def activate(recipe: Recipe, logits: Array) -> Array:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return tanh(logits)
    return logits.relu()


def forward(recipe: Recipe, parameters: Parameters, inputs: Array) -> list[Array]:
    layers = [inputs]  # (samples, n0), then the activations, (samples, n1), ..., then the logits, (samples, n_last)
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        layers.append(activate(recipe, layers[-1] @ weights + bias))
    return [*layers, layers[-1] @ parameters[-2] + parameters[-1]]


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return sigmoid(forward(recipe, parameters, inputs)[-1])


def total_loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    logits = forward(recipe, parameters, inputs)[-1]
    if recipe.loss == "cross-entropy":
        return logits.binary_crossentropy_logits(targets, reduction="sum")
    error = targets - sigmoid(logits)
    return (error**2).sum() / 2


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    return copied(jitted(total_loss, recipe, len(parameters), shapes(parameters, inputs))(*parameters, inputs, targets))


def slopes(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return [g.contiguous() for g in total_loss(recipe, parameters, inputs, targets).gradient(*parameters)]


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    captured = jitted(slopes, recipe, len(parameters), shapes(parameters, inputs))
    return [copied(g) for g in captured(*parameters, inputs, targets)]


def begin(recipe: Recipe, parameters: Parameters) -> State:
    own = [p.clone() for p in parameters]
    Tensor.realize(*own)
    if recipe.optimiser == "gradient descent":
        return own, ([], [], [])
    means, squares = ([tensor(np.zeros_like(p.numpy())) for p in parameters] for _ in range(2))
    return own, ([tensor(np.ones(1)), tensor(np.ones(1))], means, squares)


def update(recipe: Recipe, parameters: Parameters, gradients: Parameters, memory: Memory) -> None:
    powers, means, squares = memory
    moves, dtype = gradients, parameters[0].dtype
    if recipe.optimiser == "momentum":
        moves = means = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]
    elif recipe.optimiser != "gradient descent":
        squares = [recipe.decay * s + (1 - recipe.decay) * g * g for s, g in zip(squares, gradients, strict=True)]
    if recipe.optimiser == "rmsprop":
        moves = [g / (s.sqrt() + recipe.epsilon) for g, s in zip(gradients, squares, strict=True)]
    elif recipe.optimiser == "adam":
        powers = [powers[0] * recipe.momentum, powers[1] * recipe.decay]
        means = [recipe.momentum * m + (1 - recipe.momentum) * g for m, g in zip(means, gradients, strict=True)]
        unbiased = [s / (1 - powers[1]).cast(dtype) for s in squares]
        scaled = [m / (1 - powers[0]).cast(dtype) for m in means]
        moves = [m / (s.sqrt() + recipe.epsilon) for m, s in zip(scaled, unbiased, strict=True)]
    after = [*(p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)), *powers, *means, *squares]
    before = [*parameters, *memory[0], *memory[1], *memory[2]]
    changed = [(old, new.contiguous()) for old, new in zip(before, after, strict=True) if new is not old]
    Tensor.realize(*(new for _, new in changed))  # compute all of them before the first is overwritten
    Tensor.realize(*(old.assign(new) for old, new in changed))


def epoch(recipe: Recipe, parameters: Parameters, *rest: Array) -> None:
    *kept, inputs, targets = rest
    half = (len(kept) - 2) // 2
    memory = kept[:2], kept[2 : 2 + half], kept[2 + half :]
    update(recipe, parameters, slopes(recipe, parameters, inputs, targets), memory)


@cache
def jitted(function: Callable[..., Any], recipe: Recipe, number: int, _shapes: tuple[Any, ...]) -> Callable[..., Any]:
    """Return the captured function for one recipe, number of parameters and shapes of arrays: it fits no others."""
    return TinyJit(lambda *tensors: function(recipe, list(tensors[:number]), *tensors[number:]))


def shapes(parameters: Parameters, inputs: Array) -> tuple[Any, ...]:
    return inputs.dtype, inputs.shape, *(p.shape for p in parameters)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    function = {"gradient": slopes, "loss": total_loss, "predict": predict}[measure]
    rest = (inputs,) if measure == "predict" else (inputs, targets)
    return partial(jitted(function, recipe, len(parameters), shapes(parameters, inputs)), *parameters, *rest)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, (powers, means, squares) = state
    captured = jitted(epoch, recipe, len(parameters), shapes(parameters, inputs))
    captured(*parameters, *powers, *means, *squares, inputs, targets)
    return state


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    own, (powers, means, squares) = begin(recipe, parameters)
    captured = jitted(epoch, recipe, len(parameters), shapes(parameters, inputs))
    for _ in range(epochs):
        captured(*own, *powers, *means, *squares, inputs, targets)
    Device["CPU"].synchronize()
    return own


def to_numpy(array: Array) -> Plain:
    return array.numpy()
