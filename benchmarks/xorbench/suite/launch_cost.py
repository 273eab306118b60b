"""The cost of a launch in seconds, from the calibration or, before it, from default values."""

from dataclasses import dataclass

from xorbench.affinity import allowed_cpus, cpus_on_other_cores
from xorbench.record.settings import Settings

TO_START = 1.2
"""CPU seconds from the start of a worker until it is ready, on an idle machine; a mean of all implementations."""

OF_A_TURN = 0.005
"""Seconds of a turn before the calibration: training, messages, counters, and reading the result."""

OF_ANSWERS = 0.09
"""Seconds of a worker's answers on one workload after its timed rounds, for which some compile."""

OF_A_COLD_START = 0.7
"""The time of a cold start as a share of the CPU time in which a worker starts."""

BESIDE = 2 / 3
"""The speed at which workers start on CPUs beside those on which others take turns, as a share of that of idle ones."""


@dataclass(frozen=True)
class LaunchCost:
    """The seconds in which all workers of a launch start, of a round of their turns, and of the answers after these.

    `beside` is the speed at which the next launch starts while this one takes turns, as a share of that while nothing
    else runs: 0 where no CPU is left for it. `cold_start` are the seconds of one cold start.
    """

    starting: float
    round: float
    answers: float
    beside: float = 0.0
    cold_start: float = 0.0

    def first(self, rounds: int) -> float:
        """Return the seconds of a first launch of `rounds` rounds."""
        return self.starting + self._turns(rounds)

    def later(self, rounds: int) -> float:
        """Return the seconds of a launch of `rounds` rounds that starts, where possible, beside the one before it."""
        turns = self._turns(rounds)
        return turns + max(0.0, self.starting - self.beside * turns)

    def of(self, launches: float, rounds: int) -> float:
        """Return the seconds of `launches` launches of `rounds` rounds, the first included."""
        return self.first(rounds) + (launches - 1) * self.later(rounds)

    def _turns(self, rounds: int) -> float:
        return rounds * self.round + self.answers


def beside(settings: Settings) -> float:
    """Return the speed at which workers start beside those that take turns, as a share of the speed on all CPUs."""
    others = cpus_on_other_cores(settings.cpu) if settings.threads == 1 else []
    return BESIDE * len(others) / len(allowed_cpus())


def supposed(workers: float, rows: int, settings: Settings) -> LaunchCost:
    """Return the cost of a launch of so many `workers` before anything is measured.

    `rows` is the number of workers on each workload, summed over the workloads.
    """
    starting = workers * TO_START / len(allowed_cpus())
    return LaunchCost(starting, rows * OF_A_TURN, rows * OF_ANSWERS, beside(settings), cold_start(starting, workers))


def cold_start(starting: float, workers: float) -> float:
    """Return the seconds of one cold start, where so many workers start in `starting` seconds on all CPUs."""
    return OF_A_COLD_START * starting * len(allowed_cpus()) / max(1.0, workers)
