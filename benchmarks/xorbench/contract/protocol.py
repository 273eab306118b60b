"""The contract of implementation files: the constants and functions that each must define."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Protocol, get_type_hints

from xorbench.measures import Measure
from xorbench.workloads import Array, Recipe

REFERENCE = "numpy_backprop"
"""The implementation that the others translate; it is the baseline of every ratio and of the A/A control."""


Tensor = Any
"""An array of a framework; its type is known only to the implementation that made it."""

Data = tuple[list[Tensor], Tensor, Tensor]
"""Parameters, inputs and targets."""

State = tuple[list[Tensor], Any]
"""Parameters and the state of the optimiser, whose type is known only to the implementation that made it."""

Result = Tensor | list[Tensor] | Callable[[], Any]
"""The result of a prepared function: the outputs, the loss or the gradients, or a function that returns them."""


class Contract(Protocol):
    """The constants and functions that an implementation file defines, in this order.

    A recipe states the activation, the loss and the optimiser. Parameters are a flat list, first layer first:
    W1 (n0, n1), b1 (1, n1), W2 (n1, n2), b2 (1, n2), ...; inputs are (samples, n0), targets (samples, n_last). Arrays
    are the framework's own, of the dtype that `convert` was given.

    A function that does not offer the activation, the loss or the optimiser of a recipe raises NotImplementedError,
    with a message that says what it does not offer: this is no failure. Every other exception is one.
    """

    FRAMEWORK: str
    """The distribution, as `pip` names it, or else the program, whose version is recorded."""
    TIER: Literal["idiomatic", "tuned"]
    EXECUTION: Literal["eager", "compiled"]
    """Whether an epoch runs Python code of this file, or compiled code; the clock verifies it."""
    GRANULARITY: Literal["one call per epoch", "whole loop"]

    def convert(self, parameters: list[Array], inputs: Array, targets: Array, dtype: str) -> Data:
        """Return NumPy arrays as copies in the framework's own type: same shapes, "float64" or "float32"; untimed.

        Parameters are W1 (n0, n1), b1 (1, n1), W2 (n1, n2), ..., inputs (samples, n0), targets (samples, n_last).
        """

    def predict(self, recipe: Recipe, parameters: list[Tensor], inputs: Tensor) -> Tensor:
        """Return the outputs of the last layer, (samples, n_last)."""

    def loss(self, recipe: Recipe, parameters: list[Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss that the recipe names, summed over all samples: a scalar of shape ()."""

    def gradient(self, recipe: Recipe, parameters: list[Tensor], inputs: Tensor, targets: Tensor) -> list[Tensor]:
        """Return the derivatives of `loss`, one per parameter, of its shape and dtype: W1 (n0, n1), b1 (1, n1), ..."""

    def begin(self, recipe: Recipe, parameters: list[Tensor]) -> State:
        """Return the state before the first epoch: the parameters and the initial state of the recipe's optimiser."""

    def step(self, recipe: Recipe, state: State, inputs: Tensor, targets: Tensor) -> State:
        """Return the state after one more epoch, that is one update; `state` may be consumed."""

    def train(
        self, recipe: Recipe, parameters: list[Tensor], inputs: Tensor, targets: Tensor, epochs: int
    ) -> list[Tensor]:
        """Return the parameters after `epochs` epochs, W1 (n0, n1), b1 (1, n1), ..., once they are computed; timed."""

    def to_numpy(self, array: Tensor) -> Array:
        """Return an array of the framework as a NumPy array of the same shape and dtype; untimed."""


class Options(Protocol):
    """The optional functions of an implementation file."""

    def prepared(
        self, measure: str, recipe: Recipe, parameters: list[Tensor], inputs: Tensor, targets: Tensor
    ) -> Callable[[], Result]:
        """Return a function of no arguments that does one call of "gradient", "loss" or "predict"; this one is timed.

        It is the form in which the users of the framework call it many times with the same arguments: compiled, with
        its model built, without conversions. It returns what the function of that name returns. If gradients or a loss
        need more work before `to_numpy` can read them in the shapes of the contract, it may return a function that does
        that work and returns them; this is called once, after many calls. A call may return before its result is
        computed, but a framework that computes only what is read must evaluate in each call.

        "loss" is the forward pass of a training step, and keeps what a gradient needs if the step does. "predict" is
        inference: `inputs` are one sample, (1, n0), and `to_numpy` reads the outputs of each call.

        Without this function, `gradient`, `loss` and `predict` themselves are timed.
        """


class Remarks(Protocol):
    """The optional constants of an implementation file."""

    PROGRAM: str
    """A program that must be on the PATH, besides the libraries that are imported."""
    PROCESSOR: str
    """A feature that the processor must have, by NumPy's name for it, such as "AVX512F"."""
    SLOW_TO_COMPILE: bool
    """Whether the first call for a recipe and a shape takes seconds; tests then make few such calls."""
    SOURCES: tuple[str, ...]
    """Further files in the same folder that are part of the source."""
    ADDS: str
    """What the step adds to that of `ADDS_TO`, in a few words; without `ADDS_TO`, what the whole step consists of."""
    ADDS_TO: str
    """The implementation from which this one differs in one thing, whose cost is the difference of their times."""


CONSTANTS: dict[str, object] = get_type_hints(Contract)
REMARKS: dict[str, object] = get_type_hints(Remarks)


def _functions(protocol: type) -> dict[str, list[str]]:
    """Return the names of the arguments of each function of a protocol, by its name."""
    return {
        name: list(inspect.signature(member).parameters)[1:]  # without self
        for name, member in vars(protocol).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


FUNCTIONS = _functions(Contract)
OPTIONS = _functions(Options)


def prepared(
    module: Contract, measure: Measure, recipe: Recipe, parameters: list[Tensor], inputs: Tensor, targets: Tensor
) -> Callable[[], Result]:
    """Return a function of no arguments that does one call of "gradient", "loss" or "predict" of an implementation.

    It is the file's own prepared form, or else the function of that name with its arguments.
    """
    if own := getattr(module, "prepared", None):
        made: Callable[[], Result] = own(measure, recipe, parameters, inputs, targets)
        return made
    if measure == "predict":
        return partial(module.predict, recipe, parameters, inputs)
    return partial(module.loss if measure == "loss" else module.gradient, recipe, parameters, inputs, targets)
