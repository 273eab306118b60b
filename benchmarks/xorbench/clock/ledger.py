"""The rules of the fairness ledger, which holds what was observed of a worker and of what it timed.

The ledger detects mistakes, not deception: an implementation can manipulate any clock in its own process.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from xorbench.record.timing import PROFILED_EPOCHS, LaunchRecord, Ledger, Timing, Usage
from xorbench.workloads import Workload

MOST_LATE_NANOSECONDS = 100_000
"""The most nanoseconds by which reading a result may exceed reading a finished one, as the lower quartile of rounds.

It is also the most CPU time that other threads may use from the end of the round until its result is read."""

MOST_GAINED_BYTES = 64 * 2**20
"""The most resident memory that a worker may gain over its rounds of one workload in a launch."""

MOST_OF_CHILDREN = 0.01
"""The largest CPU time of child processes during the rounds, as a share of the CPU time of the rounds."""

MOST_UNTIMED = 100
"""The largest ratio of the CPU time of a worker to that of its rounds; those of honest ones were up to 8."""

TICK_NANOSECONDS = 20_000_000
"""Two ticks of 10 ms, the unit in which the system counts the CPU time of processes: smaller times are not resolved."""


def violations(
    ledger: Ledger, used: Usage | None, timed_nanoseconds: int, workload: Workload, execution: str, cpus: Sequence[int]
) -> list[str]:
    """Return the rules that a worker broke, each in one line.

    `used` is None where the system counted nothing. `timed_nanoseconds` is the CPU time of all its rounds as the worker
    reported it, `cpus` are the CPUs to time on. `execution` is what the implementation declares of its epochs, and ""
    where a function is measured: its calls may run Python code, and may write to the same arrays in every round,
    because the end of every round is compared.
    """
    found = []
    if ledger.parameters_sha256 != workload.timed_parameters_sha256:
        found.append("it started from other parameters than the workload's")
    for what, dtype in (("gradients", ledger.gradient_dtype), ("results", ledger.result_dtype)):
        if dtype != workload.dtype:
            found.append(f"its {what} are {dtype}, expected {workload.dtype}")
    if execution == "eager" and ledger.entered_later < PROFILED_EPOCHS:
        found.append(
            f"it is declared eager, but {PROFILED_EPOCHS} epochs called its Python functions {ledger.entered_later} "
            f"times, expected at least {PROFILED_EPOCHS}: something was compiled"
        )
    if execution == "compiled" and ledger.entered_later:
        found.append(
            f"it is declared compiled, but {PROFILED_EPOCHS} epochs called its Python functions {ledger.entered_later} "
            "times, expected none: it is not compiled"
        )
    if (late := ledger.late_nanoseconds or 0) > MOST_LATE_NANOSECONDS:
        found.append(
            f"its result was not synchronised: it was finished {late / 1e3:,.0f} µs after the clock had stopped, "
            f"expected at most {MOST_LATE_NANOSECONDS / 1e3:.0f} µs"
        )
    if ledger.same_arrays and execution:
        found.append("a round returned arrays of an earlier round, expected new ones: nothing was computed")
    if ledger.collecting:
        found.append("garbage collection was enabled during timed rounds, expected it disabled")
    found += [
        f"its {pool.library} thread pool has {pool.threads} threads, expected {len(cpus)}"
        for pool in ledger.pools
        if pool.threads > len(cpus)
    ]
    if ledger.cpus != [*cpus]:
        found.append(f"its CPU affinity is {ledger.cpus}, expected {[*cpus]}")
    return found + (_of_usage(used, timed_nanoseconds) if used else [])


def with_left(timings: Iterable[Timing], launches: Iterable[LaunchRecord]) -> list[Timing]:
    """Return `timings`, with a violation where the implementation left a process running after the launch."""
    left = {(launch.number, name): names for launch in launches for name, names in launch.left.items()}
    return [
        replace(timing, violations=[*timing.violations, f"it left a process running after its launch: {names}"])
        if (names := left.get((timing.launch, timing.implementation)))
        else timing
        for timing in timings
    ]


def _of_usage(used: Usage, timed_nanoseconds: int) -> list[str]:
    found = []
    if (cpu := used.cpu_nanoseconds) is not None and timed_nanoseconds > 1.02 * cpu + TICK_NANOSECONDS:
        found.append(
            f"it reported {timed_nanoseconds / 1e9:.2f} s of CPU time in its rounds, expected at most the "
            f"{cpu / 1e9:.2f} s that the system counted for its process"
        )
    if (used.cpu_nanoseconds or 0) > MOST_UNTIMED * timed_nanoseconds + TICK_NANOSECONDS:
        found.append(
            f"it reported {timed_nanoseconds / 1e9:.3f} s of CPU time in its rounds, less than a {MOST_UNTIMED}th of "
            f"the {(used.cpu_nanoseconds or 0) / 1e9:.2f} s that the system counted for its process meanwhile"
        )
    children = used.child_nanoseconds or 0
    if children > max(TICK_NANOSECONDS, MOST_OF_CHILDREN * timed_nanoseconds):
        found.append(f"its child processes used {children / 1e9:.2f} s of CPU time during its rounds, expected none")
    if (used.executable_bytes_gained or 0) > 0:
        found.append(
            f"its executable memory grew by {(used.executable_bytes_gained or 0) / 2**10:,.0f} KiB during its rounds, "
            "expected no growth: something was compiled"
        )
    if (used.resident_bytes_gained or 0) > MOST_GAINED_BYTES:
        found.append(
            f"its resident memory grew by {(used.resident_bytes_gained or 0) / 2**20:,.0f} MiB during its rounds, "
            f"expected at most {MOST_GAINED_BYTES // 2**20} MiB"
        )
    return found
