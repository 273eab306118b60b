"""What was noted is there again, whatever happened to the last entry."""

from pathlib import Path

import pytest

from xorbench.suite.journal import Journal


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_entries_come_back_in_order_to_whoever_asks_for_the_same() -> None:
    assert Journal(["this"]).read() == []
    for entry in (1, "two", [3.0]):
        Journal(["this"]).note(entry)
    assert Journal(["this"]).read() == [1, "two", [3.0]]
    assert Journal(["that"]).read() == []
    Journal(["this"]).close()
    assert Journal(["this"]).read() == []


@pytest.mark.parametrize("lost", [1, 10, 100])
def test_an_entry_that_was_cut_off_is_forgotten_and_the_next_one_is_whole(cache: Path, lost: int) -> None:
    journal = Journal("it")
    journal.note("whole")
    journal.note("x" * 200)
    (file,) = cache.rglob("*.pickle")
    file.write_bytes(file.read_bytes()[:-lost])
    assert Journal("it").read() == ["whole"]
    journal.note("again")
    assert Journal("it").read() == ["whole", "again"]
