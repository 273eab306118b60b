"""Gradients by hand in C, with the loop over the epochs: strict floating point, the floor of the cost breakdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorbench.contract.c_library import Network, flat, network

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "cc"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
SOURCES = ("_network.c",)
ADDS = "arithmetic"

FLAGS = ("-O3", "-ffp-contract=off")

Plain = NDArray[np.floating]
Array = NDArray[np.floating]
Parameters = list[Array]
Memory = tuple[int, Array, Array]  # epochs done, running means of gradients and of their squares: flat rows
State = tuple[Parameters, Memory]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [np.array(p, dtype, order="C") for p in parameters], np.array(inputs, dtype), np.array(targets, dtype)


def compiled(recipe: Recipe, parameters: Parameters, inputs: Array) -> Network:
    sizes = (inputs.shape[1], *(bias.shape[1] for bias in parameters[1::2]))
    return network(FLAGS, recipe, sizes, len(inputs), str(inputs.dtype))


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return compiled(recipe, parameters, inputs).predict(parameters, inputs)


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    return compiled(recipe, parameters, inputs).loss(parameters, inputs, targets)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return compiled(recipe, parameters, inputs).gradient(parameters, inputs, targets)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    return compiled(recipe, parameters, inputs).prepared(measure, parameters, inputs, targets)


def begin(recipe: Recipe, parameters: Parameters) -> State:  # noqa: ARG001  every optimiser has the same memory
    return parameters, (0, np.zeros_like(flat(parameters)), np.zeros_like(flat(parameters)))


def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: int) -> State:
    parameters, (done, means, squares) = state
    row, trainer = flat(parameters), compiled(recipe, parameters, inputs)
    trainer.train(row, means, squares, inputs, targets, done, epochs)
    return trainer.shaped(row), (done + epochs, means, squares)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return steps(recipe, state, inputs, targets, 1)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return steps(recipe, begin(recipe, parameters), inputs, targets, epochs)[0]


def to_numpy(array: Array) -> Plain:
    return array
