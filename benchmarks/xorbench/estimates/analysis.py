"""All that is computed of one record, each quantity once: what tables, pictures, pages and exports are made from."""

from collections.abc import Sequence

from xorbench.estimates import (
    break_even,
    cost_breakdown,
    crossings,
    disturbance,
    growth,
    noise_floor,
    order_effects,
    states,
    sweep_axes,
    versions,
)
from xorbench.estimates import timing_table as tables
from xorbench.estimates.autocorrelation import Autocorrelation, of_launches
from xorbench.estimates.intervals import Interval
from xorbench.estimates.rounds import by_cpu, knows_cpu_time
from xorbench.estimates.timed import Recorded


class Analysis(Recorded):
    """A record with what its timings say; everything is computed when it is asked for first, and kept."""

    @property
    def rows(self) -> list[tables.Row]:
        """The rows of the timing tables: times, ratios, ranks and verdicts."""
        return tables.rows(self)

    @property
    def noise_floor(self) -> Interval | None:
        """The A/A ratio: the second copy of the baseline over the baseline; None without two copies."""
        return noise_floor.noise_floor(self)

    def noise_floor_of(self, workload: str) -> Interval | None:
        """Return the A/A ratio on one workload."""
        return noise_floor.noise_floor(self, workload)

    @property
    def second_control(self) -> Interval | None:
        """The second copy in short rounds over the baseline in long ones; None where there are no short ones."""
        return noise_floor.second_control(self)

    @property
    def unfit(self) -> str | None:
        """Why the ratios of this run are not to be believed, in one sentence; None where they are."""
        return noise_floor.unfit(self)

    @property
    def autocorrelation(self) -> Autocorrelation | None:
        """The lag-1 autocorrelation of launches over all rows; None where there are too few launches to tell."""
        return of_launches(self)

    @property
    def quiet_share(self) -> float:
        """The share of all rounds in which the machine was not slow."""
        return states.run_quiet_share(self)

    @property
    def by_cpu(self) -> bool:
        """Whether rounds are timed by CPU time, and not by wall time."""
        return by_cpu(self)

    @property
    def knows_cpu_time(self) -> bool:
        """Whether the CPU time of rounds was recorded: records of schema 4 have none."""
        return knows_cpu_time(self)

    @property
    def costs(self) -> list[break_even.Cost]:
        """The cold start of each row, and after how many epochs it breaks even with the baseline."""
        return break_even.costs(self)

    @property
    def order_effects(self) -> list[order_effects.Bias]:
        """For each row whether it matters which row had its turn before."""
        return order_effects.biases(self)

    @property
    def disturbances(self) -> list[disturbance.Disturbance]:
        """For each row how long its process waited for a CPU, and how often it lost it."""
        return disturbance.disturbances(self)

    @property
    def steps(self) -> list[cost_breakdown.Step]:
        """The cost breakdown of the step of each implementation that differs from another in one thing."""
        return cost_breakdown.steps(self)

    @property
    def versions(self) -> list[versions.Version]:
        """The same files in two environments side by side."""
        return versions.versions(self)

    @property
    def axes(self) -> list[sweep_axes.Axis]:
        """The lines of points of a sweep; none of a run."""
        return sweep_axes.axes(self)

    @property
    def crossings(self) -> list[crossings.Crossing]:
        """Where the times of two implementations cross along each axis of a sweep."""
        return crossings.crossings(self)

    @property
    def growth(self) -> Sequence[growth.Growth]:
        """How the cost of an epoch grows over a sweep; nothing of a run."""
        return growth.growth(self)
