"""Studies are published: documents filled from them, a hand in them found, nothing personal let through."""

import platform
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.command import called
from tests.planted import MACHINE, planted
from tests.studied import planted_study
from xorbench import places
from xorbench.publication import publish, shown_studies
from xorbench.publication.contribution import complaints
from xorbench.publication.documents import fill
from xorbench.publication.shown_studies import every
from xorbench.record import store, studies
from xorbench.tables.catalogue import named
from xorbench.tables.studies import showing


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record and two studies of one name, published."""
    folder = tmp_path_factory.mktemp("published")
    store.write(planted({"other": [0.5] * 6}).record, folder)
    studies.write(planted_study(), folder)
    studies.write(planted_study(created="2026-02-02T00:00:00Z"), folder)
    publish.publish(folder)
    return folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    """A copy of them, to spoil."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_published_studies_are_what_they_say(folder: Path) -> None:
    assert (folder / "studies" / "README.md").read_text(encoding="utf-8").startswith("# Studies\n")
    assert publish.verify(folder) == []


@pytest.mark.parametrize(
    ("place", "old", "new", "shown"),
    [
        (0, '"together": 0.95', '"together": 0.85', "found '- [coverage, "),
        (1, '"warm_up_bias": 0.01', '"warm_up_bias": 0.010000001', "found '- [coverage, "),
        (1, '"together": 0.95', '"together": 0.85', "found '| normal |"),
    ],
    ids=["older", "in no table", "in a table"],
)
def test_a_changed_digit_in_any_study_is_found(folder: Path, place: int, old: str, new: str, shown: str) -> None:
    path = studies.paths(folder)[place]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (complaint,) = publish.verify(folder)
    assert complaint.startswith(f"{folder / 'studies' / 'README.md'}:")
    assert shown in complaint


def test_a_removed_study_and_a_missing_page_are_found(folder: Path) -> None:
    older, newest = studies.paths(folder)
    older.unlink()
    (complaint,) = publish.verify(folder)
    assert complaint.startswith(f"{folder / 'studies' / 'README.md'}:")
    newest.unlink()
    page = folder / "studies" / "README.md"
    assert publish.verify(folder) == [f"{page}: not rendered from any record or study; remove it"]
    studies.write(planted_study(), folder)
    page.unlink()
    assert publish.verify(folder) == [f"{page}: missing; write it with xorbench publish"]


def test_what_lies_beside_studies_is_found(folder: Path) -> None:
    stray = folder / "studies" / "coverage" / "notes.txt"
    stray.write_text("0.1 of the time\n", encoding="utf-8")
    assert publish.verify(folder) == [f"{stray}: not rendered from any record or study; remove it"]


def test_a_spoilt_study_is_named_and_left_out_and_the_others_are_shown(folder: Path) -> None:
    older, newest = studies.paths(folder)
    newest.write_text("{", encoding="utf-8")
    (complaint, *_) = publish.verify(folder)
    assert complaint.startswith(f"{newest} is not a study: ")
    written, refused = publish.publish(folder)
    assert refused == [complaint]
    assert folder / "README.md" in written
    page = (folder / "studies" / "README.md").read_text(encoding="utf-8")
    assert "2026-01-02T03:04:05Z; python" in page
    assert older.name in page
    assert newest.name not in page
    assert publish.verify(folder) == refused


def filled(document: str) -> str:
    analysis = planted({"other": [0.5] * 6})
    return fill(document, analysis, named(analysis), of_studies=every(places.results())[0])


def test_a_document_is_filled_from_the_newest_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "results", lambda: tmp_path)
    document = "before\n<!-- study: coverage -->\nspoilt\n<!-- end -->\nafter\n"
    assert filled(document) == "before\n<!-- study: coverage -->\n\nNothing to show.\n\n<!-- end -->\nafter\n"
    studies.write(planted_study(), tmp_path)
    text = filled(document)
    assert "spoilt" not in text
    assert re.search(r"\| normal \|\s+8 \|\s+94\.0% \|\s+95\.0% \|", text)
    assert "2026-01-02T03:04:05Z; python -m xorbench.studies.coverage --runs 1000." in text
    assert text.endswith("<!-- end -->\nafter\n")
    assert filled(text) == text
    with pytest.raises(ValueError, match="no study is named speed"):
        filled("<!-- study: speed --><!-- end -->")


