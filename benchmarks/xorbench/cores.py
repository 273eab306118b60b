"""Process pools for this package's own computations; their processes end when the process that started them ends.

They ignore Ctrl-C, `kill` and a closed terminal, which that process handles. They use no semaphores, so that they also
work on systems without shared memory.

Whatever they write goes to a log, so that it is not mixed with the progress on standard error.
"""

import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from xorbench import places
from xorbench.affinity import allowed_cpus
from xorbench.failure import HarnessError
from xorbench.orphans import end_with_parent
from xorbench.streams import Log, written_to

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, SpawnContext

    Line = Connection[object, object]

P = ParamSpec("P")
T = TypeVar("T")

SECONDS_BETWEEN_CHECKS = 5.0
"""The seconds between two checks of a process of a pool that has not answered."""

MOST_IDLE_CHECKS = 12
"""The number of successive checks without new CPU time after which a process that has not answered is ended.

Such a process was stopped, or waits for something that never comes. Checks are counted instead of seconds, because
this process may be stopped, too.
"""

ENDED = "a process ended before it answered (is there enough memory?)"
IDLE = "a process that did not answer and used no CPU time was ended (was it stopped?)"

HANDLED = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}
"""The signals that are sent to a whole group of processes, as by a terminal, and that the starting process handles."""


def pool(log: Log, number: int, begin: Callable[..., object], *arguments: object) -> Executor:
    """Return a pool of `number` started processes, each of which first calls `begin` with `arguments`.

    What the processes write to standard output and standard error goes to `log`. A task raises BrokenProcessPool if its
    process ends, or is ended because it uses no CPU time and does not answer. `shutdown` ends the processes: at once if
    it does not wait or cancels pending tasks.
    """
    return _Pool(log, number, begin, arguments)


class _Pool(ThreadPoolExecutor):
    """Threads that each hand a task to an idle process and wait for its answer.

    A ProcessPoolExecutor needs semaphores instead, which a system without writable shared memory does not have.
    """

    def __init__(
        self, log: Log, number: int, begin: Callable[..., object], arguments: Sequence[object], copied: bool = False
    ) -> None:
        super().__init__(number)
        self._idle: queue.SimpleQueue[tuple[Line, BaseProcess]] = queue.SimpleQueue()
        processes: list[BaseProcess] = []
        self._end = weakref.finalize(self, _ended, processes)
        context: ForkContext | SpawnContext = multiprocessing.get_context("spawn")
        if copied:
            context = multiprocessing.get_context("fork")
        # The processes inherit this mask until they ignore the signals; so does the resource tracker of
        # multiprocessing.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        try:
            with _in_a_folder(), written_to(log), warnings.catch_warnings():
                if copied:  # Python warns where libraries have threads, because a copy has none of them
                    warnings.simplefilter("ignore")
                for _ in range(number):
                    ours, theirs = context.Pipe()
                    with theirs:
                        process = context.Process(
                            target=_serve, args=(theirs, os.getpid(), begin, tuple(arguments)), daemon=True
                        )
                        process.start()
                    processes.append(process)
                    self._idle.put((ours, process))
        except BaseException:
            self._end()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Return the future result of a call in one of the processes; function, arguments and result are pickled."""
        return cast("Future[T]", super().submit(self._answer, pickle.dumps((fn, args, kwargs))))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, after all tasks if it waits and cancels none; else at once."""
        super().shutdown(wait=wait and not cancel_futures, cancel_futures=cancel_futures)
        self._end()
        super().shutdown()  # the threads end, because their processes have ended

    def _answer(self, task: bytes) -> object:
        line, process = self._idle.get()
        try:
            with _ended_where_idle(process) as was_idle:
                line.send_bytes(task)  # this waits, too, if the process does not read a long task
                answer = line.recv_bytes()
        except (EOFError, OSError):
            raise BrokenProcessPool(IDLE if was_idle.is_set() else ENDED) from None
        finally:
            self._idle.put((line, process))
        found, error = pickle.loads(answer)
        if error is not None:
            raise error
        return found


