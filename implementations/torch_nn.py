"""Gradients by PyTorch's autograd as its tutorials teach it: nn.Sequential, loss.backward(), torch.optim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

FRAMEWORK = "torch"
TIER = "idiomatic"
EXECUTION = "eager"
GRANULARITY = "one call per epoch"
ADDS = "modules"
ADDS_TO = "torch_optim"

Plain = NDArray[np.floating]
Array = torch.Tensor
Parameters = list[Array]
Memory = tuple[nn.Sequential, torch.optim.Optimizer]
State = tuple[Parameters, Memory]


def convert(parameters: list[Plain], inputs: Plain, targets: Plain, dtype: str) -> tuple[Parameters, Array, Array]:
    kind = getattr(torch, dtype)
    tensors = [torch.tensor(p, dtype=kind) for p in parameters]
    return tensors, torch.tensor(inputs, dtype=kind), torch.tensor(targets, dtype=kind)


def activation(recipe: Recipe) -> nn.Module:
    if recipe.activation == "sigmoid":
        return nn.Sigmoid()
    if recipe.activation == "tanh":
        return nn.Tanh()
    return nn.ReLU()


def network(recipe: Recipe, parameters: Parameters) -> nn.Sequential:
    """Return the network up to the logits; nn.Linear stores weights as (m, n) and biases as (m,)."""
    layers: list[nn.Module] = []
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        linear = nn.utils.skip_init(nn.Linear, *weights.shape, dtype=weights.dtype)  # no random numbers are drawn
        with torch.no_grad():
            linear.weight.copy_(weights.T)
            linear.bias.copy_(bias[0])
        layers += [linear, activation(recipe)]
    return nn.Sequential(*layers[:-1])


def criterion(recipe: Recipe, logits: Array, targets: Array) -> Array:
    if recipe.loss == "cross-entropy":
        return nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
    return nn.functional.mse_loss(torch.sigmoid(logits), targets, reduction="sum") / 2


def optimiser(recipe: Recipe, model: nn.Sequential) -> torch.optim.Optimizer:
    if recipe.optimiser in ("gradient descent", "momentum"):
        return torch.optim.SGD(model.parameters(), recipe.rate, recipe.momentum)
    if recipe.optimiser == "rmsprop":
        return torch.optim.RMSprop(model.parameters(), recipe.rate, recipe.decay, recipe.epsilon)
    return torch.optim.Adam(model.parameters(), recipe.rate, (recipe.momentum, recipe.decay), recipe.epsilon)


def parameters_of(tensors: list[Array]) -> Parameters:
    """Return the parameters, (n, m) and (1, m), from nn.Linear's weights and biases in turn."""
    return [t.detach().clone().T.contiguous() if t.ndim == 2 else t.detach().clone()[None] for t in tensors]


def predict(recipe: Recipe, parameters: Parameters, inputs: Array) -> Array:
    return torch.sigmoid(network(recipe, parameters)(inputs))


def loss(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Array:
    return criterion(recipe, network(recipe, parameters)(inputs), targets)


def gradient(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Parameters:
    model = network(recipe, parameters)
    criterion(recipe, model(inputs), targets).backward()
    return parameters_of([p.grad for p in model.parameters() if p.grad is not None])


def prepared(measure: str, recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array) -> Callable[[], Any]:
    model = network(recipe, parameters)

    def read() -> Parameters:
        return parameters_of([p.grad for p in model.parameters() if p.grad is not None])

    def backward() -> Callable[[], Parameters]:
        model.zero_grad()
        criterion(recipe, model(inputs), targets).backward()
        return read

    @torch.inference_mode()
    def infer() -> Array:
        return torch.sigmoid(model(inputs))

    def forward() -> Array:
        return criterion(recipe, model(inputs), targets)

    return {"gradient": backward, "loss": forward, "predict": infer}[measure]


def begin(recipe: Recipe, parameters: Parameters) -> State:
    model = network(recipe, parameters)
    return list(parameters), (model, optimiser(recipe, model))


def epoch(recipe: Recipe, memory: Memory, inputs: Array, targets: Array) -> None:
    model, own = memory
    own.zero_grad()
    criterion(recipe, model(inputs), targets).backward()
    own.step()


def step(recipe: Recipe, state: State, inputs: Array, targets: Array) -> State:
    _, memory = state
    epoch(recipe, memory, inputs, targets)
    return parameters_of(list(memory[0].parameters())), memory


def train(recipe: Recipe, parameters: Parameters, inputs: Array, targets: Array, epochs: int) -> Parameters:
    _, memory = begin(recipe, parameters)
    for _ in range(epochs):
        epoch(recipe, memory, inputs, targets)
    return parameters_of(list(memory[0].parameters()))


def to_numpy(array: Array) -> Plain:
    return array.numpy(force=True)
