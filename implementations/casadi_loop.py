"""Gradients by CasADi's gradient, written out as C together with the update, and compiled: so many epochs in one call.

All else is as in casadi_gradient. What a training changes is one vector here, which CasADi reads and writes in place.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np
from numpy.typing import NDArray

from xorbench.contract.c_library import library

if TYPE_CHECKING:
    from xorbench.workloads import Recipe

FRAMEWORK = "casadi"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
SLOW_TO_COMPILE = True
PROGRAM = "cc"

BLOCK = 64
"""Epochs in one call, while so many are left."""

SMALL = 4096
"""Multiplications up to which matrices are written out as scalars."""

FLAGS = ("-O3", "-ffp-contract=off")

Plain = NDArray[np.floating]
Array = NDArray[np.floating]
Parameters = list[Array]
Symbols = Any  # casadi.MX
Memory = Array  # in columns: parameters, epochs done, running means of gradients, and of their squares
State = tuple[Parameters, Memory]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [np.array(p, dtype) for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)


def sigmoid(logits: Symbols) -> Symbols:
    return 1 / (1 + ca.exp(-logits))


def activate(recipe: Recipe, logits: Symbols) -> Symbols:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return ca.tanh(logits)
    return positive(logits)


def positive(logits: Symbols) -> Symbols:
    return ca.if_else(logits > 0, logits, 0)  # not fmax, whose slope on the kink is 1/2


def on_all(bias: Symbols, layer: Symbols) -> Symbols:
    return ca.DM.ones(layer.shape[0], 1) @ bias  # not repmat, which is written out as C line by line


def last_logits(recipe: Recipe, parameters: list[Symbols], inputs: Symbols) -> Symbols:
    layer = inputs
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        layer = activate(recipe, layer @ weights + on_all(bias, layer))
    return layer @ parameters[-2] + on_all(parameters[-1], layer)


def total_loss(recipe: Recipe, parameters: list[Symbols], inputs: Symbols, targets: Symbols) -> Symbols:
    logits = last_logits(recipe, parameters, inputs)
    if recipe.loss == "cross-entropy":
        on = positive(logits)
        return ca.sum2(ca.sum1(on - logits * targets + ca.log1p(ca.exp(logits - 2 * on))))
    return ca.sumsqr(targets - sigmoid(logits)) / 2


def slopes(recipe: Recipe, parameters: list[Symbols], inputs: Symbols, targets: Symbols) -> list[Symbols]:
    total = total_loss(recipe, parameters, inputs, targets)
    return [ca.gradient(total, p) for p in parameters]


@cache
def derived(recipe: Recipe, shapes: tuple[tuple[int, int], ...], samples: int) -> dict[str, ca.Function]:
    """Functions of the parameters, the inputs and the targets."""
    parameters = [ca.MX.sym("p", *shape) for shape in shapes]
    inputs, targets = ca.MX.sym("x", samples, shapes[0][0]), ca.MX.sym("y", samples, shapes[-1][1])
    given = [*parameters, inputs, targets]
    return {
        "predict": ca.Function("predict", given[:-1], [sigmoid(last_logits(recipe, parameters, inputs))]),
        "loss": ca.Function("loss", given, [total_loss(recipe, parameters, inputs, targets)]),
        "gradient": ca.Function("gradient", given, slopes(recipe, parameters, inputs, targets)),
    }


@cache
def advance(recipe: Recipe, shapes: tuple[tuple[int, int], ...], samples: int, epochs: int) -> ca.Function:
    """So many epochs as compiled C, a function of Memory, the inputs and the targets."""
    kept = shapes if recipe.optimiser != "gradient descent" else ()
    symbols = [ca.MX.sym("v", *shape) for shape in (*shapes, (1, 1), *kept, *kept)]
    parameters, done, rest = symbols[: len(shapes)], symbols[len(shapes)], symbols[len(shapes) + 1 :]
    inputs, targets = ca.MX.sym("x", samples, shapes[0][0]), ca.MX.sym("y", samples, shapes[-1][1])
    gradients = slopes(recipe, parameters, inputs, targets)
    after = update(recipe, parameters, gradients, done, rest[: len(kept)], rest[len(kept) :])
    row = ca.MX.sym("row", sum(s.numel() for s in symbols))
    ends = np.cumsum([0, *(s.numel() for s in symbols)]).tolist()
    parts = [ca.reshape(part, s.shape) for part, s in zip(ca.vertsplit(row, ends), symbols, strict=True)]
    apart = ca.Function("apart", [*symbols, inputs, targets], [ca.veccat(*after)])
    epoch = ca.Function("epoch", [row, inputs, targets], [apart(*parts, inputs, targets)])
    if samples * sum(n * m for n, m in shapes) <= SMALL:
        epoch = epoch.expand()
    state = row
    for _ in range(epochs):
        state = epoch(state, inputs, targets)
    code = ca.CodeGenerator("epochs")
    code.add(ca.Function("epochs", [row, inputs, targets], [state]))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "epochs.c"
        source.write_text(code.dump(), encoding="utf-8")
        return ca.external("epochs", library(source, FLAGS)._name)


def functions(recipe: Recipe, parameters: Parameters, inputs: Array) -> dict[str, ca.Function]:
    return derived(recipe, tuple(p.shape for p in parameters), len(inputs))


def plain(matrices: list[ca.DM], parameters: Parameters) -> Parameters:
    return [np.array(m, p.dtype) for m, p in zip(matrices, parameters, strict=True)]


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    (outputs,) = functions(recipe, parameters, inputs)["predict"].call([*parameters, inputs])
    return np.array(outputs, inputs.dtype)


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    (total,) = functions(recipe, parameters, inputs)["loss"].call([*parameters, inputs, targets])
    return np.array(float(total), inputs.dtype)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return plain(functions(recipe, parameters, inputs)["gradient"].call([*parameters, inputs, targets]), parameters)


def begin(recipe: Recipe, parameters: Parameters) -> State:
    nothing = [np.zeros_like(p) for p in parameters] if recipe.optimiser != "gradient descent" else []
    memory = [p.ravel("F").astype(np.float64) for p in (*parameters, np.zeros((1, 1)), *nothing, *nothing)]
    return parameters, np.concatenate(memory)


def update(
    recipe: Recipe,
    parameters: list[Symbols],
    gradients: list[Symbols],
    epochs: Symbols,
    means: list[Symbols],
    squares: list[Symbols],
) -> list[Symbols]:
    moves = gradients
    if recipe.optimiser == "momentum":
        moves = means = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]
    elif recipe.optimiser != "gradient descent":
        squares = [recipe.decay * s + (1 - recipe.decay) * g * g for s, g in zip(squares, gradients, strict=True)]
    if recipe.optimiser == "rmsprop":
        moves = [g / (ca.sqrt(s) + recipe.epsilon) for g, s in zip(gradients, squares, strict=True)]
    elif recipe.optimiser == "adam":
        epochs = epochs + 1
        means = [recipe.momentum * m + (1 - recipe.momentum) * g for m, g in zip(means, gradients, strict=True)]
        unbiased = [s / (1 - recipe.decay**epochs) for s in squares]
        scaled = [m / (1 - recipe.momentum**epochs) for m in means]
        moves = [m / (ca.sqrt(s) + recipe.epsilon) for m, s in zip(scaled, unbiased, strict=True)]
    return [*(p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)), epochs, *means, *squares]


def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: int) -> State:
    parameters, memory = state
    shapes = tuple(p.shape for p in parameters)
    x, y = (a.ravel("F").astype(np.float64) for a in (inputs, targets))
    for length, times in ((BLOCK, epochs // BLOCK), (1, epochs % BLOCK)):
        buffer: Any = advance(recipe, shapes, len(inputs), length).buffer()
        arrays, call = buffer
        for place, array in enumerate((memory, x, y)):
            arrays.set_arg(place, array.data)
        after = np.empty_like(memory)
        arrays.set_res(0, after.data)
        for _ in range(times):
            call()
            memory[:] = after
    ends = np.cumsum([p.size for p in parameters])
    parts = [part.reshape(p.shape, order="F") for part, p in zip(np.split(memory, ends), parameters, strict=False)]
    return [part.astype(p.dtype) for part, p in zip(parts, parameters, strict=True)], memory


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return steps(recipe, state, inputs, targets, 1)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return steps(recipe, begin(recipe, parameters), inputs, targets, epochs)[0]


def to_numpy(array: Array) -> Plain:
    return array
