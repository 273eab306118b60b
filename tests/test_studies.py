"""Studies are published: documents filled from them, a hand in them found, nothing personal let through."""

import platform
import re
import shutil
from pathlib import Path

import pytest

from tests.command import called
from tests.planted import planted
from tests.studied import planted_study
from xorbench import places
from xorbench.publication import publish
from xorbench.publication.contribution import complaints
from xorbench.publication.documents import fill
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


def test_a_spoilt_study_stops_publishing(folder: Path) -> None:
    studies.paths(folder)[0].write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="is not a study"):
        publish.publish(folder)


def filled(document: str) -> str:
    analysis = planted({"other": [0.5] * 6})
    return fill(document, analysis, named(analysis))


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
    place = "studies/coverage/some-cpu-1-cores-linux-x86-64-2026-01-02T030405Z.json"
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
