"""Gradients by CasADi's gradient, written out as C together with the update and compiled: several epochs in one call.

All else is as in casadi_gradient. The state of a training is one vector, which CasADi reads and writes in place.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np
from numpy.typing import NDArray

from casadi_gradient import Array, Parameters, convert, gradient, loss, predict, prepared, slopes, to_numpy, update  # noqa: F401  for the contract
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
"""Epochs of one call, as long as that many remain."""

SMALL = 4096
"""Largest number of multiplications for which matrices are expanded into scalars."""

FLAGS = ("-O3", "-ffp-contract=off")

Memory = NDArray[np.floating]  # in columns: parameters, epochs done, running means of gradients, and of their squares
State = tuple[Parameters, Memory]


@cache
def advance(recipe: Recipe, shapes: tuple[tuple[int, int], ...], samples: int, epochs: int) -> ca.Function:
    """Return a number of epochs as compiled C, a function of Memory, the inputs and the targets."""
    kept = shapes if recipe.optimiser != "gradient descent" else ()
    symbols = [ca.MX.sym("v", *shape) for shape in (*shapes, (1, 1), *kept, *kept)]
    parameters, done, rest = symbols[: len(shapes)], symbols[len(shapes)], symbols[len(shapes) + 1 :]
    inputs, targets = ca.MX.sym("x", samples, shapes[0][0]), ca.MX.sym("y", samples, shapes[-1][1])
    gradients = slopes(recipe, parameters, inputs, targets)  # no repmat in it: as C that would be line after line
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


def begin(recipe: Recipe, parameters: Parameters) -> State:
    nothing = [np.zeros_like(p) for p in parameters] if recipe.optimiser != "gradient descent" else []
    memory = [p.ravel("F").astype(np.float64) for p in (*parameters, np.zeros((1, 1)), *nothing, *nothing)]
    return parameters, np.concatenate(memory)


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
