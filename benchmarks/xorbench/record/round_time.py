"""The time of a round: what the scheduler cannot change, where the system tells enough to know it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Nanoseconds = NDArray[np.float64]


def is_by_cpu(cpu: Sequence[int | None], waited: Sequence[int | None], threads: int) -> bool:
    """Whether rounds are timed by CPU time: on one CPU, where the system tells CPU time and waiting of each round."""
    return threads == 1 and None not in cpu and None not in waited


def nanoseconds(
    wall: Sequence[int], cpu: Sequence[int | None], waited: Sequence[int | None], threads: int
) -> Nanoseconds:
    """The time of each round.

    On one CPU it is the larger of the CPU time of the process, and of wall time less the time that all of its threads
    waited for a CPU: that one counts what is spent neither running nor waiting, in a child process or asleep. On
    several CPUs, and where the system does not tell, it is wall time.
    """
    if not is_by_cpu(cpu, waited, threads):
        return np.asarray(wall, np.float64)
    return np.maximum(np.asarray(cpu, np.float64), not_waiting(wall, waited))


def not_waiting(wall: Sequence[int], waited: Sequence[int | None]) -> Nanoseconds:
    """Wall time less waiting, of each round; 1 ns at least."""
    return np.maximum(np.asarray(wall, np.float64) - np.asarray(waited, np.float64), 1.0)
