"""Busy processes, which load CPUs while something else is timed."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from xorbench import affinity, places

_WORK = """
import signal
from xorbench.orphans import end_with_parent
end_with_parent()
signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
print("busy", flush=True)
while True:
    sum(range(100_000))
"""

_Process = subprocess.Popen[str]


@contextmanager
def busy(per_cpu: int, cpus: Sequence[int] | None = None) -> Iterator[int]:
    """Keep each of `cpus` (default: all allowed CPUs) busy with `per_cpu` processes; yield the number of processes.

    They are running when the block is entered, and are killed when it is left. Raises RuntimeError if one of them does
    not start or ends early.
    """
    each = [cpu for cpu in (affinity.allowed_cpus() if cpus is None else cpus) for _ in range(per_cpu)]
    with ExitStack() as stack:
        started = [stack.enter_context(_busy_on(cpu)) for cpu in each]
        for process in started:
            if process.stdout is None or not process.stdout.readline():
                raise RuntimeError("a process that keeps a CPU busy did not start; run the study again")
        yield len(started)
        if any(process.poll() is not None for process in started):
            raise RuntimeError("a process that keeps a CPU busy ended early; run the study again")


@contextmanager
def _busy_on(cpu: int) -> Iterator[_Process]:
    with affinity.started_on(cpu):
        process = subprocess.Popen(
            [sys.executable, "-c", _WORK],
            cwd=places.no_code(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
