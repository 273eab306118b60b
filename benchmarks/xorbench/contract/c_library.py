"""_network.c, compiled by the system's C compiler when a network is first asked for, and kept for the next process."""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xorbench.places import IMPLEMENTATIONS, user_cache

if TYPE_CHECKING:
    from xorbench.workloads import Recipe

Array = NDArray[np.floating]

SOURCE = IMPLEMENTATIONS / "_network.c"
REALS = {"float64": "double", "float32": "float"}
WORDS = {"gradient descent": "GRADIENT_DESCENT", "momentum": "WITH_MOMENTUM"} | {
    word: word.upper().replace(" ", "_").replace("-", "_")
    for word in ("sigmoid", "tanh", "relu", "squared error", "cross-entropy", "rmsprop", "adam")
}


class Network:
    """The functions of _network.c for one recipe and one shape of data; parameters are flat, of length `entries`."""

    def __init__(self, flags: tuple[str, ...], recipe: Recipe, sizes: tuple[int, ...], samples: int, dtype: str):
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
        self._functions = library(SOURCE, (*flags, *(f"-D{name}={value}" for name, value in macros.items())))

    def predict(self, parameters: list[Array], inputs: Array) -> Array:
        """The outputs, (samples, n_last)."""
        return self._call("predict", np.empty(self._outputs, self._dtype), flat(parameters), inputs)

    def loss(self, parameters: list[Array], inputs: Array, targets: Array) -> Array:
        """A scalar."""
        return self._call("loss", np.empty((), self._dtype), flat(parameters), inputs, targets)

    def gradient(self, parameters: list[Array], inputs: Array, targets: Array) -> list[Array]:
        """One array per parameter."""
        return self.shaped(
            self._call("gradient", np.empty(self.entries, self._dtype), flat(parameters), inputs, targets)
        )

    def train(
        self, parameters: Array, means: Array, squares: Array, inputs: Array, targets: Array, done: int, epochs: int
    ) -> None:
        """Change the first three, (entries,), in place."""
        arrays = (parameters, means, squares, inputs, targets)
        self._functions.train(*map(_address, arrays), ctypes.c_long(done), ctypes.c_long(epochs))

    def shaped(self, row: Array) -> list[Array]:
        """A flat row as parameters: views."""
        ends = list(itertools.accumulate((n * m for n, m in self.shapes), initial=0))
        return [row[a:b].reshape(shape) for (a, b), shape in zip(itertools.pairwise(ends), self.shapes, strict=True)]

    def _call(self, name: str, result: Array, *arrays: Array) -> Array:
        self._functions[name](*map(_address, arrays), _address(result))
        return result


@cache
def network(flags: tuple[str, ...], recipe: Recipe, sizes: tuple[int, ...], samples: int, dtype: str) -> Network:
    """The same of one process."""
    return Network(flags, recipe, sizes, samples, dtype)


def flat(parameters: list[Array]) -> Array:
    """Parameters as one new row of all their entries."""
    return np.concatenate([p.ravel() for p in parameters])


def library(source: Path, options: tuple[str, ...]) -> ctypes.CDLL:
    """A C file as a shared library, from the user's cache folder where it was compiled before.

    Kept under a hash of what the compiler makes of the text before it compiles it: that contains the text, the macros,
    the version of the compiler and what this CPU can do. Raises OSError or CalledProcessError without a compiler.
    """
    seen = subprocess.run(["cc", *options, "-E", "-dD", source], capture_output=True, check=True).stdout
    key = hashlib.sha256(b"\0".join([seen, *(option.encode() for option in options)])).hexdigest()
    folder = user_cache()
    kept = folder / f"{source.stem}-{key[:32]}.so"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:  # then renamed: two processes may compile at once
            compiled, linked = Path(place) / "compiled.o", Path(place) / "linked.so"
            subprocess.run(["cc", *options, "-fPIC", "-c", source, "-o", compiled], check=True)
            # Linked apart: with -ffast-math here, loading it would make all of the process flush subnormals.
            subprocess.run(["cc", "-shared", compiled, "-o", linked, "-lm"], check=True)
            linked.replace(kept)
    return ctypes.CDLL(str(kept))


def _address(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
