"""The functions that Dask workers run: one judges a chunk of points, the other measures a part of a plan.

A worker does neither itself: both are done in subprocesses, because a worker under a nanny may have no process pool and
has variables that the nanny sets, and a worker may be in the process of the client. A subprocess ends with its worker,
and when the client does not want its result any more.
"""

import threading
from collections.abc import Callable

from distributed import Worker, get_worker

from xorbench.fleet import host_parts
from xorbench.fleet.chunk_process import ChunkProcess, Judged
from xorbench.fleet.host_parts import Command, Order, Result
from xorbench.fleet.plan import FleetPlan
from xorbench.judging.chunks import Chunk

_of_thread = threading.local()
"""The process that judges chunks for a thread; other threads have others, so that all of them work at the same time."""


def judge(plan: FleetPlan, seconds_to_answer: float, chunk: Chunk) -> Judged | None:
    """Return what is found in a chunk of the points of a plan; None if it isn't wanted any more.

    The process that finds it is kept for the next chunk.
    """
    process: ChunkProcess | None = getattr(_of_thread, "process", None)
    if process is None or (process.plan, process.seconds_to_answer) != (plan, seconds_to_answer):
        if process is not None:
            process.close()
        process = _of_thread.process = ChunkProcess(plan, seconds_to_answer)
    return process.judged(chunk, _wanted(get_worker()))


def measure(order: Order, topic: str, command: Command = host_parts.command) -> Result | None:
    """Return the result of a part of a plan; None if it is not wanted any more.

    Each line that its command writes to standard error is an event of `topic`: the host, the part and the line.
    """
    worker = get_worker()

    def heard(line: str) -> None:
        worker.log_event(topic, [order.host, order.part, line])

    return host_parts.measured(order, command, heard, _wanted(worker))


def _wanted(worker: Worker) -> Callable[[], bool]:
    """Return a function that tells whether the result of the current task is still wanted.

    It is not if the client released it, as when the client ends, or if the worker is closing, as when the scheduler
    ends. Dask cannot end a running task, so that the task looks by itself.
    """
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        is_running = task is not None and task.state in ("executing", "long-running")
        return is_running and worker.status.name in ("running", "paused", "closing_gracefully")

    return is_wanted
