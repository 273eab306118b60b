"""Gradients by hand in C, for the network 2-4-1 by AVX-512 with the whole training in registers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from c_native import FLAGS
from c_strict import Array, Parameters, State, begin, convert, to_numpy  # noqa: F401  for the contract
from xorbench.contract.c_library import Network, flat, network

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "cc"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
SOURCES = ("_avx512.c", "_network.c")
PROCESSOR = "AVX512F"

SOURCE = Path(__file__).with_name("_avx512.c")

IN_REGISTERS = (2, 4, 1), 4, "float64", ("sigmoid", "squared error", "gradient descent")
"""Layers, samples, dtype and recipe of what _avx512.c computes in registers; anything else is as in c_native.py."""


def compiled(recipe: Recipe, parameters: Parameters, inputs: Array) -> Network:
    sizes = (inputs.shape[1], *(bias.shape[1] for bias in parameters[1::2]))
    fits = (sizes, len(inputs), str(inputs.dtype), recipe[:3]) == IN_REGISTERS
    flags = (*FLAGS, "-DIN_REGISTERS") if fits else FLAGS
    return network(flags, recipe, sizes, len(inputs), str(inputs.dtype), SOURCE)


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return compiled(recipe, parameters, inputs).predict(parameters, inputs)


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    return compiled(recipe, parameters, inputs).loss(parameters, inputs, targets)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return compiled(recipe, parameters, inputs).gradient(parameters, inputs, targets)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    return compiled(recipe, parameters, inputs).prepared(measure, parameters, inputs, targets)


def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: int) -> State:
    parameters, (done, means, squares) = state
    row, trainer = flat(parameters), compiled(recipe, parameters, inputs)
    trainer.train(row, means, squares, inputs, targets, done, epochs)
    return trainer.shaped(row), (done + epochs, means, squares)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return steps(recipe, state, inputs, targets, 1)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return steps(recipe, begin(recipe, parameters), inputs, targets, epochs)[0]
