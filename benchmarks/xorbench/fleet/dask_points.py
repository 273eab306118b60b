"""The workers of a scheduler that judge chunks of the points of a plan."""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from xorbench import progress
from xorbench.fleet.chunk_loop import unjudged
from xorbench.fleet.chunk_process import Judged
from xorbench.fleet.dask_calls import Call, Calls, Raised, Returned
from xorbench.fleet.dask_cluster import SECONDS_BETWEEN_LOOKS, Worker, workers_of
from xorbench.fleet.plan import FleetPlan
from xorbench.judging.chunks import Chunk
from xorbench.judging.processes import SECONDS_TO_ANSWER

if TYPE_CHECKING:
    from distributed import Client

Judge = Callable[[FleetPlan, float, Chunk], Judged | None]
"""A function that judges a chunk of the points of a plan on a worker, such as `dask_tasks.judge`."""


class WorkerPool:
    """The threads of workers, and of those that are started on the same hosts later; see `chunk_loop.Judges`.

    `judge` is called on them, with the seconds in which an implementation must give a sign.
    """

    def __init__(
        self,
        client: "Client",
        workers: Sequence[Worker],
        plan: FleetPlan,
        judge: Judge,
        seconds_to_answer: float = SECONDS_TO_ANSWER,
        say: Callable[[str], object] = progress.say,
    ) -> None:
        self._client = client
        self._hosts = sorted({worker.host for worker in workers})
        self._given = plan, seconds_to_answer
        self._judge = judge
        self._calls: Calls[Chunk, Judged] = Calls(client, f"xorbench-{secrets.token_hex(8)}", say)
        self._say = say
        self._looked = time.monotonic()
        self._is_waiting = False
        self.threads = sum(worker.threads for worker in workers)

    def __len__(self) -> int:
        return len(self._calls)

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk out. Raises HarnessError where the scheduler has ended."""
        self._calls.submit(Call(chunk, self._judge, (*self._given, chunk), self._hosts, {}))

    def next(self) -> tuple[Chunk, Judged] | None:
        """Return a chunk and what was found there; None if there is none for a second.

        Raises HarnessError where a chunk can't be judged, or the scheduler has ended.
        """
        self._look()
        match self._calls.next(1.0):
            case Returned(chunk, judged):
                return chunk, judged
            case Raised(chunk, error):
                raise unjudged(chunk, str(error) or type(error).__name__) from error
        return None

    def close(self) -> None:
        """Give up what is handed out."""
        self._calls.close()

    def _look(self) -> None:
        """Count the threads of the hosts from time to time; one line says that none is left."""
        if time.monotonic() - self._looked > SECONDS_BETWEEN_LOOKS and self._client.status == "running":
            self._looked = time.monotonic()
            there = [worker.threads for worker in workers_of(self._client) if worker.host in self._hosts]
            self.threads = max(1, sum(there))
            if not there and not self._is_waiting:
                self._say("xorbench: no worker is left; waiting for one on the same hosts")
            self._is_waiting = not there
