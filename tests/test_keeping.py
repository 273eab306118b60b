"""A record that was measured is kept, wherever it can be written."""

from pathlib import Path

import pytest

from tests.planted import planted
from xorbench.cli import keeping
from xorbench.record import store


def test_a_folder_that_turns_unwritable_costs_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    record = planted({}).record
    path = keeping.kept(record, blocked)
    assert path.is_relative_to(tmp_path)
    assert store.read(path) == record
