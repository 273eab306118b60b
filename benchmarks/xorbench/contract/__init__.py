"""What an implementation must offer, which there are, and what is missing or broken in each."""

from xorbench.contract.implementation import Implementation, load
from xorbench.contract.protocol import CONSTANTS, FUNCTIONS, REFERENCE, Contract, Data, Tensor
from xorbench.contract.reading import discover, read

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
