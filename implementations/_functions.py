"""The elementary functions of every framework, called with NumPy arrays. This is no implementation of a training.

`python -m xorbench.studies.functions` measures their errors. A framework that has no sigmoid or softplus of its own,
or no float32, lacks it here too.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import c_strict
import c_vectorised
from xorbench.contract.c_library import REALS, library

Array = NDArray[np.floating]
Function = Callable[[Array], Array]
Functions = dict[str, Function]


def of_numpy(_dtype: str, module: Any = np) -> Functions:
    def softplus(x: Array) -> Array:
        return module.logaddexp(0, x)

    return {"softplus": softplus} | {name: getattr(module, name) for name in ("exp", "expm1", "log1p", "tanh")}


def of_autograd(dtype: str) -> Functions:
    import autograd.numpy

    return of_numpy(dtype, autograd.numpy)


def of_torch(_dtype: str, compiler: Callable[[Any], Any] | None = None) -> Functions:
    import torch

    own = {name: getattr(torch, name) for name in ("exp", "expm1", "log1p", "tanh", "sigmoid")}
    own["softplus"] = torch.nn.functional.softplus
    if compiler is not None:
        own = {name: compiler(function) for name, function in own.items()}
    return called(own, torch.from_numpy, torch.Tensor.numpy)


def of_torch_compile(dtype: str) -> Functions:
    import torch

    torch._dynamo.config.recompile_limit = 256  # one compilation for each function, dtype and length

    def compiled(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return torch.compile(lambda x: function(x), fullgraph=True, dynamic=False)

    return of_torch(dtype, compiled)


def of_jax(_dtype: str) -> Functions:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    own = {name: getattr(jnp, name) for name in ("exp", "expm1", "log1p", "tanh")}
    own |= {"sigmoid": jax.nn.sigmoid, "softplus": jax.nn.softplus}
    return called({name: jax.jit(function) for name, function in own.items()}, jnp.asarray, np.asarray)


def of_tensorflow(_dtype: str) -> Functions:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # otherwise it logs to standard error on import
    import tensorflow as tf

    own = {name: getattr(tf.math, name) for name in ("exp", "expm1", "log1p", "tanh", "sigmoid", "softplus")}
    return called(own, tf.constant, np.asarray)


def of_numba(_dtype: str) -> Functions:
    from numba import njit

    own = {
        "exp": lambda x: np.exp(x),
        "expm1": lambda x: np.expm1(x),
        "log1p": lambda x: np.log1p(x),
        "tanh": lambda x: np.tanh(x),
    }
    return {name: njit(function) for name, function in own.items()}


def of_casadi(dtype: str) -> Functions:
    if dtype == "float32":
        return {}
    import casadi as ca

    own = {name: getattr(ca, name) for name in ("exp", "expm1", "log1p", "tanh")}
    return called(own, ca.DM, lambda column: np.array(column)[:, 0])


def of_pytensor(dtype: str) -> Functions:
    import pytensor
    import pytensor.tensor as pt

    x = pt.vector("x", dtype=dtype)
    names = ("exp", "expm1", "log1p", "tanh", "sigmoid", "softplus")
    return {name: pytensor.function([x], getattr(pt, name)(x)) for name in names}


def of_tinygrad(_dtype: str) -> Functions:
    from tinygrad import Tensor, TinyJit
    from tinygrad.helpers import DEV

    DEV.value = "CPU"

    @cache
    def jitted(name: str, _length: int) -> Callable[[Any], Any]:
        """Return the captured function for one length of arrays: it fits no others."""
        return TinyJit(lambda tensor: getattr(tensor, name)().realize())

    def call(name: str, x: Array) -> Array:
        return jitted(name, len(x))(Tensor(x).realize()).numpy().copy()

    return {name: partial(call, name) for name in ("exp", "tanh", "sigmoid", "softplus")}


def of_mlx(dtype: str) -> Functions:
    import mlx.core as mx
    import mlx.nn as nn

    mx.set_default_device(mx.cpu)  # nothing else has float64
    own = {name: getattr(mx, name) for name in ("exp", "expm1", "log1p", "tanh", "sigmoid")}
    own["softplus"] = nn.softplus
    return called(own, lambda x: mx.array(x, getattr(mx, dtype)), np.array)


def of_c(flags: tuple[str, ...], dtype: str) -> Functions:
    compiled = library(Path(__file__).with_name("_functions.c"), (*flags, f"-DREAL={REALS[dtype]}"))

    def call(name: str, x: Array) -> Array:
        x, y = np.ascontiguousarray(x), np.empty_like(x)
        addresses = (ctypes.c_void_p(array.ctypes.data) for array in (x, y))
        compiled[f"each_{name}"](*addresses, ctypes.c_long(len(x)))
        return y

    return {name: partial(call, name) for name in ("exp", "expm1", "log1p", "tanh")}


def called(
    own: dict[str, Callable[[Any], Any]], convert: Callable[[Array], Any], back: Callable[[Any], Any]
) -> Functions:
    """Return functions of arrays of a framework as functions of NumPy arrays."""

    def call(function: Callable[[Any], Any], x: Array) -> Array:
        return back(function(convert(x)))

    return {name: partial(call, function) for name, function in own.items()}


FRAMEWORKS: dict[str, tuple[str, Callable[[str], Functions]]] = {
    "numpy": ("numpy", of_numpy),
    "torch": ("torch", of_torch),
    "jax": ("jax", of_jax),
    "torch.compile": ("torch", of_torch_compile),
    "autograd": ("autograd", of_autograd),
    "tensorflow": ("tensorflow-cpu", of_tensorflow),
    "numba": ("numba", of_numba),
    "casadi": ("casadi", of_casadi),
    "pytensor": ("pytensor", of_pytensor),
    "tinygrad": ("tinygrad", of_tinygrad),
    "mlx": ("mlx", of_mlx),
    "c_strict": ("cc", partial(of_c, c_strict.FLAGS)),
    "c_vectorised": ("cc", partial(of_c, c_vectorised.FLAGS)),
}
"""By the name that is shown, the distribution or program, and a function of the dtype that imports the framework."""
