"""The data of a study as a dataclass, checked before its table is computed."""

from typing import TypeVar

from pydantic import TypeAdapter

from xorbench.record import checking
from xorbench.record.studies import Data

T = TypeVar("T")


def typed(kind: type[T], data: Data) -> T:
    """Return the data of a study as `kind`, a dataclass of what its table needs; other keys are left out.

    Raises ValueError, in one line that says where and what was expected.
    """
    return checking.checked(TypeAdapter(kind), data)