def test_the_caption_of_a_study_that_was_continued_says_what_it_continues() -> None:
    first, second = ["2026-11-27T10:38:02Z", "dc3fbef" + "0" * 33], ["2026-11-27T11:06:06Z", None]
    one, other = "at 2026-11-27T10:38:02Z, of commit dc3fbef00000", "at 2026-11-27T11:06:06Z, of commit None"
    caption = showing.caption(planted_study(data={"after": [*first, *second]}))
    assert caption.endswith(f" --runs 1000. It continues what began {one} and {other}.")
    assert showing.caption(planted_study()).endswith(" --runs 1000.")


def test_a_study_may_be_published(tmp_path: Path) -> None:
    assert complaints(studies.write(planted_study(), tmp_path)) == []


def test_one_that_lies_elsewhere_may_not(tmp_path: Path) -> None:
    path = studies.write(planted_study(), tmp_path)
    place = "studies/coverage/some-cpu-2-cores-linux-x86-64-2026-01-02T030405Z.json"
    elsewhere = f"is in the wrong place, expected {place} by its machine and time; move it there"
    for name in ("studies/coverage/another-2026-01-02T030405Z.json", f"studies/load/{path.name}", f"{path.name}"):
        moved = tmp_path / name
        moved.parent.mkdir(exist_ok=True)
        shutil.copy(path, moved)
        assert complaints(moved) == [f"{moved}: {elsewhere}"]


def test_one_that_has_no_table_or_is_none_may_not(tmp_path: Path) -> None:
    path = studies.write(planted_study(data={}), tmp_path)
    assert complaints(path) == [f"{path}: its data are not those of a study named coverage: $.runs: is missing"]
    path.write_text("{", encoding="utf-8")
    (complaint,) = complaints(path)
    assert complaint.startswith(f"{path} is not a study: ")


@pytest.mark.parametrize(
    ("bins", "edges", "says"),
    [
        ([1.0, 2.0], [-1.0, 0.0], "its data can't be drawn as those of a study named functions: "),
        ([1.0], [-1.0, 0.0, 1.0], "its data can't be drawn as those of a study named functions: "),
        (["abc", "abc"], [-1.0, 0.0, 1.0], "its data are not those of a study named functions: $.rows[0].ulps_by_bin"),
        (["nan", 1.0], [-1.0, 0.0, 1.0], "its data are not those of a study named functions: $.rows[0].ulps_by_bin"),
        ([-1.0, 1.0], [-1.0, 0.0, 1.0], "its data are not those of a study named functions: $.rows[0].ulps_by_bin"),
        ([1.0, 1.0], [1.0, 1.0, 1.0], "its data are not those of a study named functions: $.edges: 1 before 1"),
    ],
)
def test_one_whose_figure_cannot_be_drawn_may_not_and_is_left_out(
    tmp_path: Path, bins: list[float | str], edges: list[float], says: str
) -> None:
    row = {"framework": "good", "function": "exp", "dtype": "float64", "units": 1.0, "units_at": "1.0", "ulps": 1.0}
    data = {
        "arguments": 2,
        "seed": 0,
        "lengths": [1, 2],
        "functions": ["exp"],
        "charges": {"float64": {"exp": 4}, "float32": {"exp": 4}},
        "edges": edges,
        "rows": [row | {"ulps_by_bin": bins}],
        "missing": [],
    }
    study = planted_study(study="functions", command="python -m xorbench.studies.functions", data=data)
    path = studies.write(study, tmp_path)
    (complaint,) = complaints(path)
    assert complaint.startswith(f"{path}: {says}")
    store.write(planted({"other": [0.5] * 6}).record, tmp_path)
    _, refused = publish.publish(tmp_path)
    assert len(refused) == 1
    assert refused[0].startswith(f"{path} is not a study: {says}")


