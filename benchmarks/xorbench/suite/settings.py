"""What was asked of a run, and what came of it."""

from dataclasses import dataclass

from xorbench.environment import allowed_cpus
from xorbench.estimates.intervals import CONFIDENCE


@dataclass(frozen=True)
class Settings:
    """How much is measured, on which CPU, with how many threads, and the seed of all that is random.

    Either `launches` and `rounds` are given, or `budget_minutes` and perhaps `resolution`, the share of itself to which
    each ratio is to be known. `sweep` says that the workloads are points of one.
    """

    points: int
    cpu: int
    seed: int
    quick: bool = False
    launches: int | None = None
    rounds: int | None = None
    budget_minutes: float | None = None
    resolution: float | None = None
    cold_starts: int = 0
    threads: int = 1
    sweep: bool = False

    @property
    def cpus(self) -> list[int]:
        """Those that are timed on: the one, or as many as there are threads."""
        return [self.cpu] if self.threads == 1 else allowed_cpus()[: self.threads]


@dataclass(frozen=True)
class Plan:
    """What came of the settings: rounds in a launch, launches, of how many looks this is, and what to expect.

    `half_width` is what a pilot promised of the least certain row, `confidence` that of the interval that is left after
    so many looks: those before it have used up their share of the chance to be wrong.
    """

    rounds: int
    launches: int
    pilot_launches: int = 0
    looks: int = 1
    confidence: float = CONFIDENCE
    half_width: float | None = None
