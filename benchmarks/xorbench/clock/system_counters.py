"""Counters of the operating system for this process, another process and a CPU; None where it does not report one."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import process_time_ns, thread_time_ns

import psutil

try:
    import resource
except ImportError:  # not POSIX
    resource = None  # type: ignore[assignment]

_THREADS = Path("/proc/self/task")

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class Reading:
    """Counters of this process since its start.

    `involuntary_switches` counts how often it was preempted; `waited_nanoseconds` is how long its threads waited for a
    CPU, summed over the threads.
    """

    involuntary_switches: int | None
    waited_nanoseconds: int | None

    def until(self, later: "Reading") -> "Reading":
        """Return the increases from this reading to `later`.

        They are at least 0: the sum over threads decreases when a thread ends.
        """
        return Reading(
            _difference(self.involuntary_switches, later.involuntary_switches),
            _difference(self.waited_nanoseconds, later.waited_nanoseconds),
        )


def reading() -> Reading:
    """Return the counters of this process now.

    Reading takes some microseconds for each thread, and is done untimed, directly before and after a round.
    """
    switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw if resource else None
    return Reading(switches, _waited())


def other_threads_nanoseconds() -> int:
    """Return the CPU time that all threads of this process but the calling one have used."""
    return process_time_ns() - thread_time_ns()


_THREAD = getattr(resource, "RUSAGE_THREAD", None)


def switches() -> int | None:
    """Return how often this thread has given up its CPU, made to or not; None where the system does not report it."""
    if _THREAD is None:
        return None
    found = resource.getrusage(_THREAD)
    return found.ru_nvcsw + found.ru_nivcsw


_open: dict[str, int] = {}
"""The open `schedstat` file of each thread: reading it again is cheaper than opening it again."""


def _waited() -> int | None:
    """Return the nanoseconds that all threads of this process together waited for a CPU."""
    try:
        threads = os.listdir(_THREADS)  # noqa: PTH208  making a Path of each would cost as much as reading it
        for gone in _open.keys() - {*threads}:
            os.close(_open.pop(gone))
        return sum(_waited_by(thread) for thread in threads)
    except (OSError, IndexError, ValueError):
        return None


def _waited_by(thread: str) -> int:
    """Return the nanoseconds that one thread waited for a CPU; 0 for a thread that has ended meanwhile."""
    try:
        if thread not in _open:
            _open[thread] = os.open(f"{_THREADS}/{thread}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        # The fields are: nanoseconds on a CPU, nanoseconds waited for one, number of time slices.
        return int(os.pread(_open[thread], 100, 0).split()[1])
    except (FileNotFoundError, ProcessLookupError):
        if thread in _open:
            os.close(_open.pop(thread))
        return 0


@dataclass(frozen=True)
class Account:
    """Counters that the system keeps for a process since its start.

    `cpu_nanoseconds` is the CPU time of all its threads, `child_nanoseconds` that of its descendants that are alive or
    were waited for, `executable_bytes` the size of executable mappings, `resident_bytes` that of resident memory.
    """

    cpu_nanoseconds: int
    child_nanoseconds: int
    executable_bytes: int
    resident_bytes: int


def account(pid: int) -> Account | None:
    """Return the counters of process `pid` now; None where it has ended or the system does not report them."""
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (psutil.Error, OSError, IndexError, ValueError):
        return None
    children = sum(_cpu_seconds(child) for child in _descendants(process))
    return Account(
        cpu_nanoseconds=round((times.user + times.system) * 1e9),
        child_nanoseconds=round((times.children_user + times.children_system + children) * 1e9),
        executable_bytes=sum(_length(line) for line in maps if line.split(maxsplit=2)[1][2:3] == "x"),
        resident_bytes=pages * _PAGE_BYTES,
    )


def _descendants(process: psutil.Process) -> Iterable[psutil.Process]:
    with suppress(psutil.Error):
        return process.children(recursive=True)
    return ()


def _cpu_seconds(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _length(line: str) -> int:
    """Return the bytes of one mapping, from its line in /proc/<pid>/maps."""
    first, _, end = line.partition(" ")[0].partition("-")
    return int(end, 16) - int(first, 16)


@dataclass(frozen=True)
class Conditions:
    """The load of the machine, and the state of the CPUs that are timed on.

    `steal_seconds` is how long these CPUs ran something else than this virtual machine, since the machine started;
    `megahertz` is the frequency of the first of them.
    """

    load_1_minute: float | None
    steal_seconds: float | None
    megahertz: float | None

    def stolen(self, later: "Conditions", most: float) -> float | None:
        """Return the steal between these conditions and `later` ones, at `most` so many seconds; None if not known.

        Where a virtual machine is moved to another host, the counter may run backwards or leap: then it is not known.
        """
        if self.steal_seconds is None or later.steal_seconds is None:
            return None
        found = later.steal_seconds - self.steal_seconds
        return found if -_TWO_TICKS <= found <= most + _TWO_TICKS else None


_TWO_TICKS = 0.02
"""Seconds; the system counts steal in ticks of 10 ms."""


def conditions(cpus: Sequence[int]) -> Conditions:
    """Return the conditions on `cpus` now."""
    times = psutil.cpu_times(percpu=True)
    stolen: list[float | None] = [getattr(times[cpu], "steal", None) if cpu < len(times) else None for cpu in cpus]
    frequencies = psutil.cpu_freq(percpu=True) if hasattr(psutil, "cpu_freq") else None
    return Conditions(
        load_1_minute=psutil.getloadavg()[0],
        steal_seconds=None if None in stolen else sum(filter(None, stolen)),
        megahertz=frequencies[cpus[0]].current or None if frequencies and cpus[0] < len(frequencies) else None,
    )


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(0, after - before)
