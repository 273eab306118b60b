"""Processes on this host that judge chunks of points, one for each CPU."""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue

from xorbench.affinity import allowed_cpus
from xorbench.fleet.chunk_process import ChunkProcess, Judged
from xorbench.fleet.plan import FleetPlan
from xorbench.judging.chunks import Chunk


class ChunkPool:
    """Threads that each hand chunks of the points of a plan to a process and wait for it; see `chunk_loop.Judges`."""

    def __init__(self, plan: FleetPlan) -> None:
        self.threads = len(allowed_cpus())
        self._executor = ThreadPoolExecutor(self.threads)
        self._idle: SimpleQueue[ChunkProcess] = SimpleQueue()
        for _ in range(self.threads):
            self._idle.put(ChunkProcess(plan))
        self._running: dict[Future[Judged | None], Chunk] = {}
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._running)

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk out."""
        self._running[self._executor.submit(self._judged, chunk)] = chunk

    def next(self) -> tuple[Chunk, Judged] | None:
        """Return a chunk and what was found there; None if there is none for a second.

        Raises HarnessError where a process fails, and OSError where none can be started.
        """
        done, _ = wait(self._running, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in done:
            chunk, judged = self._running.pop(future), future.result()
            assert judged is not None  # nothing is given up before the end
            return chunk, judged
        return None

    def close(self) -> None:
        """Give up what is handed out, and end the processes."""
        self._is_closed = True
        self._executor.shutdown(cancel_futures=True)
        self._running.clear()
        while not self._idle.empty():
            self._idle.get().close()

    def _judged(self, chunk: Chunk) -> Judged | None:
        process = self._idle.get()
        try:
            return process.judged(chunk, lambda: not self._is_closed)
        finally:
            self._idle.put(process)
