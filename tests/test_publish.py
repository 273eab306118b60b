"""What is published is what the records say, and nothing else; a hand in it is found, with the place."""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.command import called
from tests.planted import planted, with_machine, with_settings
from xorbench.publication import publish
from xorbench.record import store

HERE = "some-cpu-2-cores-linux-x86-64"

ANOTHER = "another-machine-2-cores-linux-x86-64"


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


WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "no JSON": (lambda text: text[:-20], "is not a record: it is not JSON: EOF while parsing"),
    "a contradiction": (
        lambda text: text.replace('"confidence": 0.95', '"confidence": 0.001'),
        "contradicts itself: $.plan.confidence: 0.001, expected 0.95",
    ),
    "a date of the far future": (
        lambda text: text.replace('"2026-03-03T00:00:00Z"', '"9999-12-31T23:59:59Z"'),
        "contradicts itself: $.created: 9999-12-31T23:59:59Z, expected a time between 2026-01-01 and tomorrow",
    ),
}
"""Changes of a record after which it is none, and what is told of each."""


@pytest.fixture(params=WRONG)
def with_a_wrong_one(request: pytest.FixtureRequest, published: Path, tmp_path: Path) -> tuple[Path, str]:
    """A folder with a good record and a wrong one of another machine, and the line that names the latter."""
    change, told = WRONG[request.param]
    good, wrong = published / HERE, published / ANOTHER / "2026-03-03T000000Z.json"
    shutil.copytree(good, tmp_path / HERE)
    (tmp_path / ANOTHER).mkdir()
    path = tmp_path / ANOTHER / wrong.name
    path.write_text(wrong.read_text(encoding="utf-8"), encoding="utf-8")
    spoil(path, change)
    return tmp_path, f"{path} {told}"


def test_a_wrong_record_is_named_and_left_out_and_the_others_are_rendered(with_a_wrong_one: tuple[Path, str]) -> None:
    folder, told = with_a_wrong_one
    done = called("publish", "--output", folder)
    assert done.returncode == 1
    assert done.stderr.startswith(f"left out: {told}")
    assert done.stderr.count("\n") == 1
    assert str(folder / "index.html") in done.stdout.splitlines()
    for page in ("README.md", "data/records.csv", "index.html"):
        text = (folder / page).read_text(encoding="utf-8")
        assert "2026-01-02T03:04:05Z" in text
        assert not re.findall(f"9999-12-31|2026-03-03|{ANOTHER}", text)
    checked = called("verify", "--output", folder)
    assert checked.returncode == 1
    (line,) = checked.stdout.splitlines()
    assert line.startswith(told)


def test_a_folder_of_wrong_records_alone_is_a_mistake_and_nothing_is_written(
    with_a_wrong_one: tuple[Path, str],
) -> None:
    folder, told = with_a_wrong_one
    shutil.rmtree(folder / HERE)
    before = sorted(folder.rglob("*"))
    for command in ("publish", "verify"):
        done = called(command, "--output", folder)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
    assert sorted(folder.rglob("*")) == before


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="write one with xorbench run"):
        publish.publish(tmp_path)


def test_one_changed_digit_in_each_kind_of_page_is_found_with_its_place(folder: Path) -> None:
    tables = [f"tables/timings.{ending}" for ending in ("md", "csv", "tex", "html")]
    places = {}
    for page in ("README.md", f"{ANOTHER}/README.md", "data/timings.csv", *tables):
        path = folder / page
        lines = path.read_text(encoding="utf-8").split("\n")
        place = next(number for number, line in enumerate(lines) if "other" in line and re.search(r"\d", line))
        lines[place] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), lines[place], count=1)
        path.write_text("\n".join(lines), encoding="utf-8")
        places[path] = place + 1
    complaints = publish.verify(folder)
    assert {complaint.partition(" found ")[0] for complaint in complaints} == {
        f"{path}:{line}:" for path, line in places.items()
    }
    assert len(complaints) == len(places)


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


def replacing(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    "changes",
    [
        (
            ('"framework": "other"', '"framework": "else"', "tables/field.md"),
            ('"memory_gib": 1.0', '"memory_gib": 2.0', "data/records.csv"),  # stands in no table
            ('"story": "the', '"story": "The', "README.md"),
        ),
        (('"confidence": 0.95', '"confidence": 0.9', "README.md"),),  # contradicts itself, and is left out
        (("\n", "\n\n", "README.md"),),  # says the same
    ],
    ids=["values", "a contradiction", "an empty line"],
)
def test_a_changed_record_is_found_whatever_was_changed(folder: Path, changes: Sequence[tuple[str, str, str]]) -> None:
    for old, new, _ in changes:
        spoil(folder / HERE / "2026-01-02T030405Z.json", replacing(old, new))
    complaints = publish.verify(folder)
    for *_, shown_in in changes:
        assert any(complaint.startswith(f"{folder / shown_in}:") for complaint in complaints)


def test_files_that_no_record_stands_behind_are_found(folder: Path) -> None:
    strays = [folder / stray for stray in (f"{ANOTHER}/by-hand.md", "fast.json", "tables/speed.tex", "deep/er/1.json")]
    for stray in strays:
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_text("0.1 of the time\n", encoding="utf-8")
    expected = {f"{stray}: not rendered from any record or study; remove it" for stray in strays}
    assert {*publish.verify(folder)} == expected


def test_a_missing_page_and_a_removed_record_are_found(folder: Path) -> None:
    (folder / "data" / "gradients.csv").unlink()
    assert publish.verify(folder) == [f"{folder / 'data' / 'gradients.csv'}: missing; write it with xorbench publish"]
    next((folder / ANOTHER).glob("*.json")).unlink()
    found = "\n".join(publish.verify(folder))
    assert f"{folder / ANOTHER / 'README.md'}: not rendered from any record or study; remove it" in found
    assert f"{folder / 'README.md'}:" in found