@contextmanager
def _ended_where_idle(process: BaseProcess) -> Iterator[threading.Event]:
    """Kill a process that uses no CPU time for too long inside the context; yield an event that is set if so."""
    was_idle, done = threading.Event(), threading.Event()

    def watch() -> None:
        used, idle = -1.0, 0
        while idle < MOST_IDLE_CHECKS:
            if done.wait(SECONDS_BETWEEN_CHECKS):
                return
            now = _cpu_seconds(process.pid)
            idle = idle + 1 if now == used else 0
            used = now
        was_idle.set()
        process.kill()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield was_idle
    finally:
        done.set()
        watching.join()


def _cpu_seconds(pid: int | None) -> float:
    """Return the CPU seconds of a process and of its running descendants; 0 if the process has ended."""
    import psutil  # imported only if a process has not answered for a while

    seconds = 0.0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for one in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                times = one.cpu_times()
                seconds += times.user + times.system
    return seconds


@contextmanager
def _in_a_folder() -> Iterator[None]:
    """Change to an empty folder inside the context if the current one was removed: multiprocessing needs a folder."""
    if places.current() is not None:
        yield
        return
    removed = os.open(".", os.O_RDONLY)
    try:
        os.chdir(places.no_code())
        yield
    finally:
        os.fchdir(removed)
        os.close(removed)


def _ended(processes: Sequence[BaseProcess]) -> None:
    """End processes that ignore all other signals, and wait until they have ended."""
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


@contextmanager
def all_cores() -> Iterator[Executor]:
    """Yield a pool with one process for each allowed CPU; tasks that are not finished at the end are cancelled.

    Raises HarnessError if a process of the pool ends, as it does where memory is short.
    """
    with _each_core(len(allowed_cpus()), int) as processes:
        yield processes


def in_copies(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Return the results of `tasks` in their order, computed by forked copies of this process.

    There are as many copies as CPUs, or as tasks if these are fewer. A copy has everything that this process has in
    memory, so that only the results are pickled. This process computes the results itself if there is only one task or
    one CPU, and on systems other than Linux, where libraries do not work after a fork. Raises HarnessError if a copy
    ends, for instance because memory is short, and whatever a task raises.
    """
    number = min(len(tasks), len(allowed_cpus()))
    if number < 2 or sys.platform != "linux":
        return [task() for task in tasks]
    with _each_core(number, _keep, tasks, copied=True) as processes:
        return cast("list[T]", [*processes.map(_nth, range(len(tasks)))])


_kept: Sequence[Callable[[], object]] = ()
"""In a copy, the tasks of `in_copies`."""


def _keep(tasks: Sequence[Callable[[], object]]) -> None:
    global _kept
    _kept = tasks


def _nth(number: int) -> object:
    return _kept[number]()


@contextmanager
def _each_core(
    number: int, begin: Callable[..., object], *arguments: object, copied: bool = False
) -> Iterator[Executor]:
    with closing(Log()) as log:
        processes = _Pool(log, number, begin, arguments, copied)
        try:
            yield processes
        except BrokenProcessPool as error:
            wrote = f"; it last wrote {lines[-1]!r}" if (lines := log.lines()) else ""
            raise HarnessError(f"in a computation on all CPUs, {error}{wrote}") from error
        finally:
            processes.shutdown(cancel_futures=True)


def _serve(line: "Line", parent: int, begin: Callable[..., object], arguments: Sequence[object]) -> None:
    """Do one task after the other in a process of a pool, until the process that started it closes the line."""
    for number in HANDLED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    end_with_parent(parent)
    begin(*arguments)
    with suppress(EOFError, OSError):
        while True:
            line.send_bytes(_done(line.recv_bytes()))


def _done(task: bytes) -> bytes:
    """Return the pickled result of a pickled task, and None, or None and the exception that the task raised."""
    try:
        function, arguments, keywords = pickle.loads(task)
        return pickle.dumps((function(*arguments, **keywords), None))
    except BaseException as error:  # noqa: BLE001  every exception is sent as the answer
        error.add_note("".join(traceback.format_exception(error)))
        return pickle.dumps((None, error))
