"""The building blocks of the types of a record: text, numbers and lists of bounded length.

The bounds are those of `annotated_types`, which pydantic reads; nothing here imports pydantic, because workers import
these types and read no records.
"""

from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Len, MaxLen, MinLen

from xorbench.workloads.workload import Dtype

__all__ = [
    "Count",
    "Dtype",
    "Len",
    "Many",
    "MaxLen",
    "MinLen",
    "Natural",
    "Numbers",
    "Part",
    "Positive",
    "Seed",
    "Text",
    "Verdict",
    "Whole",
]


class Part:
    """The base class of the parts of a record: unknown keys are refused, types are strict, numbers are finite."""

    __pydantic_config__: ClassVar[dict[str, bool | str]] = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


Verdict = Literal["inside", "outside", "failed", "missing", "not offered"]
"""The result of a check.

"inside": within the rounding bound; "outside": beyond it; "failed": no gradient, or a rule was broken; "missing": the
framework is not installed; "not offered": the implementation says that it does not offer this loss, activation or
optimiser, by a NotImplementedError. The last two are no failures.
"""

LARGEST = 2**63 - 1
"""The largest integer: what 64 bits hold, so that NumPy and other programs can read it."""

Natural = Annotated[int, Ge(0), Le(LARGEST)]

Count = Annotated[int, Ge(1), Le(LARGEST)]

Whole = Annotated[int, Ge(-LARGEST), Le(LARGEST)]

LARGEST_SEED = 2**32 - 1
"""The largest seed of NumPy's random generators."""

Seed = Annotated[int, Ge(0), Le(LARGEST_SEED)]

Positive = Annotated[float, Gt(0)]

Text = Annotated[str, MaxLen(50_000)]

Many = MaxLen(1_000_000)
"""The largest length of every list."""

Numbers = Annotated[list[float], Many]
