"""What is published is what the records say, and nothing else; a hand in it is found, with the place."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.planted import planted, with_machine, with_settings
from xorbench.publication import publish
from xorbench.record import store


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three records of two machines: a full one, a newer quick one, and one that was interrupted; published."""
    folder = tmp_path_factory.mktemp("published")
    full = planted({"other": [0.5] * 6})
    quick = with_settings(planted({"other": [0.6] * 6}, created="2026-02-02T00:00:00Z"), quick=True)
    partial = planted({"other": [0.7] * 6}, created="2026-03-03T00:00:00Z", partial=True)
    for analysis in (full, quick, with_machine(partial, cpu="another machine")):
        store.write(analysis.record, folder)
    publish.publish(folder)
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    """A copy of them, to spoil."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_what_was_published_is_all_there_is_and_what_the_records_say(folder: Path) -> None:
    written, _ = publish.publish(folder)
    assert {*written, *store.paths(folder)} == {path for path in folder.rglob("*") if path.is_file()}
    assert publish.verify(folder) == []


def test_publishing_twice_changes_nothing(folder: Path) -> None:
    first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path: path.read_bytes() for path in publish.publish(folder)[0]}.items() <= first.items()


def test_a_spoilt_record_stops_it_before_anything_is_written(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.md")}
    (folder / "another-machine-1-cores-linux-x86-64" / "2026-04-04T000000Z.json").write_text("{")
    with pytest.raises(ValueError, match="is not a record"):
        publish.publish(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.md")} == before


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="write one with xorbench run"):
        publish.publish(tmp_path)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "another-machine-1-cores-linux-x86-64/README.md",
        "data/timings.csv",
        *(f"tables/timings.{ending}" for ending in ("md", "csv", "tex", "html")),
    ],
)
def test_one_changed_digit_is_found_with_its_place(folder: Path, page: str) -> None:
    path = folder / page
    lines = path.read_text(encoding="utf-8").split("\n")
    place = next(number for number, line in enumerate(lines) if "other" in line and re.search(r"\d", line))
    lines[place] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), lines[place], count=1)
    path.write_text("\n".join(lines), encoding="utf-8")
    (complaint,) = publish.verify(folder)
    assert complaint.startswith(f"{path}:{place + 1}: found ")


def spoil(path: Path, change: Callable[[str], str]) -> None:
    text = path.read_bytes().decode()
    assert change(text) != text
    path.write_bytes(change(text).encode())


def test_a_removed_row_is_found(folder: Path) -> None:
    spoil(folder / "tables" / "timings.md", lambda text: re.sub(r"^\|.*other.*\n", "", text, flags=re.MULTILINE))
    (complaint,) = publish.verify(folder)
    assert re.match(r".*timings\.md:\d+: found .*, expected '\|\s+2 \| other", complaint)


def test_another_end_of_line_is_found(folder: Path) -> None:
    spoil(folder / "README.md", lambda text: text.replace("\n", "\r\n"))
    (complaint,) = publish.verify(folder)
    assert complaint.endswith(r"README.md:1: found '# Results\r', expected '# Results'")


@pytest.mark.parametrize(
    ("old", "new", "shown_in"),
    [
        ('"confidence": 0.95', '"confidence": 0.9', "tables/timings.md"),
        ('"memory_gib": 1.0', '"memory_gib": 2.0', "data/records.csv"),  # stands in no table
        ('"story": "made up"', '"story": "made-up"', "README.md"),
        ("\n", "\n\n", "README.md"),  # says the same
    ],
)
def test_a_changed_record_is_found_whatever_was_changed(folder: Path, old: str, new: str, shown_in: str) -> None:
    record = folder / "some-cpu-1-cores-linux-x86-64" / "2026-01-02T030405Z.json"
    spoil(record, lambda text: text.replace(old, new, 1))
    assert any(complaint.startswith(f"{folder / shown_in}:") for complaint in publish.verify(folder))


@pytest.mark.parametrize("stray", ["another-machine-1-cores-linux-x86-64/by-hand.md", "fast.json", "tables/speed.tex", "deep/er/1.json"])
def test_a_file_that_no_record_stands_behind_is_found(folder: Path, stray: str) -> None:
    (folder / stray).parent.mkdir(parents=True, exist_ok=True)
    (folder / stray).write_text("0.1 of the time\n", encoding="utf-8")
    assert publish.verify(folder) == [f"{folder / stray}: not rendered from any record or study; remove it"]


def test_a_missing_page_and_a_removed_record_are_found(folder: Path) -> None:
    (folder / "data" / "gradients.csv").unlink()
    assert publish.verify(folder) == [f"{folder / 'data' / 'gradients.csv'}: missing; write it with xorbench publish"]
    next((folder / "another-machine-1-cores-linux-x86-64").glob("*.json")).unlink()
    found = "\n".join(publish.verify(folder))
    assert f"{folder / 'another-machine-1-cores-linux-x86-64' / 'README.md'}: not rendered from any record or study; remove it" in found
    assert f"{folder / 'README.md'}:" in found
