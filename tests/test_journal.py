"""What was noted in a journal is there again, whatever happened to its last line; one process writes it at a time."""

import hashlib
import json
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planted import MACHINE, NO_SHA256, implementation, planted, report, timing
from xorbench.contract import REFERENCE
from xorbench.record.run import Blas, Environment, Seconds
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import ColdStart, Failure, LaunchRecord, Products
from xorbench.suite import journal
from xorbench.suite.about import About
from xorbench.suite.journal import DAYS_KEPT, Journal
from xorbench.suite.launch_cost import LaunchCost
from xorbench.suite.parts import (
    Began,
    Calibrated,
    CalibratedEntry,
    Ended,
    Estimated,
    Finished,
    Head,
    Judged,
    Launched,
    Line,
    Multiplied,
    OfPlan,
    Planned,
    Point,
    StartedCold,
    as_json,
    line_of,
)
from xorbench.suite.sweep_cost import Estimate

HEAD = Head(
    created="2026-01-02T03:04:05Z",
    kind="run",
    harness_sha256=NO_SHA256,
    about=About(None, MACHINE, Environment({"python": "3.11.7"}, Blas("openblas", "1"), {}), [implementation("one")]),
    workloads=["neuron"],
    settings=Settings(points=1, cpu=0, seed=0, launches=3, rounds=12),
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def line(command: str) -> Line:
    return Line(Seconds(total=1.0), Began(command))


def journal_of(head: Head, *lines: Line) -> Path:
    """Return the file of a journal that was begun with these lines by a process that has ended."""
    begun = Journal.begun(head)
    for one in lines:
        begun.note(one)
    begun.close()
    return begun.path


def read(head: Head = HEAD) -> list[Line] | None:
    """Return the parts in the newest journal of a call, which is closed again; None if there is none."""
    found = journal.newest(head)
    if found is None:
        return None
    found.journal.close()
    return found.lines


def test_parts_come_back_in_order_and_the_file_has_the_name_of_its_head(cache: Path) -> None:
    lines = [line("one"), line("two")]
    path = journal_of(HEAD, *lines)
    assert read() == lines
    first = path.read_bytes().splitlines()[0]
    assert path == cache / "xorbench" / "journals" / f"{hashlib.sha256(first).hexdigest()}.jsonl"
    assert path.stem == HEAD.sha256
    assert json.dumps(json.loads(first), sort_keys=True, separators=(",", ":")).encode() == first
    assert path.stat().st_mode & 0o077 == 0  # nobody else can read it


def test_a_journal_that_is_continued_has_both_parts_and_one_that_is_deleted_is_gone() -> None:
    journal_of(HEAD, line("one"))
    found = journal.newest(HEAD)
    assert found is not None
    found.journal.note(line("two"))
    assert found.journal.holds_parts
    found.journal.close()
    assert read() == [line("one"), line("two")]
    again = journal.newest(HEAD)
    assert again is not None
    again.journal.delete()
    assert read() is None


@pytest.mark.parametrize("lost", [1, 10, 100])
def test_an_incomplete_last_line_is_dropped_and_the_next_part_is_whole(lost: int) -> None:
    path = journal_of(HEAD, line("whole"), line("x" * 200))
    path.write_bytes(path.read_bytes()[:-lost])
    found = journal.newest(HEAD)
    assert found is not None
    assert found.lines == [line("whole")]
    found.journal.note(line("again"))
    found.journal.close()
    assert read() == [line("whole"), line("again")]


@pytest.mark.parametrize(
    "spoilt",
    [
        b"{}",
        b"\0" * 40,
        b"nonsense",
        b'{"seconds": {}, "part": {"what": "none of ours"}}',
        b'{"seconds": {"total": -1.0}, "part": {"what": "began", "command": "xorbench run"}}',
        b'{"seconds": {"total": 1.0}, "part": {"what": "began", "command": "xorbench run", "more": 1}}',
    ],
)
def test_a_line_that_is_not_valid_ends_the_parts_with_a_message_in_one_line(
    spoilt: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = journal_of(HEAD, line("one"))
    path.write_bytes(path.read_bytes() + spoilt + b"\n" + as_json(line("after")) + b"\n")
    assert read() == [line("one")]
    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith(f"xorbench: line 3 of {path} is no part of a run and ends it: ")


@pytest.mark.parametrize("content", [b"", b"{}\n", b"nonsense"])
def test_a_file_that_is_no_journal_is_left_alone(content: bytes) -> None:
    path = journal_of(HEAD)
    path.write_bytes(content)
    assert read() is None
    assert path.read_bytes() == content


def test_a_copy_under_another_name_is_no_journal() -> None:
    path = journal_of(HEAD, line("one"))
    assert read() == [line("one")]
    path.rename(path.with_name(f"{'1' * 64}.jsonl"))
    assert read() is None


def test_the_newest_of_a_call_is_found() -> None:
    for second in (5, 7, 6):
        journal_of(replace(HEAD, created=f"2026-01-02T03:04:0{second}Z"), line(f"at {second}"))
    assert read() == [line("at 7")]


SAME: dict[str, Head] = {
    "another time": replace(HEAD, created="2026-02-02T03:04:05Z"),
    "another text": replace(
        HEAD, about=replace(HEAD.about, implementations=[implementation("one", source_sha256="1" * 64)])
    ),
    "another commit": replace(HEAD, about=replace(HEAD.about, commit="1" * 40)),
}

OTHER: dict[str, Head] = {
    "another kind": replace(HEAD, kind="history"),
    "another seed": replace(HEAD, settings=replace(HEAD.settings, seed=1)),
    "another number of launches": replace(HEAD, settings=replace(HEAD.settings, launches=4)),
    "another workload": replace(HEAD, workloads=["hidden"]),
    "another implementation": replace(HEAD, about=replace(HEAD.about, implementations=[implementation("two")])),
    "another version": replace(
        HEAD, about=replace(HEAD.about, environment=replace(HEAD.about.environment, versions={"python": "3.12.0"}))
    ),
    "another machine": replace(HEAD, about=replace(HEAD.about, machine=replace(MACHINE, name="other"))),
    "another text of the suite": replace(HEAD, harness_sha256="1" * 64),
    "another host": replace(HEAD, host="1" * 16),
    "a part of a plan": replace(HEAD, of_plan=OfPlan("1" * 64, "1/2", ["neuron", "hidden"])),
}


@pytest.mark.parametrize("about", SAME)
def test_a_call_is_the_same_whenever_it_is_made_and_whatever_the_texts_are(about: str) -> None:
    journal_of(HEAD, line("one"))
    assert read(SAME[about]) == [line("one")]
    assert SAME[about].sha256 != HEAD.sha256


@pytest.mark.parametrize("about", OTHER)
def test_another_call_is_not_continued(about: str) -> None:
    journal_of(HEAD, line("one"))
    assert read(OTHER[about]) is None


def test_a_journal_is_locked_while_it_is_written_and_while_it_is_continued() -> None:
    begun = Journal.begun(HEAD)
    begun.note(line("one"))
    assert journal.newest(HEAD) is None
    begun.close()
    first = journal.newest(HEAD)
    assert first is not None
    assert journal.newest(HEAD) is None
    first.journal.close()
    assert read() == [line("one")]


def test_a_second_run_of_the_same_second_does_not_write_into_the_journal_of_the_first() -> None:
    journal_of(HEAD, line("one"))
    with pytest.raises(FileExistsError):
        Journal.begun(HEAD)
    assert read() == [line("one")]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path, elsewhere = journal_of(HEAD, line("one")), tmp_path / "elsewhere"
    assert read() == [line("one")]
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    with pytest.raises(FileExistsError):
        Journal.begun(HEAD)
    assert read() is None  # though it leads to a valid journal
    assert elsewhere.read_bytes() == before


def test_journals_to_which_nothing_was_added_for_a_month_are_deleted_when_one_is_begun() -> None:
    def aged(second: int, days: float) -> Path:
        path = journal_of(replace(HEAD, created=f"2026-01-01T00:00:0{second}Z"), line("old"))
        then = time.time() - 86_400 * days
        os.utime(path, (then, then))
        return path

    kept, old = aged(1, DAYS_KEPT - 1), aged(2, DAYS_KEPT + 1)
    assert old.exists()
    in_use = Journal.begun(replace(HEAD, created="2026-01-01T00:00:03Z"))
    assert not old.exists()
    os.utime(in_use.path, (0, 0))
    journal_of(HEAD)
    assert kept.exists()
    assert in_use.path.exists()  # a process has it locked
    in_use.close()


@contextmanager
def full(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_cannot_be_written_costs_one_line_and_is_written_with_the_next_part(
    capsys: pytest.CaptureFixture[str],
) -> None:
    begun = Journal.begun(HEAD)
    begun.note(line("one"))
    with full(begun.path.stat().st_size + 10):
        begun.note(line("two"))
        begun.note(line("three"))
    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith(f"xorbench: {begun.path} can't be written: File too large; the run goes on, ")
    begun.note(line("four"))
    begun.close()
    assert read() == [line(each) for each in ("one", "two", "three", "four")]


def test_a_process_that_ends_while_the_disk_is_full_leaves_the_parts_before() -> None:
    begun = Journal.begun(HEAD)
    begun.note(line("one"))
    with full(begun.path.stat().st_size + 10):
        begun.note(line("two"))
        begun.close()
    assert read() == [line("one")]


def test_a_journal_that_was_removed_meanwhile_is_no_reason_to_fail() -> None:
    begun = Journal.begun(HEAD)
    begun.note(line("one"))
    begun.path.unlink()
    begun.note(line("two"))
    assert not begun.holds_parts
    begun.delete()
    begun.delete()  # a second time


def test_where_no_folder_can_be_made_no_journal_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    assert read() is None
    with pytest.raises(OSError, match="Not a directory"):
        Journal.begun(HEAD)


NUMBERS = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
COUNTS = st.integers(1, 2**63 - 1)
NATURALS = st.integers(0, 2**63 - 1)
TEXTS = st.text(max_size=40)
UNKNOWN = st.none()

LAUNCHES = st.builds(
    LaunchRecord,
    number=NATURALS,
    rounds=COUNTS,
    overlapped=st.booleans(),
    seconds=POSITIVE,
    seconds_starting=NUMBERS,
    seconds_in_turns=NUMBERS,
    load_1_minute=UNKNOWN | NUMBERS,
    steal_seconds=UNKNOWN | st.floats(allow_nan=False, allow_infinity=False),
    megahertz=UNKNOWN | NUMBERS,
)
FAILURES = st.lists(
    st.builds(
        Failure,
        launch=st.integers(-1, 2**63 - 1),
        workload=TEXTS,
        implementation=TEXTS,
        copy=st.booleans(),
        reason=TEXTS,
    ),
    max_size=3,
)
TIMINGS = st.lists(
    st.builds(
        lambda launch, name, taken, violations: timing(
            launch, name, taken, [2] * len(taken), cpu_nanoseconds=[None] * len(taken), violations=violations
        ),
        NATURALS,
        TEXTS,
        st.lists(st.integers(1, 10**15), min_size=1, max_size=4),
        st.lists(TEXTS, max_size=2),
    ),
    max_size=3,
)
PLANS = st.builds(
    Plan,
    rounds=COUNTS,
    launches=NATURALS,
    pilot_launches=NATURALS,
    looks=COUNTS,
    confidence=st.floats(0, 1, exclude_min=True, exclude_max=True),
    half_width=UNKNOWN | NUMBERS,
)
BY_WORKLOAD = st.dictionaries(TEXTS, COUNTS, max_size=3)
PARTS: st.SearchStrategy[Finished] = st.one_of(
    st.builds(Began, command=TEXTS),
    st.builds(Judged, report=st.just(report([REFERENCE, "other"]))),
    st.builds(
        Calibrated,
        entries=st.lists(
            st.builds(
                CalibratedEntry,
                implementation=TEXTS,
                copy=st.booleans(),
                epochs=BY_WORKLOAD,
                seconds_per_epoch=st.dictionaries(TEXTS, POSITIVE, max_size=3),
            ),
            max_size=3,
        ),
        failures=FAILURES,
        starting=NUMBERS,
        turn=NUMBERS,
    ),
    st.builds(Planned, plan=PLANS),
    st.builds(
        Estimated,
        estimate=st.builds(
            Estimate,
            launch=st.builds(
                LaunchCost, starting=NUMBERS, round=NUMBERS, answers=NUMBERS, beside=NUMBERS, cold_start=NUMBERS
            ),
            judging=NUMBERS,
            rounds=COUNTS,
            once=NUMBERS,
        ),
        launches=COUNTS,
    ),
    st.builds(
        Multiplied,
        products=st.lists(
            st.builds(
                Products,
                implementation=TEXTS,
                dtype=st.sampled_from(["float32", "float64"]),
                side=COUNTS,
                nanoseconds=st.lists(COUNTS, min_size=1, max_size=3),
            ),
            max_size=2,
        ),
    ),
    st.builds(
        StartedCold,
        cold_starts=st.lists(
            st.builds(
                ColdStart,
                workload=TEXTS,
                implementation=TEXTS,
                import_seconds=POSITIVE,
                first_call_seconds=POSITIVE,
                peak_bytes=UNKNOWN | COUNTS,
            ),
            max_size=3,
        ),
        failures=FAILURES,
    ),
    st.builds(Launched, launch=LAUNCHES, timings=TIMINGS, failures=FAILURES),
    st.builds(Point, launch=LAUNCHES, workload=TEXTS, timings=TIMINGS, failures=FAILURES),
    st.builds(Ended, plan=PLANS),
)
LINES = st.builds(
    Line,
    seconds=st.builds(
        Seconds, judge=NUMBERS, calibration=NUMBERS, launches=NUMBERS, cold_starts=NUMBERS, total=NUMBERS
    ),
    part=PARTS,
)


@settings(max_examples=50)
@given(st.lists(LINES, max_size=4))
def test_arbitrary_parts_come_back_bit_by_bit_each_in_one_line(lines: list[Line]) -> None:
    texts = [as_json(one) for one in lines]
    assert not any(b"\n" in text for text in texts)
    assert [line_of(text) for text in texts] == lines


def test_a_report_of_the_judge_comes_back_with_its_numbers_that_are_not_known() -> None:
    judged = planted({"other": [0.5] * 6}).record.gradients
    rows = [replace(row, of_bound=None, verdict="failed", reason="it raised") for row in judged.rows]
    one = Line(Seconds(), Judged(replace(judged, rows=rows)))
    assert line_of(as_json(one)) == one


def test_a_number_that_is_not_finite_does_not_come_back() -> None:
    spoilt: Any = replace(Seconds(), total=float("nan"))
    with pytest.raises(ValueError, match="number"):
        line_of(as_json(Line(spoilt, Began("xorbench run"))))
