"""Our own arithmetic over all cores; implementations are never run here."""

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from benchmarks.environment import allowed_cpus


@contextmanager
def all_cores() -> Iterator[Executor]:
    """A process for each CPU that may be used; what has not begun when the block is left is dropped."""
    cores = ProcessPoolExecutor(
        len(allowed_cpus()),
        multiprocessing.get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),  # Ctrl-C is the parent's to handle
    )
    try:
        yield cores
    finally:
        cores.shutdown(cancel_futures=True)
