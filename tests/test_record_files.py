"""Files of records: written whole or not at all, none in the place of another, and read within limits."""

import errno
import json
import os
import signal
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.planted import planted
from xorbench.record import checking, store


def test_no_record_takes_the_place_of_another_runs(tmp_path: Path) -> None:
    path = store.write(planted({}, partial=True).record, tmp_path)
    whole = planted({}).record
    assert store.write(whole, tmp_path) == store.write(whole, tmp_path) == path
    other = planted({"other": [0.5] * 6}).record
    later = store.write(other, tmp_path)
    assert later == path.with_name("2026-01-02T030406Z.json")
    assert store.read(path) == whole
    assert store.read(later) == replace(other, created="2026-01-02T03:04:06Z")
    assert store.paths(tmp_path) == [path, later]


def test_a_partial_record_is_replaced_only_by_one_that_holds_all_its_timings(tmp_path: Path) -> None:
    first = planted({"other": [0.5] * 6}, partial=True).record
    path = store.write(first, tmp_path)
    fewer = replace(first, timings=first.timings[1:])
    assert store.write(fewer, tmp_path) != path
    last = replace(first.timings[-1], round_nanoseconds=[n + 1 for n in first.timings[-1].round_nanoseconds])
    assert store.write(replace(first, timings=[*first.timings[:-1], last]), tmp_path) != path
    assert store.read(path) == first
    assert store.write(replace(first, partial=False), tmp_path) == path
    assert len(store.paths(tmp_path)) == 3


def test_a_partial_record_of_several_measures_is_replaced_too(tmp_path: Path) -> None:
    first = planted({"other": [0.5] * 6}, partial=True).record
    losses = [replace(t, measure="loss", epochs=[n + 2 for n in t.epochs]) for t in first.timings if not t.copy]
    path = store.write(replace(first, timings=[*first.timings, *losses]), tmp_path)
    assert store.write(replace(first, timings=[*first.timings, *losses], partial=False), tmp_path) == path
    assert store.paths(tmp_path) == [path]


def without_unnamed_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_without_a_name", lambda _folder: None)


@pytest.mark.parametrize("unnamed", [True, False])
def test_runs_that_began_in_the_same_second_and_end_at_once_each_have_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool
) -> None:
    if not unnamed:
        without_unnamed_files(monkeypatch)
    ratios = [0.25, 0.5, 2.0, 4.0]
    records = [planted({"other": [ratio] * 6}).record for ratio in ratios]
    with ThreadPoolExecutor(len(records)) as at_once:
        paths = [*at_once.map(lambda record: store.write(record, tmp_path), records)]
    assert sorted(paths) == store.paths(tmp_path)
    assert len({*paths}) == len(records)
    for path, record in zip(paths, records, strict=True):
        assert store.read(path).timings == record.timings
    assert not list(tmp_path.rglob(".*"))


def test_a_file_system_without_links_keeps_records_apart_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_paths: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    without_unnamed_files(monkeypatch)
    monkeypatch.setattr(Path, "hardlink_to", refused)
    paths = [store.write(planted({"other": [ratio] * 6}).record, tmp_path) for ratio in (0.5, 2.0)]
    assert store.paths(tmp_path) == paths
    assert len({*paths}) == 2


@pytest.mark.parametrize("unnamed", [True, False])
def test_a_new_file_never_takes_the_place_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool
) -> None:
    if not unnamed:
        without_unnamed_files(monkeypatch)
    path = tmp_path / "file"
    store.write_whole(path, "first", new=True)
    with pytest.raises(FileExistsError, match="file"):
        store.write_whole(path, "second", new=True)
    assert path.read_text(encoding="utf-8") == "first"
    assert [*tmp_path.iterdir()] == [path]
    store.write_whole(path, "third")
    assert path.read_text(encoding="utf-8") == "third"


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="this system has no files without names")
def test_nothing_is_left_of_a_file_if_the_process_is_killed_while_it_is_written(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom xorbench.record import store\n"
        "os.fsync = lambda _file: os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.write_whole(Path(sys.argv[1]), 'x' * 10**6, new=True)\n"
    )
    if store._without_a_name(tmp_path) is None:
        pytest.skip("this file system has no files without names")
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "file")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_is_a_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        store.write(planted({}).record, tmp_path / "file")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 200_000, "recursion limit exceeded"),
        ('{"a": 1, "b": [' + ",".join(["1"] * 2_000_000) + "]}", r"\$.schema: is missing"),
        ("{" + ",".join(f'"k{n}":0' for n in range(600_000)) + "}", "600,001 colons and opening brackets"),
        (f'"{"z" * 10**7}"', "Input should be a dictionary or an instance of Record, got 'zzz"),
    ],
)
def test_a_large_or_deep_text_is_refused_in_one_line_and_little_memory(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text, encoding="utf-8")
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=says) as error:
            store.read(path)
        assert tracemalloc.get_traced_memory()[1] < 500e6
    finally:
        tracemalloc.stop()
    assert len(str(error.value)) < 1000
    assert "\n" not in str(error.value)


def test_many_faults_take_no_memory_of_their_own(tmp_path: Path) -> None:
    content = json.loads(store.as_text(planted({}).record))
    content["gradients"]["rows"] = [{}] * 100_000
    path = tmp_path / "record.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=r"\$\.gradients\.rows\[0\]\.implementation: is missing"):
        store.read(path)


def test_a_file_that_is_larger_than_a_record_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    with path.open("wb") as file:
        file.truncate(checking.MOST_BYTES)
        assert len(checking.bounded(path)) == 67_108_864
        file.truncate(checking.MOST_BYTES + 1)
    with pytest.raises(ValueError, match="it has 67,108,865 bytes, expected at most 67,108,864"):
        store.read(path)
    with pytest.raises(ValueError, match="it is not a file"):
        store.read(tmp_path)


@pytest.mark.parametrize("target", ["/proc/self/pagemap", "/proc/self/maps"])
def test_a_link_to_a_file_of_the_system_that_has_no_size_is_not_read(tmp_path: Path, target: str) -> None:
    # The first one has 8 bytes for each page of the address space, 2^38 in all.
    if not Path(target).exists():
        pytest.skip(f"this system has no {target}")
    path = tmp_path / "record.json"
    path.symlink_to(target)
    with pytest.raises(ValueError, match="it is empty"):
        store.read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_becomes_a_pipe_after_it_was_looked_at_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "record.json")
    monkeypatch.setattr(Path, "is_file", lambda _path: True)
    with pytest.raises(ValueError, match="it is not a file"):
        checking.bounded(tmp_path / "record.json")


def test_a_file_that_cannot_be_replaced_leaves_no_half(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        store.write_whole(tmp_path / "taken", "text")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_whoever_may_read_the_folder_may_read_a_record(tmp_path: Path) -> None:
    path = store.write(planted({}).record, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o644
