"""The settings of a run, and the plan made from them."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from xorbench.measures import Measure
from xorbench.record.parts import Count, MinLen, Natural, Part, Positive, Seed

CONFIDENCE = 0.95

FEWEST_LAUNCHES = 8
"""The number of launches below which intervals are wide.

Student's t at 4 degrees of freedom is 1.2 times that at 7; at 2 it is 1.8 times.
"""


@dataclass(frozen=True)
class Settings(Part):
    """The settings of a run: how much is measured, on which CPU, with how many threads, and the random seed.

    Either `launches` and `rounds` are given, or `budget_minutes` and optionally `resolution`, the precision to which
    each ratio is to be known, as a share of the ratio. `sweep` says that the workloads are points of a sweep.
    `measures` is what is timed of each implementation; epochs are always among them.
    """

    points: Count
    cpu: Natural
    seed: Seed
    quick: bool = False
    launches: Count | None = None
    rounds: Count | None = None
    budget_minutes: Positive | None = None
    resolution: Positive | None = None
    cold_starts: Natural = 0
    threads: Count = 1
    sweep: bool = False
    measures: Annotated[list[Measure], MinLen(1)] = field(default_factory=lambda: ["epoch"])


@dataclass(frozen=True)
class Plan(Part):
    """The plan of a run: rounds per launch, launches, the number of looks at the data, and the expected precision.

    `half_width` is the half-width of the interval of the least certain row that the pilot predicted. `confidence` is
    the level of the interval after so many looks: each earlier look has used a share of the probability of an error.
    """

    rounds: Count
    launches: Natural
    pilot_launches: Natural = 0
    looks: Count = 1
    confidence: Annotated[float, Gt(0), Lt(1)] = CONFIDENCE
    half_width: Annotated[float, Ge(0)] | None = None