IN_TWO_DAYS = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"created": "2026-02-30T00:00:00Z"}, "$.created: '2026-02-30T00:00:00Z' is no date of the calendar"),
        ({"created": "2025-12-31T23:59:59Z"}, "expected a time between 2026-01-01 and tomorrow"),
        ({"created": IN_TWO_DAYS}, "expected a time between 2026-01-01 and tomorrow"),
        (
            {"machine": replace(MACHINE, cpu="Quantum 9000")},
            "$.machine.name: 'some-cpu-2-cores-linux-x86-64', expected 'quantum-9000-2-cores-linux-x86-64', which its",
        ),
        (
            {"command": "python -m xorbench.studies.load"},
            "$.command: 'python -m xorbench.studies.load', expected one call of xorbench.studies.coverage without",
        ),
        (
            {"command": "python -m xorbench.studies.coverage --runs 1; true"},
            "expected one call of xorbench.studies.coverage without other commands",
        ),
        ({"commit": "trust me"}, "$.commit: 'trust me', expected 40 hexadecimal digits"),
        (
            {"data": {**planted_study().data, "notes": [{"a": "b\u202ec"}]}},
            "$.data.notes[0].a: holds the character '\\u202e', expected printable ones",
        ),
    ],
    ids=["calendar", "before", "after", "machine", "another command", "two commands", "commit", "text"],
)
def test_one_that_contradicts_itself_may_not_and_is_left_out(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    path = studies.write(planted_study(**change), tmp_path)
    (complaint,) = complaints(path)
    assert complaint.startswith(f"{path}: $.")
    assert says in complaint
    found, refused = shown_studies.every(tmp_path)
    assert found == []
    assert refused == [complaint.replace(": $.", " contradicts itself: $.", 1)]


def test_a_study_that_benchmarks_measured_as_an_older_package_may_be_published(tmp_path: Path) -> None:
    command = "python -m benchmarks.studies.coverage"
    assert complaints(studies.write(planted_study(command=command, commit="0" * 40 + "+changes"), tmp_path)) == []


def test_nothing_personal_may_be_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "lovelace")
    data = {**planted_study().data, "folder": "/home/ada/results", "notes": [{"ask": "ada@example.org"}]}
    found = "\n".join(complaints(studies.write(planted_study(data=data, commit="of lovelace"), tmp_path)))
    assert "$.data.folder holds a folder: '/home/ada/results'" in found
    assert "$.data.notes[0].ask holds an address: 'ada@example.org'" in found
    assert "$.commit holds the name of this machine or its user: lovelace" in found


def test_check_says_how_many_of_both_may_be_published(tmp_path: Path) -> None:
    path = studies.write(planted_study(), tmp_path)
    done = called("check", path)
    assert (done.returncode, done.stdout) == (0, "1 of 1 studies may be published\n")
    path.write_text(path.read_text(encoding="utf-8").replace("Some CPU", "/home/ada/CPU"), encoding="utf-8")
    done = called("check", path)
    assert done.returncode == 1
    assert "$.machine.cpu holds a folder" in done.stdout


def test_no_control_character_of_the_name_of_a_file_is_printed(folder: Path) -> None:
    odd = studies.paths(folder)[0].with_name("a\x1b[31m\u202e\nb.json")
    odd.write_text("{", encoding="utf-8")
    shown = "a�[31m��b.json"
    for command in (("check", odd), ("publish", "--output", folder), ("verify", "--output", folder)):
        done = called(*command)
        assert done.returncode == 1
        assert shown in done.stdout + done.stderr
        assert all(line.isprintable() for line in (done.stdout + done.stderr).splitlines())
