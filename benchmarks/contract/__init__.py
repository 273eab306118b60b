"""What an implementation must offer, which there are, and what is missing or broken in each."""

from benchmarks.contract.implementation import Implementation, load
from benchmarks.contract.protocol import CONSTANTS, FOLDER, FUNCTIONS, REFERENCE, Contract
from benchmarks.contract.reading import discover, read

__all__ = ["CONSTANTS", "FOLDER", "FUNCTIONS", "REFERENCE", "Contract", "Implementation", "discover", "load", "read"]
