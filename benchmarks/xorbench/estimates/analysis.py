"""The analysis of one record, from which tables, charts, pages and exports are made: each quantity is computed once."""

from collections.abc import Sequence

from xorbench.estimates import (
    break_even,
    cost_breakdown,
    crossings,
    disturbance,
    growth,
    history,
    measured,
    noise_floor,
    order_effects,
    pairs,
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
    """A record with its estimates; each estimate is computed on first access and cached."""

    @property
    def rows(self) -> list[tables.Row]:
        """The rows of the timing tables: times, ratios, ranks and verdicts."""
        return tables.rows(self)

    @property
    def pairs(self) -> list[pairs.Pair]:
        """The ratio of each two rows of a workload that were timed together, in one direction."""
        return pairs.pairs(self)

    @property
    def noise_floor(self) -> Interval | None:
        """The A/A ratio: the second copy of the baseline over the baseline; None without two copies."""
        return noise_floor.noise_floor(self)

    def noise_floor_of(self, workload: str) -> Interval | None:
        """Return the A/A ratio on one workload."""
        return noise_floor.noise_floor(self, workload)

    @property
    def second_control(self) -> Interval | None:
        """The second copy in short rounds over the baseline in long rounds; None if there are no short rounds."""
        return noise_floor.second_control(self)

    @property
    def unfit(self) -> str | None:
        """The reason why the ratios of this run are not usable, in one sentence; None if they are usable."""
        return noise_floor.unfit(self)

    @property
    def autocorrelation(self) -> Autocorrelation | None:
        """The lag-1 autocorrelation of launches over all rows; None with fewer than 4 launches."""
        return of_launches(self)

    @property
    def quiet_share(self) -> float:
        """The share of all rounds in which the machine was not slow."""
        return states.run_quiet_share(self)

    @property
    def by_cpu(self) -> bool:
        """Whether rounds are timed by CPU time instead of wall time."""
        return by_cpu(self)

    @property
    def knows_cpu_time(self) -> bool:
        """Whether the CPU time of rounds was recorded; it was not in records of schema 4."""
        return knows_cpu_time(self)

    @property
    def costs(self) -> list[break_even.Cost]:
        """The cold-start cost of each row, and the number of epochs after which it breaks even with the baseline."""
        return break_even.costs(self)

    @property
    def order_effects(self) -> list[order_effects.Bias]:
        """The order effects of each row: how its time depends on which row had the turn before."""
        return order_effects.biases(self)

    @property
    def disturbances(self) -> list[disturbance.Disturbance]:
        """For each row, how long its process waited for a CPU and how often it was preempted."""
        return disturbance.disturbances(self)

    @property
    def steps(self) -> list[cost_breakdown.Step]:
        """The cost breakdown of a step, for each implementation that declares which other one it adds to."""
        return cost_breakdown.steps(self)

    @property
    def measured(self) -> list[measured.Measured]:
        """The times of loss, gradient, epoch and prediction of each implementation; [] if only epochs were measured."""
        return measured.measured(self)

    @property
    def versions(self) -> list[versions.Version]:
        """The ratio between two environments, for each file that was timed in both."""
        return versions.versions(self)

    @property
    def histories(self) -> list[history.History]:
        """The history of each file on each workload over the releases of a framework; empty without any."""
        return history.histories(self)

    @property
    def axes(self) -> list[sweep_axes.Axis]:
        """The axes of a sweep; empty if the record is a run."""
        return sweep_axes.axes(self)

    @property
    def crossings(self) -> list[crossings.Crossing]:
        """The sizes at which the times of two implementations cross, along each axis of a sweep."""
        return crossings.crossings(self)

    @property
    def growth(self) -> Sequence[growth.Growth]:
        """The growth of the cost of an epoch over a sweep, by implementation; empty if the record is a run."""
        return growth.growth(self)
