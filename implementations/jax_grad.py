"""Gradients by JAX's grad: the step is compiled once, then called from Python for each epoch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "jax"
TIER = "idiomatic"
EXECUTION = "compiled"
GRANULARITY = "one call per epoch"
ADDS = "a call for each epoch"
ADDS_TO = "jax_scan"

Plain = NDArray[np.floating]
Array = jax.Array
Parameters = list[Array]
Memory = Any  # made by optax
State = tuple[Parameters, Memory]

jax.config.update("jax_enable_x64", True)  # otherwise float64 silently becomes float32
jax.config.update("jax_platforms", "cpu")


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [jnp.array(p, dtype) for p in parameters], jnp.array(inputs, dtype), jnp.array(targets, dtype)


def sigmoid(logits: Array) -> Array:
    return jax.nn.sigmoid(logits)


def activate(recipe: Recipe, logits: Array) -> Array:
    if recipe.activation == "sigmoid":
        return sigmoid(logits)
    if recipe.activation == "tanh":
        return jnp.tanh(logits)
    return jax.nn.relu(logits)


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
        on = jax.nn.relu(logits)  # neither maximum nor abs, whose slopes at 0 are inconsistent
        return jnp.sum(on - logits * targets + jnp.log1p(jnp.exp(logits - 2 * on)))
    error = targets - sigmoid(logits)
    return jnp.sum(error**2) / 2


@partial(jax.jit, static_argnums=0)
def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return jax.grad(loss, argnums=1)(recipe, parameters, inputs, targets)


compiled_loss = jax.jit(loss, static_argnums=0)
compiled_predict = jax.jit(predict, static_argnums=0)


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    if measure == "predict":
        return partial(compiled_predict, recipe, parameters, inputs)
    return partial(compiled_loss if measure == "loss" else gradient, recipe, parameters, inputs, targets)


def optimiser(recipe: Recipe) -> optax.GradientTransformation:
    if recipe.optimiser == "gradient descent":
        return optax.sgd(recipe.rate)
    if recipe.optimiser == "momentum":
        return optax.sgd(recipe.rate, recipe.momentum)
    if recipe.optimiser == "rmsprop":
        return optax.rmsprop(recipe.rate, recipe.decay, recipe.epsilon, eps_in_sqrt=False)
    return optax.adam(recipe.rate, recipe.momentum, recipe.decay, recipe.epsilon)


def begin(recipe: Recipe, parameters: Parameters) -> State:
    return parameters, optimiser(recipe).init(parameters)


def update(recipe: Recipe, parameters: Parameters, gradients: Parameters, memory: Memory) -> State:
    moves, memory = optimiser(recipe).update(gradients, memory)
    return optax.apply_updates(parameters, moves), memory


@partial(jax.jit, static_argnums=0)
def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    parameters, memory = state
    return update(recipe, parameters, gradient(recipe, parameters, inputs, targets), memory)


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    state = begin(recipe, parameters)
    for _ in range(epochs):
        state = step(recipe, state, inputs, targets)
    return jax.block_until_ready(state[0])


def to_numpy(array: Array) -> Plain:
    return np.asarray(array)
