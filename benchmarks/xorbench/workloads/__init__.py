"""Training problems: data, network, recipe, initial parameters and known answer, independent of any framework."""

from xorbench.workloads.catalogue import TUTORIAL, WORKLOADS
from xorbench.workloads.recipe import Recipe
from xorbench.workloads.sizes import is_named, named
from xorbench.workloads.workload import Array, KnownAnswer, Parameters, Workload, flat, logits, multiply_adds

__all__ = [
    "TUTORIAL",
    "WORKLOADS",
    "Array",
    "KnownAnswer",
    "Parameters",
    "Recipe",
    "Workload",
    "flat",
    "is_named",
    "logits",
    "multiply_adds",
    "named",
]
