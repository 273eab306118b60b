"""The time of a round: independent of the scheduler where the system reports CPU time and waiting, else wall time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Nanoseconds = NDArray[np.float64]


def is_by_cpu(cpu: Sequence[int | None], waited: Sequence[int | None], threads: int) -> bool:
    """Return whether rounds are timed by CPU time: on one CPU, if CPU time and waiting of every round are known."""
    return threads == 1 and None not in cpu and None not in waited


def nanoseconds(
    wall: Sequence[int], cpu: Sequence[int | None], waited: Sequence[int | None], threads: int
) -> Nanoseconds:
    """Return the time of each round in nanoseconds, (rounds,).

    On one CPU it is the larger of the CPU time of the process, and of wall time less the time that all of its threads
    waited for a CPU; the latter includes time spent neither running nor waiting, in a child process or asleep. On
    several CPUs, and if CPU time or waiting is not known, it is wall time.
    """
    if not is_by_cpu(cpu, waited, threads):
        return np.asarray(wall, np.float64)
    return np.maximum(np.asarray(cpu, np.float64), not_waiting(wall, waited))


def not_waiting(wall: Sequence[int], waited: Sequence[int | None]) -> Nanoseconds:
    """Return wall time less waiting time of each round in nanoseconds, (rounds,), at least 1."""
    return np.maximum(np.asarray(wall, np.float64) - np.asarray(waited, np.float64), 1.0)
