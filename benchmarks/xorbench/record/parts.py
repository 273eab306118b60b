"""What the types of a record are made of: text, numbers and lists of bounded length.

The bounds are those of `annotated_types`, which pydantic reads; nothing here imports pydantic, for workers import these
types and read no records.
"""

from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Len, MaxLen, MinLen

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
    "Text",
    "Verdict",
]


class Part:
    """A part of a record: its keys are known, its types are strict, and its numbers are finite."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


Verdict = Literal["inside", "outside", "failed", "missing"]
"""Within what rounding explains; beyond it; no gradient given, or not by the rules; no framework to give one."""

Natural = Annotated[int, Ge(0)]

Count = Annotated[int, Ge(1)]

Positive = Annotated[float, Gt(0)]

Text = Annotated[str, MaxLen(50_000)]

Many = MaxLen(1_000_000)
"""The bound of every list."""

Numbers = Annotated[list[float], Many]
