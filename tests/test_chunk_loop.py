"""Points that are judged in chunks, with judges who answer at once: each is judged once, and what is found is kept."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fleets import gradients_of
from xorbench.contract import REFERENCE
from xorbench.failure import HarnessError
from xorbench.fleet import chunk_loop, points
from xorbench.fleet.chunk_loop import FEWEST_SECONDS, SECONDS, Judging, Sizes
from xorbench.fleet.chunk_process import Judged
from xorbench.fleet.points import Kept
from xorbench.judging import chunks
from xorbench.judging.chunks import Chunk, Found, Row
from xorbench.record.report import Reading
from xorbench.workloads import WORKLOADS


def judged(chunk: Chunk) -> Judged:
    """A result of the reference whose rows count the points, and the sum of their numbers as `not_judged`."""
    reading, total = Reading(None, 0.5, "there", [0], 0.1, 0.1), sum(range(chunk.first, chunk.end))
    rows = [
        Row(*key, points=chunk.number, not_judged=total, largest=reading, at=chunk.first)
        for key in chunks.keys([REFERENCE], [WORKLOADS["neuron"]])
    ]
    return Judged(zlib.compress(chunks.as_json(Found(chunk.number, rows))), chunk.number / 1_000, 0.0)


class Judges:
    """Three threads that return the last chunk first, and cannot judge one point."""

    threads = 3

    def __init__(self, fail_at: int | None = None) -> None:
        self._fail_at = fail_at
        self._waiting: list[Chunk] = []
        self.is_closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, chunk: Chunk) -> None:
        assert len(self._waiting) < chunk_loop.CHUNKS_AHEAD * self.threads
        self._waiting.append(chunk)

    def next(self) -> tuple[Chunk, Judged] | None:
        chunk = self._waiting.pop()
        if self._fail_at in range(chunk.first, chunk.end):
            raise HarnessError("no memory")
        return chunk, judged(chunk)

    def close(self) -> None:
        self.is_closed = True


def new(number: int, seed: int = 0) -> Kept:
    return points.of_call(gradients_of(points=number, seed=seed))


def read(path: Path, number: int, seed: int = 0, say: Callable[[str], object] = pytest.fail) -> Kept:
    plan = gradients_of(points=number, seed=seed)
    return points.read(plan, path, points.of_call(plan), say)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of the file in which what is found is kept."""
    return tmp_path / "some" / "points.json"


@pytest.mark.parametrize("number", [1, 49, 50, 51, 12_345])
@pytest.mark.parametrize("first", [0, 700])
def test_every_point_is_judged_once(path: Path, number: int, first: int) -> None:
    heard: list[Chunk] = []
    judges = Judges()
    kept = Judging(new(number), path, first, pytest.fail).run(judges, lambda chunk, _judged: heard.append(chunk))
    assert (kept.judged, kept.found.points, kept.ranges) == (number, number, [(first, first + number)])
    assert kept.found.rows[0].not_judged == sum(range(first, first + number))
    numbers = [point for chunk in heard for point in range(chunk.first, chunk.end)]
    assert sorted(numbers) == list(range(first, first + number))
    assert judges.is_closed


def test_an_interrupted_judgement_goes_on_and_nothing_is_counted_twice(path: Path) -> None:
    judges = Judges(fail_at=450)
    judging = Judging(new(1_000), path)
    with pytest.raises(HarnessError, match=r"^no memory$"):
        judging.run(judges, points_of_a_chunk=100)
    assert judges.is_closed
    again = read(path, 1_000)
    assert again == judging.kept
    assert 0 < again.judged < 1_000
    heard: list[Chunk] = []
    kept = Judging(again, path).run(Judges(), lambda chunk, _judged: heard.append(chunk))
    assert sum(chunk.number for chunk in heard) == 1_000 - again.judged
    assert kept.found.rows[0].not_judged == sum(range(1_000))


def test_what_is_found_is_kept_before_judges_are_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_then: list[Kept] = []
    monkeypatch.setattr(Judges, "close", lambda _judges: kept_then.append(read(path, 1_000)))
    judging = Judging(new(1_000), path)
    with pytest.raises(HarnessError, match=r"^no memory$"):
        judging.run(Judges(fail_at=450), points_of_a_chunk=100)
    assert kept_then == [judging.kept]
    assert judging.kept.judged > 0


def test_what_is_kept_is_that_of_the_same_plan_at_as_many_points(path: Path) -> None:
    whole = Judging(new(100), path).run(Judges())
    assert read(path, 100) == whole
    assert read(path, 101).judged == 0
    assert read(path, 100, seed=1).judged == 0


@pytest.mark.parametrize("text", ["", "{}x", json.dumps({"ranges": [[0, -1]]})])
def test_a_file_that_cannot_be_read_costs_one_line(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    said: list[str] = []
    assert read(path, 10, say=said.append) == new(10)
    (line,) = said
    assert line.startswith(f"xorbench: {path} can't be read, so that all points are judged anew: ")
    assert "\n" not in line


def test_a_folder_that_cannot_be_written_costs_one_line(path: Path) -> None:
    path.parent.write_text("a file", encoding="utf-8")
    said: list[str] = []
    assert Judging(new(10), path, say=said.append).run(Judges()).judged == 10
    (line,) = said
    assert line.startswith("xorbench: what is found can't be kept: ")


@pytest.mark.parametrize("document", [b"no zlib", zlib.compress(b"{"), zlib.compress(b'{"points": -1}')])
def test_an_invalid_result_is_one_line(path: Path, monkeypatch: pytest.MonkeyPatch, document: bytes) -> None:
    monkeypatch.setattr(Judges, "next", lambda judges: (judges._waiting.pop(), Judged(document, 1.0, 1.0)))
    with pytest.raises(HarnessError, match=r"^points 0 to 9 can't be judged: its result is invalid: [^\n]+$"):
        Judging(new(10), path).run(Judges())


def test_a_point_that_was_judged_is_refused() -> None:
    kept = new(30).plus(Chunk(0, 10), Found(10, []))
    with pytest.raises(ValueError, match="is there already"):
        kept.plus(Chunk(9, 10), Found(10, []))


@given(st.integers(1, 10**7), st.floats(0.01, 1e6), st.integers(1, 1_000), st.integers(1, 10**9))
def test_a_chunk_takes_two_to_five_seconds_unless_few_points_are_left(
    number: int, seconds: float, threads: int, left: int
) -> None:
    sizes = Sizes()
    sizes.note(number, seconds)
    size = sizes.next(left, threads)
    pace = number / seconds
    assert 1 <= size <= left
    assert size <= max(1.0, pace * SECONDS)
    assert size in (1, left) or size >= int(pace * FEWEST_SECONDS)


def test_the_first_chunks_are_small_and_fixed_ones_are_fixed() -> None:
    assert Sizes().next(10**6, 2) == chunk_loop.FIRST_POINTS
    fixed = Sizes(3_000)
    fixed.note(3_000, 100.0)
    assert (fixed.next(10**6, 2), fixed.next(7, 2)) == (3_000, 7)


def test_the_judges_of_this_test_are_judges() -> None:
    made: Callable[[], chunk_loop.Judges] = Judges
    assert len(made()) == 0
