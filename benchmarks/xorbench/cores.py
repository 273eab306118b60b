"""Processes for this suite's own arithmetic, which Ctrl-C does not reach: it is for the process that started them."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from xorbench.environment import allowed_cpus


def pool(number: int, begin: Callable[..., object], *arguments: Any) -> ProcessPoolExecutor:
    """Return so many processes, started, in each of which `begin` is called first with these arguments."""
    processes = ProcessPoolExecutor(
        number, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(begin, arguments)
    )
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which they inherit, until they ignore it
    try:
        for _ in range(number):
            processes.submit(int)  # a pool starts a process when it is asked and none is free
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return processes


@contextmanager
def all_cores() -> Iterator[Executor]:
    """A process for each CPU that may be used; what has not begun when the block is left is dropped."""
    processes = pool(len(allowed_cpus()), int)
    try:
        yield processes
    finally:
        processes.shutdown(cancel_futures=True)


def _begin(begin: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    begin(*arguments)
