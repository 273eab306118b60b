"""The largest error that the judge allows for one call of an elementary function, in units of roundoff.

The unit of roundoff u is 2^-53 in float64 and 2^-24 in float32. A result may differ from the true value by its charge
times u, relative to the true value; a true value below the smallest normal number may become zero, as after any other
operation. Sums, products, quotients and square roots are charged 1 u, which IEEE 754 guarantees. No standard guarantees
anything for the other functions, so their charges are measured: each is an integer that is not less than the largest
error of NumPy, PyTorch and JAX in the study `python -m xorbench.studies.functions`. A framework whose function has a
larger error may be outside the bound, and the table of the study names the function.

JAX needs three of the charges: that of exp in float32 only above 88.4, just before it overflows, those of expm1 near 0.
The charge of log1p is for arguments that are at least 0, the only ones in a loss: JAX is 239 u off near -0.41.
"""

from collections.abc import Mapping
from typing import Final, Literal

from xorbench.record.parts import Dtype

Function = Literal["exp", "expm1", "log1p", "tanh", "sqrt"]

CHARGES: Final[Mapping[Dtype, Mapping[Function, int]]] = {
    "float64": {"exp": 3, "expm1": 6, "log1p": 3, "tanh": 8, "sqrt": 1},
    "float32": {"exp": 6, "expm1": 7, "log1p": 4, "tanh": 8, "sqrt": 1},
}
"""By dtype and name of the function, its charge in units of u."""
