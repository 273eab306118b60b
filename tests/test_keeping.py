"""A record that was measured is kept, wherever it can be written."""

import errno
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.planted import planted
from xorbench.cli import keeping
from xorbench.failure import HarnessError
from xorbench.record import store


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    path = tmp_path / "blocked"
    path.write_text("a file where a folder should be")
    return path


def test_a_folder_that_turns_unwritable_costs_no_record(
    tmp_path: Path, blocked: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    record = planted({}).record
    path = keeping.kept(record, blocked, "this continues")
    assert path.is_relative_to(tmp_path)
    assert store.read(path) == record
    assert not keeping.is_placed(path, blocked)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"xorbench: {blocked} can't be written: ")
    assert line.endswith(f"; the record was written to {path}; this continues")


def test_a_record_in_its_place_is_there(tmp_path: Path) -> None:
    assert keeping.is_placed(keeping.kept(planted({}).record, tmp_path), tmp_path)


def test_where_nothing_can_be_written_at_all_one_line_says_what_continues(
    blocked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(blocked))
    with pytest.raises(HarnessError, match=r"blocked can't be written: .*, nor can a temporary folder: .*; do this$"):
        keeping.kept(planted({}).record, blocked, "do this")


def test_where_no_record_can_be_written_no_empty_folder_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, or the size of files is limited."""

    def full(*_arguments: object, **_options: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(store, "write_whole", full)
    with pytest.raises(HarnessError, match="No space left on device, nor can a temporary folder: No space left on dev"):
        keeping.kept(planted({}).record, tmp_path / "results", write=full)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("error", "is_timed", "is_raised", "is_written"),
    [
        (RuntimeError("a mistake of the driver"), True, True, True),
        (SystemExit(1), True, True, True),
        (RuntimeError("a mistake of the driver"), False, True, False),
        (KeyboardInterrupt(), False, True, False),
        (KeyboardInterrupt(), True, False, False),  # its caller writes the record
    ],
)
def test_whatever_is_raised_what_was_timed_is_written(
    error: BaseException,
    is_timed: bool,
    is_raised: bool,
    is_written: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(keeping, "ignore_signals", lambda: None)
    record = replace(planted({}).record, partial=True)
    session: Any = SimpleNamespace(
        timings=[*record.timings] if is_timed else [], journal=None, command="xorbench run", record=lambda _: record
    )
    with suppress(KeyboardInterrupt, RuntimeError, SystemExit):
        with keeping.finished_kept(session, tmp_path):
            raise error
        assert not is_raised
    written = store.paths(tmp_path)
    assert [store.read(path) for path in written] == [record] * is_written
    lines = [f"xorbench: the run ended early; its finished launches are in {path}" for path in written]
    assert capsys.readouterr().err.splitlines() == lines
