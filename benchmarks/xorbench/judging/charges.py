"""The rounding errors that the judge allows for functions, in units of u: 2^-53 in float64, 2^-24 in float32.

They are relative errors of the result, at least as large as those measured for NumPy, PyTorch and JAX (see the study of
functions in README.md). Sums, products, quotients and square roots are rounded correctly by IEEE 754: 1 unit.
"""

from collections.abc import Mapping
from typing import Final, Literal

from xorbench.record.parts import Dtype

Function = Literal["exp", "expm1", "log1p", "tanh"]

CHARGES: Final[Mapping[Dtype, Mapping[Function, int]]] = {
    "float64": {"exp": 3, "expm1": 3, "log1p": 3, "tanh": 8},
    "float32": {"exp": 4, "expm1": 4, "log1p": 4, "tanh": 8},
}
