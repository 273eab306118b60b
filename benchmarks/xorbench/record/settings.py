"""What was asked of a run, and what came of it."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from xorbench.record.parts import Count, Natural, Part, Positive

CONFIDENCE = 0.95

FEWEST_LAUNCHES = 8
"""Below that intervals are wide: at 4 degrees of freedom Student's t is 1.2 times that at 7, at 2 it is 1.8 times."""


@dataclass(frozen=True)
class Settings(Part):
    """How much is measured, on which CPU, with how many threads, and the seed of all that is random.

    Either `launches` and `rounds` are given, or `budget_minutes` and perhaps `resolution`, the share of itself to which
    each ratio is to be known. `sweep` says that the workloads are points of one.
    """

    points: Count
    cpu: Natural
    seed: Natural
    quick: bool = False
    launches: Count | None = None
    rounds: Count | None = None
    budget_minutes: Positive | None = None
    resolution: Positive | None = None
    cold_starts: Natural = 0
    threads: Count = 1
    sweep: bool = False


@dataclass(frozen=True)
class Plan(Part):
    """What came of the settings: rounds in a launch, launches, of how many looks this is, and what to expect.

    `half_width` is what a pilot promised of the least certain row, `confidence` that of the interval that is left after
    so many looks: those before it have used up their share of the chance to be wrong.
    """

    rounds: Count
    launches: Natural
    pilot_launches: Natural = 0
    looks: Count = 1
    confidence: Annotated[float, Gt(0), Lt(1)] = CONFIDENCE
    half_width: Annotated[float, Ge(0)] | None = None
