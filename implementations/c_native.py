"""Gradients by hand in C, with strict floating point and all instructions that the processor of this machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from c_strict import Array, Parameters, State, begin, convert, to_numpy  # noqa: F401  for the contract
from xorbench.contract.c_library import Network, flat, network

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "cc"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
SOURCES = ("_network.c",)

FLAGS = ("-O3", "-march=native", "-ffp-contract=off")


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


def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: int) -> State:
    parameters, (done, means, squares) = state
    row, trainer = flat(parameters), compiled(recipe, parameters, inputs)
    trainer.train(row, means, squares, inputs, targets, done, epochs)
    return trainer.shaped(row), (done + epochs, means, squares)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return steps(recipe, state, inputs, targets, 1)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return steps(recipe, begin(recipe, parameters), inputs, targets, epochs)[0]
