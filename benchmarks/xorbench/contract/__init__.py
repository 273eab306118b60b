"""The contract of implementation files, the files that exist, and what is missing or broken in each."""

from xorbench.contract.discovery import discover, read
from xorbench.contract.implementation import Implementation, load
from xorbench.contract.protocol import (
    CONSTANTS,
    FUNCTIONS,
    OPTIONS,
    REFERENCE,
    Contract,
    Data,
    Tensor,
    prepared,
)

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "OPTIONS",
    "REFERENCE",
    "Contract",
    "Data",
    "Implementation",
    "Tensor",
    "discover",
    "load",
    "prepared",
    "read",
]
