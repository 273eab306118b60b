"""The problems, stated once and free of frameworks: data, network, loss, initial parameters, known answers."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Parameters = list[Array]
"""Flat, first layer first: W1 (n0, n1), b1 (1, n1), W2 (n1, n2), b2 (1, n2), ..."""


@dataclass(frozen=True)
class KnownAnswer:
    """What training must end with, as closed ranges (low, high).

    `zeros` and `ones` bound the predictions of the samples whose target is 0 and 1.
    """

    zeros: tuple[float, float]
    ones: tuple[float, float]
    loss: tuple[float, float]
    largest_parameter: float = np.inf


@dataclass(frozen=True, eq=False)
class Workload:
    """One training problem: full batch, half the sum of squared errors, gradient descent.

    `inputs` is (samples, n0), `targets` is (samples, n_last), both float64; `initial_parameters` are float64,
    and `dtype` names the floating-point type that training is timed in. `activation` is that of the hidden layers,
    "sigmoid" or "relu" (whose slope at 0 is 0); the last layer is always a sigmoid.
    """

    name: str
    story: str
    inputs: Array
    targets: Array
    layer_sizes: tuple[int, ...]
    rate: float
    epochs: int
    dtype: str
    seed: str
    initial_parameters: Parameters
    known_answer: KnownAnswer
    activation: str = "sigmoid"

    loss = "half the sum of squared errors"
    optimiser = "gradient descent"

    @cached_property
    def parameter_names(self) -> list[str]:
        """W1, b1, W2, b2, ... in the order of the parameters."""
        return [f"{kind}{layer}" for layer in range(1, len(self.layer_sizes)) for kind in ("W", "b")]

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """The shape of each parameter tensor."""
        return [shape for a, b in itertools.pairwise(self.layer_sizes) for shape in ((a, b), (1, b))]

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each parameter tensor lies in a flat row of all entries."""
        ends = itertools.accumulate((rows * columns for rows, columns in self.shapes), initial=0)
        return {name: slice(*ends) for name, ends in zip(self.parameter_names, itertools.pairwise(ends), strict=True)}

    @cached_property
    def entries(self) -> list[tuple[str, list[int]]]:
        """Parameter name and index of each entry of a flat row."""
        return [
            (name, list(index))
            for name, shape in zip(self.parameter_names, self.shapes, strict=True)
            for index in np.ndindex(shape)
        ]

    def shaped(self, rows: NDArray[Any]) -> list[NDArray[Any]]:
        """Flat rows of all entries, (..., entries), as parameter tensors (..., n, m): views where that is possible."""
        return [
            rows[..., where].reshape(*rows.shape[:-1], *shape)
            for where, shape in zip(self.slices.values(), self.shapes, strict=True)
        ]

    def logits(self, parameters: Parameters) -> Array:
        """Of the last layer, (..., samples, n_last): to make points and to read decisions, never to judge by."""
        return logits(self.inputs, parameters, self.activation)

    def losses(self, parameters: Parameters) -> Array:
        """Half the sum of squared errors, (...): to show how a training went, never to judge by."""
        with np.errstate(over="ignore"):  # where a sigmoid saturates, 1 / (1 + inf) is the 0 that it should be
            errors = self.targets - 1 / (1 + np.exp(-self.logits(parameters)))
        return np.asarray((errors**2).sum(axis=(-2, -1)) / 2)

    @cached_property
    def parameters_sha256(self) -> str:
        """SHA-256 of the initial parameters: their little-endian float64 bytes, one after the other."""
        return hashlib.sha256(b"".join(p.astype("<f8").tobytes() for p in self.initial_parameters)).hexdigest()

    @cached_property
    def timed_parameters_sha256(self) -> str:
        """The same of what training is timed from: the initial parameters as the workload's dtype holds them."""
        timed = [p.astype(self.dtype).astype("<f8") for p in self.initial_parameters]
        return hashlib.sha256(b"".join(p.tobytes() for p in timed)).hexdigest()

    def description(self) -> dict[str, Any]:
        """What a record says of it."""
        return {
            "name": self.name,
            "story": self.story,
            "samples": len(self.inputs),
            "inputs": self.inputs.tolist(),
            "targets": self.targets.tolist(),
            "layer_sizes": list(self.layer_sizes),
            "activation": self.activation,
            "loss": self.loss,
            "optimiser": self.optimiser,
            "rate": self.rate,
            "epochs": self.epochs,
            "dtype": self.dtype,
            "seed": self.seed,
            "parameters_sha256": self.parameters_sha256,
        }

    def complaint(self, predictions: Array, loss: float, parameters: Parameters) -> str | None:
        """What is wrong with the end of a training, in one sentence; None where it is the known answer."""
        answer = self.known_answer
        targets = self.targets.ravel()
        outputs = np.asarray(predictions).ravel()
        if outputs.shape != targets.shape:
            return f"predictions of shape {np.shape(predictions)}, expected {self.targets.shape}"
        for target, output in zip(targets, outputs, strict=True):
            low, high = answer.ones if target else answer.zeros
            if not low <= output <= high:
                return f"a prediction of {output} for the target {target:g}, expected {low} to {high}"
        if not answer.loss[0] <= loss <= answer.loss[1]:
            return f"a loss of {loss}, expected {answer.loss[0]} to {answer.loss[1]}"
        largest = max(float(np.max(np.abs(p))) for p in parameters)
        if not largest <= answer.largest_parameter:
            return f"a parameter of size {largest}, expected at most {answer.largest_parameter}"
        return None


