"""Compile C with the system's compiler on first use, and keep the library for later processes."""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xorbench.places import IMPLEMENTATIONS, user_cache
from xorbench.temporary import Temporary

if TYPE_CHECKING:
    from collections.abc import Callable

    from xorbench.workloads import Recipe

Array = NDArray[np.floating]

SOURCE = IMPLEMENTATIONS / "_network.c"
REALS = {"float64": "double", "float32": "float"}
WORDS = {"gradient descent": "GRADIENT_DESCENT", "momentum": "WITH_MOMENTUM"} | {
    word: word.upper().replace(" ", "_").replace("-", "_")
    for word in ("sigmoid", "tanh", "relu", "squared error", "cross-entropy", "rmsprop", "adam")
}


class Network:
    """The functions of _network.c, compiled for one recipe, dtype and shape of data; or those of another `source`."""

    def __init__(
        self,
        flags: tuple[str, ...],
        recipe: Recipe,
        sizes: tuple[int, ...],
        samples: int,
        dtype: str,
        source: Path | None = None,
    ) -> None:
        self.shapes = [shape for n, m in itertools.pairwise(sizes) for shape in ((n, m), (1, m))]
        self.entries = sum(n * m for n, m in self.shapes)
        self._outputs, self._dtype = (samples, sizes[-1]), dtype
        macros = {
            "REAL": REALS[dtype],
            "SAMPLES": samples,
            "SIZES": ",".join(map(str, sizes)),
            "UNITS": sum(sizes[1:]),
            "PARAMETERS": self.entries,
            "ACTIVATION": WORDS[recipe.activation],
            "LOSS": WORDS[recipe.loss],
            "OPTIMISER": WORDS[recipe.optimiser],
            **{name: float(getattr(recipe, name.lower())).hex() for name in ("RATE", "MOMENTUM", "DECAY", "EPSILON")},
        }
        options = (*flags, *(f"-D{name}={value}" for name, value in macros.items()))
        self._functions = library(source or SOURCE, options)

    def predict(self, parameters: list[Array], inputs: Array) -> Array:
        """Return the outputs of the last layer, (samples, n_last)."""
        return self._call("predict", np.empty(self._outputs, self._dtype), flat(parameters), inputs)

    def loss(self, parameters: list[Array], inputs: Array, targets: Array) -> Array:
        """Return the loss, a scalar of shape ()."""
        return self._call("loss", np.empty((), self._dtype), flat(parameters), inputs, targets)

    def gradient(self, parameters: list[Array], inputs: Array, targets: Array) -> list[Array]:
        """Return the derivatives of the loss, one array per parameter, of its shape."""
        return self.shaped(
            self._call("gradient", np.empty(self.entries, self._dtype), flat(parameters), inputs, targets)
        )

    def prepared(
        self, measure: str, parameters: list[Array], inputs: Array, targets: Array
    ) -> Callable[[], Array | list[Array]]:
        """Return a function of no arguments that calls "gradient", "loss" or "predict" with these arrays.

        Nothing is converted in a call, and each call writes its result to the same arrays.
        """
        shape = {"gradient": (self.entries,), "loss": (), "predict": self._outputs}[measure]
        arrays = (flat(parameters), inputs, targets)[: 2 if measure == "predict" else 3]
        written = np.empty(shape, self._dtype)
        function, addresses = self._functions[measure], [*map(_address, (*arrays, written))]
        result: Array | list[Array] = self.shaped(written) if measure == "gradient" else written

        def call(_kept: tuple[Array, ...] = arrays) -> Array | list[Array]:
            function(*addresses)
            return result

        return call

    def train(
        self, parameters: Array, means: Array, squares: Array, inputs: Array, targets: Array, done: int, epochs: int
    ) -> None:
        """Run `epochs` epochs after `done` earlier ones, in place.

        `parameters` and the optimiser's state, `means` and `squares`, are flat rows, (entries,).
        """
        arrays = (parameters, means, squares, inputs, targets)
        self._functions.train(*map(_address, arrays), ctypes.c_long(done), ctypes.c_long(epochs))

    def shaped(self, row: Array) -> list[Array]:
        """Return a flat row, (entries,), as parameter tensors, which are views of it."""
        ends = list(itertools.accumulate((n * m for n, m in self.shapes), initial=0))
        return [row[a:b].reshape(shape) for (a, b), shape in zip(itertools.pairwise(ends), self.shapes, strict=True)]

    def _call(self, name: str, result: Array, *arrays: Array) -> Array:
        self._functions[name](*map(_address, arrays), _address(result))
        return result


network = cache(Network)
"""The function that returns the compiled Network for the same arguments; a process has one for each combination."""


def flat(parameters: list[Array]) -> Array:
    """Return the parameters as one new row of all their entries."""
    return np.concatenate([p.ravel() for p in parameters])


def library(source: Path, options: tuple[str, ...]) -> ctypes.CDLL:
    """Return a C file as a loaded shared library: see `compiled`."""
    return ctypes.CDLL(str(compiled(source, options)))


def compiled(source: Path, options: tuple[str, ...]) -> Path:
    """Return the shared library of a C file, from the user's cache folder if it was compiled before.

    The name in the cache is a hash of the preprocessed text and of the options, which covers the text, the macros, the
    version of the compiler and the features of this CPU. Raises OSError if there is no compiler and CalledProcessError
    if it fails.
    """
    seen = subprocess.run(["cc", *options, "-E", "-dD", source], capture_output=True, check=True).stdout
    key = hashlib.sha256(b"\0".join([seen, *(option.encode() for option in options)])).hexdigest()
    folder = user_cache()
    kept = folder / f"{source.stem}-{key[:32]}.so"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with Temporary(folder) as place:  # renamed at the end: two processes may compile at once
            object_file, linked = Path(place) / "compiled.o", Path(place) / "linked.so"
            subprocess.run(["cc", *options, "-fPIC", "-c", source, "-o", object_file], check=True)
            # Linked separately: linked with -ffast-math, the library would make the whole process flush subnormals.
            subprocess.run(["cc", "-shared", object_file, "-o", linked, "-lm"], check=True)
            linked.replace(kept)
    return kept


def _address(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
