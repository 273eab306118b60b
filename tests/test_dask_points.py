"""Points over workers, with a client in place of Dask's: each is judged once, and what is found outlives the client."""

import json
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scheduled import skip_without_dask
from xorbench.contract import discover
from xorbench.failure import HarnessError
from xorbench.fleet import dask_points
from xorbench.fleet.chunk_messages import Questions
from xorbench.fleet.chunk_process import Judged
from xorbench.fleet.dask_cluster import Worker
from xorbench.fleet.dask_points import FEWEST_SECONDS, SECONDS, Joined, Kept, Sizes
from xorbench.judging import chunks
from xorbench.judging.chunks import Chunk, Found, Row
from xorbench.workloads import WORKLOADS

skip_without_dask()

WORKERS = [Worker("tcp://10.0.0.1:1", "10.0.0.1", 1), Worker("tcp://10.0.0.2:1", "10.0.0.2", 2)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


class Future:
    """A future that is finished."""

    status = "finished"

    def __init__(self, value: object) -> None:
        self._value = value

    def add_done_callback(self, done: "Callable[[Future], object]") -> None:
        done(self)

    def result(self) -> object:
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
        _, (_, chunk) = pickle.loads(call)
        return Failed(None) if self._fail_at in range(chunk.first, chunk.end) else Future(function(call))

    def subscribe_topic(self, _topic: str, _handler: object) -> None: ...


def questions(seed: int = 0) -> Questions:
    return Questions.about(discover()[:1], [WORKLOADS["neuron"]], seed, 300.0)


def judge(_questions: Questions, chunk: Chunk) -> Judged:
    """A row that counts the points and sums their numbers."""
    row = Row("a", "neuron", "float64", "W1", points=chunk.number, wrong=sum(range(chunk.first, chunk.end)))
    return Judged(zlib.compress(chunks.as_json(Found(chunk.number, [row]))), chunk.number / 1_000, 0.0)


def judged(
    number: int,
    kept: Kept,
    heard: Callable[[Chunk, Judged], object],
    fail_at: int | None = None,
    size: int | None = None,
) -> Found:
    client: Any = Client(fail_at)
    return dask_points.judged(client, WORKERS, judge, questions(), number, kept, heard, lambda _line: None, size)


@pytest.mark.parametrize("number", [1, 49, 50, 51, 12_345])
def test_every_point_is_judged_once(number: int) -> None:
    heard: list[Chunk] = []
    kept = Kept(questions(), number, pytest.fail)
    found = judged(number, kept, lambda chunk, _judged: heard.append(chunk))
    assert (found.points, found.rows[0].points, found.rows[0].wrong) == (number, number, sum(range(number)))
    assert sorted(point for chunk in heard for point in range(chunk.first, chunk.end)) == list(range(number))


def test_an_interrupted_call_goes_on_and_nothing_is_counted_twice() -> None:
    kept = Kept(questions(), 1_000, pytest.fail)
    with pytest.raises(HarnessError, match=r"^points 400 to 499 can't be judged: no memory$"):
        judged(1_000, kept, lambda _chunk, _judged: None, fail_at=450, size=100)
    again = Kept(questions(), 1_000, pytest.fail)
    assert 0 < again.joined.points < 1_000
    heard: list[Chunk] = []
    found = judged(1_000, again, lambda chunk, _judged: heard.append(chunk))
    assert sum(chunk.number for chunk in heard) == 1_000 - kept.joined.points
    assert found.rows[0].wrong == sum(range(1_000))
    again.remove()
    assert Kept(questions(), 1_000, pytest.fail).joined.points == 0


def test_what_is_kept_is_that_of_the_same_questions_at_as_many_points() -> None:
    kept = Kept(questions(), 100, pytest.fail)
    judged(100, kept, lambda _chunk, _judged: None)
    assert Kept(questions(), 100, pytest.fail).joined.points == 100
    assert Kept(questions(), 101, pytest.fail).joined.points == 0
    assert Kept(questions(seed=1), 100, pytest.fail).joined.points == 0


@pytest.mark.parametrize("text", ["", "{}x", json.dumps({"ranges": [[0, -1]]})])
def test_a_file_that_cannot_be_read_costs_one_line(text: str) -> None:
    path = Kept(questions(), 10, pytest.fail).path
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    said: list[str] = []
    assert Kept(questions(), 10, said.append).joined.points == 0
    (line,) = said
    assert line.startswith(f"xorbench: {path} can't be read, so that all points are judged anew: ")
    assert "\n" not in line


def test_a_folder_that_cannot_be_written_costs_one_line(tmp_path: Path) -> None:
    (tmp_path / "xorbench").write_text("a file", encoding="utf-8")
    said: list[str] = []
    kept = Kept(questions(), 10, said.append)
    assert judged(10, kept, lambda _chunk, _judged: None).points == 10
    assert any(line.startswith("xorbench: what is found can't be kept: ") for line in said)


def test_a_point_that_was_judged_is_refused() -> None:
    found = Joined()
    found.add(Chunk(0, 10), Found(10, []))
    with pytest.raises(ValueError, match="is there already"):
        found.add(Chunk(9, 10), Found(10, []))
    assert found.points == 10


@given(st.integers(1, 10**7), st.floats(0.01, 1e6), st.integers(1, 1_000), st.integers(1, 10**9))
def test_a_chunk_takes_two_to_five_seconds_unless_few_points_are_left(
    points: int, seconds: float, threads: int, left: int
) -> None:
    sizes = Sizes()
    sizes.note(points, seconds)
    size = sizes.next(left, threads)
    pace = points / seconds
    assert 1 <= size <= left
    assert size <= max(1.0, pace * SECONDS)
    assert size in (1, left) or size >= int(pace * FEWEST_SECONDS)


def test_the_first_chunks_are_small_and_fixed_ones_are_fixed() -> None:
    assert Sizes().next(10**6, 2) == dask_points.FIRST_POINTS
    fixed = Sizes(3_000)
    fixed.note(3_000, 100.0)
    assert (fixed.next(10**6, 2), fixed.next(7, 2)) == (3_000, 7)


def test_chunks_may_be_judged_on_the_hosts_that_are_fit() -> None:
    client: Any = Client()
    kept = Kept(questions(), 10, pytest.fail)
    dask_points.judged(client, WORKERS, judge, questions(), 10, kept, lambda _c, _j: None, lambda _line: None)
    assert client.hosts == [["10.0.0.1", "10.0.0.2"]]


@pytest.mark.parametrize("document", [b"no zlib", zlib.compress(b"{"), zlib.compress(b'{"points": -1}')])
def test_what_is_no_result_is_one_line(document: bytes) -> None:
    client: Any = Client()
    with pytest.raises(HarnessError, match=r"^points 0 to 9 can't be judged: what a worker sent is no result: [^\n]+$"):
        dask_points.judged(
            client,
            WORKERS,
            lambda _questions, _chunk: Judged(document, 1.0, 1.0),
            questions(),
            10,
            Kept(questions(), 10, pytest.fail),
            lambda _chunk, _judged: None,
            pytest.fail,
        )
