"""The CPUs that processes may use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def allowed_cpus() -> list[int]:
    """Return the CPUs that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def cpus_on_other_cores(cpu: int) -> list[int]:
    """Return the allowed CPUs that share no core with `cpu`; work on them competes with it for memory only.

    The list is empty if the system does not report which CPUs share a core.
    """
    siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    try:
        parts = [part.partition("-") for part in siblings.read_text().strip().split(",")]
    except OSError:
        return []
    shared = {number for first, _, last in parts for number in range(int(first), int(last or first) + 1)}
    return [other for other in allowed_cpus() if other not in shared]


@contextmanager
def started_on(*cpus: int) -> Iterator[None]:
    """Restrict processes started in this context to `cpus`, so that libraries count only these. Linux only."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def set_affinity(pid: int, *cpus: int) -> None:
    """Restrict every thread of the running process `pid` to `cpus`. Linux only; does nothing elsewhere."""
    tasks = Path(f"/proc/{pid}/task")
    if tasks.exists():
        for thread in tasks.iterdir():
            with suppress(ProcessLookupError):  # the thread ended in the meantime
                os.sched_setaffinity(int(thread.name), cpus)
