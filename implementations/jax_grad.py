"""Gradients by JAX's grad: the step is compiled once, then called from Python for each epoch."""

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

FRAMEWORK = "jax"
TIER = "idiomatic"
EXECUTION = "compiled"
GRANULARITY = "one call per epoch"

Plain = NDArray[np.floating]
Array = jax.Array
Parameters = list[Array]

jax.config.update("jax_enable_x64", True)  # else float64 silently becomes float32
jax.config.update("jax_platforms", "cpu")


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    return [jnp.array(p, dtype) for p in parameters], jnp.array(inputs, dtype), jnp.array(targets, dtype)


def sigmoid(logits: Array) -> Array:
    return jax.nn.sigmoid(logits)


def forward(parameters: Parameters, inputs: Array) -> list[Array]:
    activations = [inputs]  # (samples, n0), (samples, n1), ...
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        activations.append(sigmoid(activations[-1] @ weights + bias))
    return activations


def predict(parameters: Parameters, inputs: Array) -> Array:
    return forward(parameters, inputs)[-1]


def loss(parameters: Parameters, inputs: Array, targets: Array) -> Array:
    error = targets - predict(parameters, inputs)
    return jnp.sum(error**2) / 2


@jax.jit
def gradient(parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    return jax.grad(loss)(parameters, inputs, targets)


@jax.jit
def step(parameters: Parameters, inputs: Array, targets: Array, rate: float) -> Parameters:
    gradients = gradient(parameters, inputs, targets)
    return [p - rate * g for p, g in zip(parameters, gradients, strict=True)]


def train(parameters: Parameters, inputs: Array, targets: Array, rate: float, epochs: int) -> Parameters:
    for _ in range(epochs):
        parameters = step(parameters, inputs, targets, rate)
    return jax.block_until_ready(parameters)


def to_numpy(array: Array) -> Plain:
    return np.asarray(array)
