"""Gradients by TensorFlow's GradientTape, compiled by XLA together with the update and the loop over the epochs."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # otherwise it logs to standard error on import
import tensorflow as tf

from tensorflow_tape import Array, Parameters, State, begin, convert, loss, predict, slopes, to_numpy, update  # noqa: F401  for the contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "tensorflow-cpu"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
SLOW_TO_COMPILE = True


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return traced(recipe, slopes)(parameters, inputs, targets)


def loop(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: Array) -> State:
    def epoch(done: Array, state: State) -> tuple[Array, State]:
        parameters, memory = state
        return done + 1, update(recipe, parameters, slopes(recipe, parameters, inputs, targets), memory)

    return tf.while_loop(lambda done, _: done < epochs, epoch, (tf.zeros_like(epochs), state))[1]


@cache
def traced(recipe: Recipe, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the compiled function of one recipe."""
    return tf.function(lambda *tensors: function(recipe, *tensors), autograph=False, jit_compile=True)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    if measure == "predict":
        return partial(traced(recipe, predict), parameters, inputs)
    return partial(traced(recipe, loss if measure == "loss" else slopes), parameters, inputs, targets)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return traced(recipe, loop)(state, inputs, targets, tf.constant(1))


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    state = traced(recipe, loop)(begin(recipe, parameters), inputs, targets, tf.constant(epochs))
    return list(state[0])
