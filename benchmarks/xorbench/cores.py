"""Process pools for this package's own computations; they ignore Ctrl-C, which the starting process handles."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from xorbench.environment import allowed_cpus


def pool(number: int, begin: Callable[..., object], *arguments: object) -> ProcessPoolExecutor:
    """Return a pool of `number` started processes, each of which first calls `begin` with `arguments`."""
    processes = ProcessPoolExecutor(
        number, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(begin, arguments)
    )
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited until they ignore it
    try:
        for _ in range(number):
            processes.submit(int)  # a pool starts a process only for a task, when none is free
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return processes


@contextmanager
def all_cores() -> Iterator[Executor]:
    """Yield a pool with one process for each allowed CPU; tasks not begun at the end of the context are cancelled."""
    processes = pool(len(allowed_cpus()), int)
    try:
        yield processes
    finally:
        processes.shutdown(cancel_futures=True)


def _begin(begin: Callable[..., object], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    begin(*arguments)
