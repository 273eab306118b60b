"""The contract of implementation files, the files that exist, and what is missing or broken in each."""

from xorbench.contract.discovery import discover, read
from xorbench.contract.implementation import Implementation, load
from xorbench.contract.protocol import CONSTANTS, FUNCTIONS, REFERENCE, Contract, Data, Tensor

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "REFERENCE",
    "Contract",
    "Data",
    "Implementation",
    "Tensor",
    "discover",
    "load",
    "read",
]