def logits(inputs: Array, parameters: Sequence[Array], activation: str) -> Array:
    """Of the last layer, (..., samples, n_last), for inputs (samples, n0)."""
    found = activations = inputs
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        found = activations @ weights + bias
        activations = np.maximum(found, 0) if activation == "relu" else 1 / (1 + np.exp(-found))
    return found


def flat(tensors: Sequence[Array]) -> Array:
    """Parameter tensors as one row of all their entries."""
    return np.concatenate([np.ravel(tensor) for tensor in tensors])


def _frozen(values: Sequence[Sequence[float]] | Array) -> Array:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


# RandomState, not default_rng: its streams never change between NumPy versions, and it is what numpy.random.seed seeds.
def _tutorial_parameters() -> Parameters:
    random = np.random.RandomState(1)
    weights = random.random_sample((2, 1))
    bias = random.random_sample((1, 1))
    return [_frozen(weights), _frozen(bias)]


def _hidden_parameters() -> Parameters:
    random = np.random.RandomState(1)
    first = random.uniform(-1, 1, (2, 4))
    second = random.uniform(-1, 1, (4, 1))
    return [_frozen(first), _frozen(np.zeros((1, 4))), _frozen(second), _frozen(np.zeros((1, 1)))]


_XOR_INPUTS = _frozen([[0, 0], [0, 1], [1, 0], [1, 1]])
_XOR_TARGETS = _frozen([[0], [1], [1], [0]])

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            name="neuron",
            story="the tutorial's own run: one sigmoid neuron, which no choice of weights lets solve XOR",
            inputs=_XOR_INPUTS,
            targets=_XOR_TARGETS,
            layer_sizes=(2, 1),
            rate=0.1,
            epochs=10_000,
            dtype="float64",
            seed="numpy.random.seed(1); weights random((2, 1)), then bias random((1, 1))",
            initial_parameters=_tutorial_parameters(),
            known_answer=KnownAnswer(
                zeros=(0.5 - 1e-12, 0.5 + 1e-12),
                ones=(0.5 - 1e-12, 0.5 + 1e-12),
                loss=(0.5 - 1e-12, 0.5 + 1e-12),
                largest_parameter=1e-14,
            ),
        ),
        Workload(
            name="hidden",
            story="the same problem with a hidden layer of four, which reaches what the tutorial claims",
            inputs=_XOR_INPUTS,
            targets=_XOR_TARGETS,
            layer_sizes=(2, 4, 1),
            rate=1.0,
            epochs=10_000,
            dtype="float64",
            seed="numpy.random.seed(1); W1 uniform(-1, 1, (2, 4)), then W2 uniform(-1, 1, (4, 1)); biases 0",
            initial_parameters=_hidden_parameters(),
            known_answer=KnownAnswer(zeros=(0, 0.017), ones=(0.983, 1), loss=(0, 4 * 0.5 * 0.017**2)),
        ),
    )
}
