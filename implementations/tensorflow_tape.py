"""Gradients by TensorFlow's GradientTape: a step is traced into a graph once, which is called for each epoch.

The update is by hand. Keras's momentum is the recipe's, but its RMSprop has the epsilon inside the root, and its Adam
adds it before the bias of the squares is corrected.
"""

from __future__ import annotations

import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # otherwise it logs to standard error on import
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "tensorflow-cpu"
TIER = "idiomatic"
EXECUTION = "compiled"
GRANULARITY = "one call per epoch"

Plain = NDArray[np.floating]
Array = Any  # tensorflow.Tensor
Parameters = list[Array]
Memory = tuple[Array, Parameters, Parameters]  # epochs done, running means of gradients and of their squares
State = tuple[Parameters, Memory]

tf.get_logger().setLevel("ERROR")  # otherwise it warns of a trace for every recipe and shape
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    tensors = [tf.constant(np.array(a), dtype) for a in (*parameters, inputs, targets)]
    return tensors[:-2], tensors[-2], tensors[-1]


def sigmoid(logits: Array) -> Array:
    return tf.sigmoid(logits)


def activate(recipe: Recipe, logits: Array) -> Array:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return tf.tanh(logits)
    return tf.nn.relu(logits)


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
        return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits))
    error = targets - sigmoid(logits)
    return tf.reduce_sum(error**2) / 2


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return traced(recipe, slopes)(parameters, inputs, targets)


def begin(recipe: Recipe, parameters: Parameters) -> State:
    nothing = [tf.zeros_like(p) for p in parameters] if recipe.optimiser != "gradient descent" else []
    return parameters, (tf.zeros((), tf.float64), nothing, nothing)


def update(recipe: Recipe, parameters: Parameters, gradients: Parameters, memory: Memory) -> State:
    epochs, means, squares = memory
    moves, dtype = gradients, parameters[0].dtype
    if recipe.optimiser == "momentum":
        moves = means = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]
    elif recipe.optimiser != "gradient descent":
        squares = [recipe.decay * s + (1 - recipe.decay) * g * g for s, g in zip(squares, gradients, strict=True)]
    if recipe.optimiser == "rmsprop":
        moves = [g / (tf.sqrt(s) + recipe.epsilon) for g, s in zip(gradients, squares, strict=True)]
    elif recipe.optimiser == "adam":
        epochs = epochs + 1
        means = [recipe.momentum * m + (1 - recipe.momentum) * g for m, g in zip(means, gradients, strict=True)]
        unbiased = [s / tf.cast(1 - recipe.decay**epochs, dtype) for s in squares]
        scaled = [m / tf.cast(1 - recipe.momentum**epochs, dtype) for m in means]
        moves = [m / (tf.sqrt(s) + recipe.epsilon) for m, s in zip(scaled, unbiased, strict=True)]
    return [p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)], (epochs, means, squares)


def slopes(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        total = loss(recipe, parameters, inputs, targets)
    return tape.gradient(total, parameters)


def epoch(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, memory = state
    return update(recipe, parameters, slopes(recipe, parameters, inputs, targets), memory)


@cache
def traced(recipe: Recipe, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of one recipe; were it an argument, TensorFlow would compare its strings in each call."""
    return tf.function(lambda *tensors: function(recipe, *tensors), autograph=False)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    if measure == "predict":
        return partial(traced(recipe, predict), parameters, inputs)
    return partial(traced(recipe, loss if measure == "loss" else slopes), parameters, inputs, targets)


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return traced(recipe, epoch)(state, inputs, targets)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    state, graph = begin(recipe, parameters), traced(recipe, epoch)
    for _ in range(epochs):
        state = graph(state, inputs, targets)
    return list(state[0])


def to_numpy(array: Array) -> Plain:
    return array.numpy()
