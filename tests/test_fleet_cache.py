"""What is kept of calls that were given up is removed after some weeks."""

import os
from pathlib import Path

import pytest

from xorbench.fleet import cache
from xorbench.suite.journal import DAYS_KEPT


def test_what_was_not_changed_for_long_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.remove_old("calls")  # there is no such folder
    there = cache.folder("calls")
    assert there.is_relative_to(tmp_path)
    for name in ("new", "old"):
        (there / name / "records").mkdir(parents=True)
        (there / f"{name}.json").touch()
    long_ago = (there / "new").stat().st_mtime - (DAYS_KEPT + 1) * 24 * 60 * 60
    for path in (there / "old", there / "old.json"):
        os.utime(path, (long_ago, long_ago))
    cache.remove_old("calls")
    assert sorted(path.name for path in there.iterdir()) == ["new", "new.json"]
