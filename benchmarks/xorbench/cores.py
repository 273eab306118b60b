"""Process pools for this package's own computations; they end with the process that starts them, for any reason.

They ignore Ctrl-C and a closed terminal, which that process handles.

What their processes write goes to a log, so that it does not tear the progress on standard error.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager

from xorbench.environment import allowed_cpus, end_with_parent
from xorbench.failure import HarnessError
from xorbench.streams import Log, written_to

HANDLED = {getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)}
"""The signals that a terminal sends to all processes in its foreground, and that the starting process handles."""


def pool(log: Log, number: int, begin: Callable[..., object], *arguments: object) -> ProcessPoolExecutor:
    """Return a pool of `number` started processes, each of which first calls `begin` with `arguments`.

    What the processes write to standard output and standard error goes to `log`.
    """
    # They inherit the mask until they ignore the signals; so does the process that multiprocessing starts beside them.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    try:
        processes = ProcessPoolExecutor(
            number, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(os.getpid(), begin, arguments)
        )
        with written_to(log):
            for _ in range(number):
                processes.submit(int)  # a pool starts a process only for a task, when none is free
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return processes


@contextmanager
def all_cores() -> Iterator[Executor]:
    """Yield a pool with one process for each allowed CPU; tasks not begun at the end of the context are cancelled.

    Raises HarnessError if a process of the pool ends, as it does where memory is short.
    """
    with closing(Log()) as log:
        processes = pool(log, len(allowed_cpus()), int)
        try:
            yield processes
        except BrokenProcessPool as error:
            wrote = f", which last wrote {lines[-1]!r}" if (lines := log.lines()) else ""
            raise HarnessError(f"a process that computes true values ended{wrote}; is there enough memory?") from error
        finally:
            processes.shutdown(cancel_futures=True)


def _begin(parent: int, begin: Callable[..., object], arguments: tuple[object, ...]) -> None:
    for number in HANDLED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    end_with_parent(parent)
    begin(*arguments)
