"""One problem, stated once and free of frameworks: data, network, recipe, initial parameters, known answer."""

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xorbench.workloads.recipe import Recipe

Array = NDArray[np.floating]
Parameters = list[Array]
"""Flat, first layer first: W1 (n0, n1), b1 (1, n1), W2 (n1, n2), b2 (1, n2), ..."""


Dtype = Literal["float64", "float32"]
"""The floating-point types that are judged and timed."""


@dataclass(frozen=True)
class KnownAnswer:
    """What training must end with, as closed ranges (low, high).

    `zeros` and `ones` bound the predictions of the samples whose target is 0 and 1.
    """

    zeros: tuple[float, float]
    ones: tuple[float, float]
    loss: tuple[float, float]
    largest_parameter: float = np.inf


MOST_MULTIPLY_ADDS = 48_000_000
"""In a round of 3 ms on one CPU, at 16 a nanosecond."""


@dataclass(frozen=True, eq=False)
class Workload:
    """One training problem, full batch.

    `inputs` is (samples, n0), `targets` is (samples, n_last), both float64; `initial_parameters` are float64,
    and `dtype` names the floating-point type that training is timed in. `generator` draws initial parameters from a
    seed. `agreement` is how far the parameters at the end may be from the reference's: far more than rounding grows to,
    far less than another computation is off. `comparable_epochs` is the number up to which the ends of trainings from
    drawn starts can be compared: stopping a tenth earlier changes an end by ten times the tolerance or more, and
    rounding has grown to less than a tenth of the tolerance. It was found by experiment with thousands of starts.
    """

    name: str
    story: str
    inputs: Array
    targets: Array
    layer_sizes: tuple[int, ...]
    recipe: Recipe
    epochs: int
    dtype: Dtype
    seed: str
    generator: Callable[[int], Parameters]
    initial_parameters: Parameters
    known_answer: KnownAnswer
    agreement: float = 1e-9
    comparable_epochs: int = 100_000

    @property
    def tolerance(self) -> float:
        """How far the ends of a timed round and of the reference may be apart, as a share of the way from the start.

        The way is the largest distance of a parameter between the start and the end of the reference. Up to
        `most_epochs` rounding was found to grow to a tenth of the tolerance, rarely to a third of it in float32.
        """
        return 1e-4 if self.dtype == "float32" else 1e-7

    @cached_property
    def most_epochs(self) -> int:
        """The most epochs of a timed round, an even number: `comparable_epochs`, or fewer where these take too long.

        Nobody does more than MOST_MULTIPLY_ADDS in a round.
        """
        return max(2, 2 * (min(self.comparable_epochs, MOST_MULTIPLY_ADDS // self.multiply_adds) // 2))

    def drawn(self, seed: int) -> Parameters:
        """Return initial parameters drawn from a seed, float64; for the workload's own seed `initial_parameters`."""
        return self.generator(seed)

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

    @cached_property
    def multiplications(self) -> int:
        """Of one forward pass over all samples: what it costs grows with them."""
        return len(self.inputs) * sum(a * b for a, b in itertools.pairwise(self.layer_sizes))

    @cached_property
    def multiply_adds(self) -> int:
        """Of the products in one epoch."""
        return multiply_adds(self.layer_sizes, len(self.inputs))

    def shaped(self, rows: NDArray[Any]) -> list[NDArray[Any]]:
        """Flat rows of all entries, (..., entries), as parameter tensors (..., n, m): views where that is possible."""
        return [
            rows[..., where].reshape(*rows.shape[:-1], *shape)
            for where, shape in zip(self.slices.values(), self.shapes, strict=True)
        ]

    def logits(self, parameters: Parameters) -> Array:
        """Of the last layer, (..., samples, n_last): to make points and to read decisions, never to judge by."""
        return logits(self.inputs, parameters, self.recipe.activation)

    def losses(self, parameters: Parameters) -> Array:
        """The loss, (...): to show how a training went, never to judge by."""
        found = self.logits(parameters)
        if self.recipe.loss == "cross-entropy":
            each = np.logaddexp(0, np.where(self.targets == 1, -found, found))
        else:
            with np.errstate(over="ignore"):  # where a sigmoid saturates, 1 / (1 + inf) is the 0 that it should be
                each = (self.targets - 1 / (1 + np.exp(-found))) ** 2 / 2
        return np.asarray(each.sum(axis=(-2, -1)))

    @cached_property
    def parameters_sha256(self) -> str:
        """SHA-256 of the initial parameters: their little-endian float64 bytes, one after the other."""
        return hashlib.sha256(b"".join(p.astype("<f8").tobytes() for p in self.initial_parameters)).hexdigest()

    @cached_property
    def timed_parameters_sha256(self) -> str:
        """The same of what training is timed from: the initial parameters as the workload's dtype holds them."""
        timed = [p.astype(self.dtype).astype("<f8") for p in self.initial_parameters]
        return hashlib.sha256(b"".join(p.tobytes() for p in timed)).hexdigest()

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


def flat(tensors: Sequence[Array]) -> Array:
    """Parameter tensors as one row of all their entries."""
    return np.concatenate([np.ravel(tensor) for tensor in tensors])


def multiply_adds(layer_sizes: Sequence[int], samples: int) -> int:
    """Of the products in one epoch: forward, to the weights and, but for the first layer, down."""
    products = [samples * a * b for a, b in itertools.pairwise(layer_sizes)]
    return 3 * sum(products) - products[0]


def logits(inputs: Array, parameters: Sequence[Array], activation: str) -> Array:
    """Of the last layer, (..., samples, n_last), for inputs (samples, n0)."""
    found = activations = inputs
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        found = activations @ weights + bias
        activations = _ACTIVATIONS[activation](found)
    return found


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda logits: 1 / (1 + np.exp(-logits)),
    "tanh": np.tanh,
    "relu": lambda logits: np.maximum(logits, 0),
}
