"""The problems: what is trained, on what, how, and what must come out. Free of frameworks."""

from benchmarks.workloads.catalogue import TUTORIAL, WORKLOADS
from benchmarks.workloads.recipe import Recipe
from benchmarks.workloads.sizes import named
from benchmarks.workloads.workload import Array, KnownAnswer, Parameters, Workload, flat, logits, multiply_adds

__all__ = [
    "TUTORIAL",
    "WORKLOADS",
    "Array",
    "KnownAnswer",
    "Parameters",
    "Recipe",
    "Workload",
    "flat",
    "logits",
    "multiply_adds",
    "named",
]
