"""Evidence of disturbance: what the system says of one round, and of a CPU. None: this system does not tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

try:
    import resource
except ImportError:  # not POSIX
    resource = None  # type: ignore[assignment]

_SCHEDSTAT = Path("/proc/self/schedstat")


@dataclass(frozen=True)
class Reading:
    """What happened to this process so far: how often it was made to give up its CPU, how long it waited to get one."""

    involuntary_switches: int | None
    waited_nanoseconds: int | None

    def until(self, later: "Reading") -> "Reading":
        """What happened between two readings."""
        return Reading(
            _difference(self.involuntary_switches, later.involuntary_switches),
            _difference(self.waited_nanoseconds, later.waited_nanoseconds),
        )


def reading() -> Reading:
    """Now, in some microseconds: outside the clock, right before and right after a round."""
    switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw if resource else None
    try:
        # Of the main thread: nanoseconds on a CPU, nanoseconds waited for one, number of slices.
        waited = int(_SCHEDSTAT.read_text().split()[1])
    except (OSError, IndexError, ValueError):
        waited = None
    return Reading(switches, waited)


@dataclass(frozen=True)
class Conditions:
    """The state of the machine, and of the CPUs that are timed on: `megahertz` is the first one's."""

    load_1_minute: float | None
    steal_seconds: float | None
    megahertz: float | None


def conditions(cpus: Sequence[int]) -> Conditions:
    """Now. `steal_seconds` counts from the start of the machine: time in which something else had one of these CPUs."""
    times = psutil.cpu_times(percpu=True)
    stolen: list[float | None] = [getattr(times[cpu], "steal", None) if cpu < len(times) else None for cpu in cpus]
    frequencies = psutil.cpu_freq(percpu=True) if hasattr(psutil, "cpu_freq") else None
    return Conditions(
        load_1_minute=psutil.getloadavg()[0],
        steal_seconds=None if None in stolen else sum(filter(None, stolen)),
        megahertz=frequencies[cpus[0]].current or None if frequencies and cpus[0] < len(frequencies) else None,
    )


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before
