"""Gradients by JAX's grad, with the loop over the epochs compiled too.

Biases are one more row of the weights, and small layers are sums of products, not `dot`, so that XLA fuses an epoch
into about five kernels: starting a kernel takes about as long as computing a small layer.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import optax

from jax_grad import Array, Parameters, State, activate, convert, optimiser, sigmoid, to_numpy  # noqa: F401  for the contract

if TYPE_CHECKING:
    from xorbench.workloads import Recipe

FRAMEWORK = "jax"
TIER = "tuned"
EXECUTION = "compiled"
GRANULARITY = "whole loop"
ADDS = "the compiler's kernels and buffers"
ADDS_TO = "c_strict"

SMALL = 4096
"""Largest number of multiplications for which a layer is a sum of products."""

UNROLLED, BLOCK = 4, 64
"""Number of unrolled epochs, and of epochs in a loop of known length, which XLA runs faster."""


def joined(parameters: Parameters) -> Parameters:
    """Return each layer's weights with its bias as one more row, (n + 1, m)."""
    return [jnp.concatenate(pair) for pair in zip(parameters[::2], parameters[1::2], strict=True)]


def parted(layers: Parameters) -> Parameters:
    return [part for layer in layers for part in (layer[:-1], layer[-1:])]


def product(a: Array, b: Array) -> Array:
    if a.size * b.shape[1] <= SMALL:
        return jnp.sum(a[:, :, None] * b[None], axis=1)
    return a @ b


def forward(recipe: Recipe, layers: Parameters, inputs: Array) -> Array:
    ones = jnp.ones((len(inputs), 1), inputs.dtype)
    logits = product(jnp.concatenate([inputs, ones], axis=1), layers[0])  # the ones are the same in all epochs
    for layer in layers[1:]:
        logits = product(activate(recipe, logits), layer[:-1]) + layer[-1]
    return logits


def error(recipe: Recipe, layers: Parameters, inputs: Array, targets: Array) -> Array:
    logits = forward(recipe, layers, inputs)
    if recipe.loss == "cross-entropy":
        on = jax.nn.relu(logits)  # as in jax_grad
        return jnp.sum(on - logits * targets + jnp.log1p(jnp.exp(logits - 2 * on)))
    return jnp.sum((targets - sigmoid(logits)) ** 2) / 2


@partial(jax.jit, static_argnums=0)
def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return sigmoid(forward(recipe, joined(parameters), inputs))


@partial(jax.jit, static_argnums=0)
def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    return error(recipe, joined(parameters), inputs, targets)


@partial(jax.jit, static_argnums=0)
def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return parted(jax.grad(error, argnums=1)(recipe, joined(parameters), inputs, targets))


def begin(recipe: Recipe, parameters: Parameters) -> State:
    return parameters, optimiser(recipe).init(joined(parameters))


@partial(jax.jit, static_argnums=0)
def steps(recipe: Recipe, state: State, inputs: Array, targets: Array, epochs: int) -> State:
    def epoch(_: Array, state: State) -> State:
        layers, memory = state
        gradients = jax.grad(error, argnums=1)(recipe, layers, inputs, targets)
        moves, memory = optimiser(recipe).update(gradients, memory)
        return optax.apply_updates(layers, moves), memory

    unroll = UNROLLED if inputs.size * state[0][0].shape[1] <= SMALL else 1

    def block(_: Array, state: State) -> State:
        return jax.lax.fori_loop(0, BLOCK, epoch, state, unroll=unroll)

    state = jax.lax.fori_loop(0, epochs // BLOCK, block, (joined(state[0]), state[1]))
    layers, memory = jax.lax.fori_loop(0, epochs % BLOCK, epoch, state)
    return parted(layers), memory


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    return steps(recipe, state, inputs, targets, 1)


@partial(jax.jit, static_argnums=0)
def trained(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return steps(recipe, begin(recipe, parameters), inputs, targets, epochs)[0]


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    return jax.block_until_ready(trained(recipe, parameters, inputs, targets, epochs))
