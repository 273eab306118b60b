"""The CPUs of a process that waits for what is timed: while it waits, it keeps off the CPU that is timed.

The tasks of a worker are threads of one process and have their CPUs in common. The CPUs that the process had before are
kept until the last task has ended, because a command that another task starts meanwhile needs all of them.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from xorbench import affinity


@dataclass
class _Waiting:
    """The number of threads that wait, and the CPUs that this process had before the first of them waited."""

    threads: int = 0
    before: list[int] = field(default_factory=list)


_waiting, _lock = _Waiting(), threading.Lock()


def all_cpus() -> list[int]:
    """Return the CPUs that this process may use when no thread waits; a command that is timed gets all of them."""
    with _lock:
        return [*_waiting.before] or affinity.allowed_cpus()


@contextmanager
def aside() -> Iterator[None]:
    """Keep this process off the last of its CPUs, which is timed by default, as long as a thread is in this context.

    Where it may use one CPU only, it stays there. Linux only; elsewhere nothing changes.
    """
    with _lock:
        if not _waiting.threads:
            _waiting.before = affinity.allowed_cpus()
            timed = _waiting.before[-1]
            others = affinity.cpus_on_other_cores(timed) or [cpu for cpu in _waiting.before if cpu != timed]
            if others:
                affinity.set_affinity(os.getpid(), *others)
        _waiting.threads += 1
    try:
        yield
    finally:
        with _lock:
            _waiting.threads -= 1
            if not _waiting.threads:
                affinity.set_affinity(os.getpid(), *_waiting.before)
                _waiting.before = []
