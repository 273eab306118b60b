"""What an implementation file must offer: the one text that all of them are translations of."""

import inspect
from typing import Any, Literal, Protocol, get_type_hints

from xorbench.workloads import Array, Recipe

REFERENCE = "numpy_backprop"
"""The text that the others translate: the baseline of every ratio, and the control that runs against itself."""


Tensor = Any
"""An array of a framework, of whatever type that has: only the file that gave it knows what it is."""

Data = tuple[list[Tensor], Tensor, Tensor]
"""Parameters, inputs and targets."""

State = tuple[list[Tensor], Any]
"""Parameters, and what an optimiser remembers: only the file that gave it knows what that is."""


class Contract(Protocol):
    """The names of an implementation file, in this order.

    A recipe says what is computed. Parameters are a flat list, first layer first: W1 (n0, n1), b1 (1, n1), W2 (n1, n2),
    b2 (1, n2), ...; inputs are (samples, n0), targets (samples, n_last). Arrays are the framework's own, of the dtype
    that `convert` was asked for.
    """

    FRAMEWORK: str
    """What the version is read from: the distribution, as `pip` names it, or else the program of that name."""
    TIER: Literal["idiomatic", "tuned"]
    EXECUTION: Literal["eager", "compiled"]
    """Whether an epoch runs this file's Python, or what it was compiled to; the clock looks which it is."""
    GRANULARITY: Literal["one call per epoch", "whole loop"]

    def convert(self, parameters: list[Array], inputs: Array, targets: Array, dtype: str) -> Data:
        """Plain NumPy arrays as the framework's own: the same shapes, copied, of dtype "float64" or "float32"; untimed.

        Parameters W1 (n0, n1), b1 (1, n1), W2 (n1, n2), ..., inputs (samples, n0), targets (samples, n_last).
        """

    def predict(self, recipe: Recipe, parameters: list[Tensor], inputs: Tensor) -> Tensor:
        """The outputs of the last layer, (samples, n_last)."""

    def loss(self, recipe: Recipe, parameters: list[Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        """The loss that the recipe names, over all samples: a scalar, of shape ()."""

    def gradient(self, recipe: Recipe, parameters: list[Tensor], inputs: Tensor, targets: Tensor) -> list[Tensor]:
        """The derivatives of `loss`, one array per parameter, of its shape and dtype: W1 (n0, n1), b1 (1, n1), ..."""

    def begin(self, recipe: Recipe, parameters: list[Tensor]) -> State:
        """The parameters, and what the recipe's optimiser keeps from epoch to epoch: as it is before the first."""

    def step(self, recipe: Recipe, state: State, inputs: Tensor, targets: Tensor) -> State:
        """One epoch: what `begin` or an earlier step gave, after one update; it may be used up."""

    def train(
        self, recipe: Recipe, parameters: list[Tensor], inputs: Tensor, targets: Tensor, epochs: int
    ) -> list[Tensor]:
        """The parameters after `epochs` steps, W1 (n0, n1), b1 (1, n1), ..., computed and waited for; this is timed."""

    def to_numpy(self, array: Tensor) -> Array:
        """An array of the framework as a NumPy array of the same shape and dtype; untimed."""


class Remarks(Protocol):
    """What a file may say of itself besides."""

    PROGRAM: str
    """A program that must be on the path, beside the libraries that are imported."""
    SLOW_TO_COMPILE: bool
    """Whether the first call for a recipe and a shape takes seconds: tests then ask for little."""
    SOURCES: tuple[str, ...]
    """The files beside it that are a part of its text."""
    ADDS: str
    """What its step has and that of `ADDS_TO` has not, in a few words; without `ADDS_TO`, what all of its step is."""
    ADDS_TO: str
    """The implementation from which it differs in one thing: what that costs is the difference of their times."""


CONSTANTS: dict[str, object] = get_type_hints(Contract)
REMARKS: dict[str, object] = get_type_hints(Remarks)
FUNCTIONS = {
    name: list(inspect.signature(member).parameters)[1:]  # without self
    for name, member in vars(Contract).items()
    if inspect.isfunction(member) and not name.startswith("_")
}
