"""Points over workers, with a client in place of Dask's: chunks are judged on the hosts that are fit."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fleets import gradients_of
from tests.scheduled import skip_without_dask
from tests.test_chunk_loop import judged
from xorbench.failure import HarnessError
from xorbench.fleet import dask_points, points
from xorbench.fleet.chunk_loop import Judging
from xorbench.fleet.chunk_process import Judged
from xorbench.fleet.dask_cluster import Worker
from xorbench.fleet.dask_points import WorkerPool
from xorbench.fleet.plan import FleetPlan
from xorbench.fleet.points import Kept
from xorbench.judging.chunks import Chunk

skip_without_dask()

WORKERS = [Worker("tcp://10.0.0.1:1", "10.0.0.1", 1), Worker("tcp://10.0.0.2:1", "10.0.0.2", 2)]


class Future:
    """A future that is finished."""

    status = "finished"

    def __init__(self, value: object) -> None:
        self._value = value

    def add_done_callback(self, done: "Callable[[Future], object]") -> None:
        done(self)

    def result(self, _seconds: float) -> object:
        return self._value

    def release(self) -> None: ...


class Failed(Future):
    """A future of a call that raised."""

    status = "error"

    def exception(self) -> BaseException:
        return HarnessError("no\nmemory")


class Client:
    """A client whose calls are done here, at once."""

    id = "client"
    status = "running"

    def __init__(self, fail_at: int | None = None) -> None:
        self._fail_at = fail_at
        self.hosts: list[object] = []

    def submit(self, function: Callable[[bytes], object], call: bytes, workers: object, **_options: object) -> Future:
        self.hosts.append(workers)
        _, (_plan, _seconds, chunk) = pickle.loads(call)
        return Failed(None) if self._fail_at in range(chunk.first, chunk.end) else Future(function(call))

    def subscribe_topic(self, _topic: str, _handler: object) -> None: ...


PLAN = gradients_of(points=1_000)


def judge(plan: FleetPlan, seconds_to_answer: float, chunk: Chunk) -> Judged:
    """Judge a chunk, and check what else comes with it."""
    assert (plan, seconds_to_answer) == (PLAN, 7.0)
    return judged(chunk)


def found(client: Any, path: Path, size: int | None = None) -> Kept:
    judges = WorkerPool(client, WORKERS, PLAN, judge, 7.0, pytest.fail)
    assert judges.threads == 3
    return Judging(points.of_call(PLAN), path, say=pytest.fail).run(judges, points_of_a_chunk=size)


def test_every_point_is_judged_once_on_the_hosts_that_are_fit(tmp_path: Path) -> None:
    client = Client()
    kept = found(client, tmp_path / "points.json")
    assert (kept.judged, kept.found.rows[0].not_judged) == (1_000, sum(range(1_000)))
    assert client.hosts
    assert all(hosts == ["10.0.0.1", "10.0.0.2"] for hosts in client.hosts)


def test_it_is_said_once_that_no_worker_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_points, "SECONDS_BETWEEN_LOOKS", -1.0)
    client: Any = Client()
    there = iter([[1, 2], [], [], [2], [], *[[]] * 100])
    client.scheduler_info = lambda **_options: {
        "workers": {f"tcp://10.0.0.{n}:1": {"host": f"10.0.0.{n}", "nthreads": n, "resources": {}} for n in next(there)}
    }
    said: list[str] = []
    judges = WorkerPool(client, WORKERS, PLAN, judge, 7.0, said.append)
    threads = []
    for number in range(6):
        judges.submit(Chunk(number, 1))
        assert judges.next()
        threads.append(judges.threads)
    assert threads == [3, 1, 1, 2, 1, 1]
    assert said == ["xorbench: no worker is left; waiting for one on the same hosts"] * 2


def test_a_chunk_that_cannot_be_judged_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"^points 400 to 499 can't be judged: no memory$"):
        found(Client(fail_at=450), tmp_path / "points.json", size=100)
