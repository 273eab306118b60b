"""A workload: data, network, recipe, initial parameters and known answer, independent of any framework."""

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
"""Parameter tensors in a flat list, first layer first: W1 (n0, n1), b1 (1, n1), W2 (n1, n2), b2 (1, n2), ..."""


Dtype = Literal["float64", "float32"]
"""The floating-point types that are judged and timed."""


@dataclass(frozen=True)
class KnownAnswer:
    """The required end of a training, as closed ranges (low, high).

    `zeros` and `ones` bound the predictions of the samples whose targets are 0 and 1, `loss` bounds the loss, and
    `largest_parameter` is the largest absolute value that a parameter may have.
    """

    zeros: tuple[float, float]
    ones: tuple[float, float]
    loss: tuple[float, float]
    largest_parameter: float = np.inf


MOST_MULTIPLY_ADDS = 48_000_000
"""The largest number of multiply-adds in a timed round: 3 ms on one CPU at 16 per nanosecond."""


@dataclass(frozen=True, eq=False)
class Workload:
    """One full-batch training problem.

    `inputs` is (samples, n0), `targets` is (samples, n_last), both float64; `initial_parameters` are float64,
    and `dtype` names the floating-point type that training is timed in. `generator` draws initial parameters from a
    seed. `agreement` is the largest allowed distance of the trained parameters from the reference's: far larger than
    accumulated rounding, far smaller than the effect of a different computation. `comparable_epochs` is the number of
    epochs up to which the ends of trainings from drawn starts can be compared: stopping a tenth earlier changes an end
    by ten times the tolerance or more, and accumulated rounding is less than a tenth of the tolerance. It was found by
    experiments with thousands of starts.
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
        """The most that is allowed between the ends of a timed round and of the reference, as a share of the way.

        It is for trainings that amplify rounding; of others, less is allowed. The way is the largest distance of a
        parameter between the start and the end of the reference. In experiments with up to `most_epochs`, rounding grew
        to a tenth of the tolerance, in float32 rarely to a third of it.
        """
        return 1e-4 if self.dtype == "float32" else 1e-7

    @property
    def tolerance_of_results(self) -> float:
        """The allowed distance of the result of a timed function from the reference's, as a share of its largest entry.

        In 100,000 gradients of the tutorial's network, whose terms cancel, it was at most 8e-14 in float64, and at
        least 4e-9 where the sigmoid was computed in float32.
        """
        return 1e-4 if self.dtype == "float32" else 1e-11

    @cached_property
    def most_epochs(self) -> int:
        """The largest number of epochs of a timed round, an even number: at most `comparable_epochs`.

        It is smaller for large networks: a round has at most MOST_MULTIPLY_ADDS multiply-adds, unless 2 epochs have
        more.
        """
        return max(2, 2 * (min(self.comparable_epochs, MOST_MULTIPLY_ADDS // self.multiply_adds) // 2))

    def drawn(self, seed: int) -> Parameters:
        """Return float64 initial parameters drawn from `seed`; the workload's own seed gives `initial_parameters`."""
        return self.generator(seed)

    @cached_property
    def parameter_names(self) -> list[str]:
        """The names of the parameters in their order: W1, b1, W2, b2, ..."""
        return [f"{kind}{layer}" for layer in range(1, len(self.layer_sizes)) for kind in ("W", "b")]

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """The shape of each parameter tensor."""
        return [shape for a, b in itertools.pairwise(self.layer_sizes) for shape in ((a, b), (1, b))]

    @cached_property
    def slices(self) -> dict[str, slice]:
        """The slice of each parameter tensor, by its name, in a flat row of all entries."""
        ends = itertools.accumulate((rows * columns for rows, columns in self.shapes), initial=0)
        return {name: slice(*ends) for name, ends in zip(self.parameter_names, itertools.pairwise(ends), strict=True)}

    @cached_property
    def entries(self) -> list[tuple[str, list[int]]]:
        """The parameter name and the index of each entry of a flat row."""
        return [
            (name, list(index))
            for name, shape in zip(self.parameter_names, self.shapes, strict=True)
            for index in np.ndindex(shape)
        ]

    @cached_property
    def multiplications(self) -> int:
        """The number of multiplications in one forward pass over all samples, a measure of its cost."""
        return len(self.inputs) * sum(a * b for a, b in itertools.pairwise(self.layer_sizes))

    @cached_property
    def multiply_adds(self) -> int:
        """The number of multiply-adds in the matrix products of one epoch."""
        return multiply_adds(self.layer_sizes, len(self.inputs))

    def shaped(self, rows: NDArray[Any]) -> list[NDArray[Any]]:
        """Return flat rows of all entries, (..., entries), as parameter tensors, (..., n, m): views where possible."""
        return [
            rows[..., where].reshape(*rows.shape[:-1], *shape)
            for where, shape in zip(self.slices.values(), self.shapes, strict=True)
        ]

    def logits(self, parameters: Parameters) -> Array:
        """Return the logits of the last layer, (..., samples, n_last).

        They serve to construct points and to read decisions; no gradient is judged by them.
        """
        return logits(self.inputs, parameters, self.recipe.activation)

    def losses(self, parameters: Parameters) -> Array:
        """Return the loss, (...), to show the course of a training; no gradient is judged by it."""
        found = self.logits(parameters)
        if self.recipe.loss == "cross-entropy":
            each = np.logaddexp(0, np.where(self.targets == 1, -found, found))
        else:
            with np.errstate(over="ignore"):  # a saturated sigmoid is 1 / (1 + inf), which is 0 as it should be
                each = (self.targets - 1 / (1 + np.exp(-found))) ** 2 / 2
        return np.asarray(each.sum(axis=(-2, -1)))

    @cached_property
    def parameters_sha256(self) -> str:
        """The SHA-256 of the initial parameters: of their little-endian float64 bytes, one tensor after the other."""
        return hashlib.sha256(b"".join(p.astype("<f8").tobytes() for p in self.initial_parameters)).hexdigest()

    @cached_property
    def timed_parameters_sha256(self) -> str:
        """The SHA-256 of the initial parameters after rounding to the workload's dtype, from their float64 bytes."""
        timed = [p.astype(self.dtype).astype("<f8") for p in self.initial_parameters]
        return hashlib.sha256(b"".join(p.tobytes() for p in timed)).hexdigest()

    def complaint(self, predictions: Array, loss: float, parameters: Parameters) -> str | None:
        """Return how the end of a training differs from the known answer, in one line; None if it does not."""
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
    """Return parameter tensors as one row of all their entries."""
    return np.concatenate([np.ravel(tensor) for tensor in tensors])


def multiply_adds(layer_sizes: Sequence[int], samples: int) -> int:
    """Return the number of multiply-adds in the matrix products of one epoch.

    The products are the forward pass, the gradients of the weights and, except in the first layer, of the activations.
    """
    products = [samples * a * b for a, b in itertools.pairwise(layer_sizes)]
    return 3 * sum(products) - products[0]


def logits(inputs: Array, parameters: Sequence[Array], activation: str) -> Array:
    """Return the logits of the last layer, (..., samples, n_last), for `inputs` (samples, n0)."""
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
