"""The files of studies: written whole or not at all, checked both ways, read as they were written."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

import xorbench
from tests.planted import MACHINE, planted
from tests.studied import planted_study
from xorbench.record import store, studies


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    study = planted_study()
    path = studies.write(study, tmp_path)
    assert path == tmp_path / "studies" / "coverage" / "some-cpu-2-cores-linux-x86-64-2026-01-02T030405Z.json"
    assert studies.read(path) == study
    assert studies.paths(tmp_path) == [path]
    assert studies.write(study, tmp_path) == path


def test_no_study_takes_the_place_of_another(tmp_path: Path) -> None:
    path = studies.write(planted_study(), tmp_path)
    later = studies.write(planted_study(data={}), tmp_path)
    assert studies.read(path) == planted_study()
    assert studies.read(later) == planted_study(data={}, created="2026-01-02T03:04:06Z")
    assert studies.paths(tmp_path) == [path, later]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"study": "../load"}, "$.study: "),
        ({"created": "yesterday"}, "$.created: "),
        ({"command": "rm -r results"}, "$.command: "),
        ({"commit": "x" * 50_001}, "$.commit: "),
        ({"machine": replace(MACHINE, name="../../etc")}, "$.machine.name: "),
        ({"versions": {"numpy": "2.4.6"}}, "$.versions.python: "),
        ({"data": {"share": float("nan")}}, "not JSON compliant"),
    ],
)
def test_what_is_no_study_is_refused_and_leaves_nothing(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        studies.write(planted_study(**change), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"commit": 1}, "$.commit: "),
        ({"machine": {**asdict(MACHINE), "hostname": "secret"}}, "$.machine.hostname: "),
        ({"data": []}, "$.data: "),
        ({"author": "somebody"}, "$.author: "),
    ],
)
def test_a_text_that_is_no_study_is_refused_with_the_place(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}"):
        studies.parsed(json.dumps(asdict(planted_study()) | change))


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (5, "expected a list with a time and a commit, or null, of each earlier part, got 5"),
        ("abcd", "expected a list with a time and a commit, or null, of each earlier part, got 'abcd'"),
        (None, "expected a list with a time and a commit, or null, of each earlier part, got None"),
        (["2026-01-02T03:04:05Z"], "of each earlier part, got a list of 1"),
        ([["<script>"], {"a": 1}], "$.data.after[0]: expected a time such as 2026-01-02T03:04:05Z, got ['<script>']"),
        (["2026-01-02T03:04:05Z", {"a": 1}], "$.data.after[1]: expected a commit or null, got {'a': 1}"),
        (["2026-01-02T03:04:05Z", "a\x1bb"], "$.data.after[1]: expected a commit or null, got 'a\\x1bb'"),
        (["2026-01-02T03:04:05Z", None, "yesterday", None], "$.data.after[2]: expected a time such as "),
    ],
)
def test_what_a_study_continues_is_times_and_commits(after: object, says: str) -> None:
    text = json.dumps(asdict(planted_study(data={"after": after})))
    with pytest.raises(ValueError, match=re.escape(says)) as found:
        studies.parsed(text)
    assert str(found.value).startswith("$.data.after")


def test_what_a_study_continues_may_be_of_no_commit() -> None:
    study = planted_study(data={"after": ["2026-01-02T03:04:05Z", None, "2026-01-02T03:04:06Z", "0" * 40]})
    assert studies.parsed(json.dumps(asdict(study))) == study


@pytest.mark.parametrize("character", ["\n", "\x07", "\x1b", "\x85", "\u200e", "\u202e", "\u2028", "\u2066"])
@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("command", {"command": "python -m xorbench.studies.coverage {}x"}),
        ("commit", {"commit": "{}x"}),
        ("machine.cpu", {"machine": replace(MACHINE, cpu="Some {}CPU")}),
        ("machine.system", {"machine": replace(MACHINE, system="{}Linux")}),
        ("versions.'python'", {"versions": {"python": "3.11.7{}"}}),
        ("versions.", {"versions": {"python": "3.11.7", "num{}py": "1"}}),
    ],
)
def test_no_character_leaves_the_line_of_a_text(place: str, change: dict[str, Any], character: str) -> None:
    text = json.dumps(asdict(planted_study(**change))).replace("{}", json.dumps(character)[1:-1])
    with pytest.raises(ValueError, match=re.escape(f"$.{place}")) as found:
        studies.parsed(text)
    assert f"holds the character {character!r}, expected printable ones in one line" in str(found.value)
    assert str(found.value).isprintable()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({name: value for name, value in asdict(planted_study()).items() if name != "machine"}),
        json.dumps(asdict(planted_study()) | {"author": "somebody"}),
        json.dumps(asdict(planted_study(data={"share": float("nan")}))),
        store.as_text(planted({}).record),
    ],
)
def test_a_file_that_is_no_study_is_named_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.json is not a study: ") as found:
        studies.read(path)
    assert "\n" not in str(found.value)


def test_studies_are_not_taken_for_records_nor_records_for_studies(tmp_path: Path) -> None:
    study, record = studies.write(planted_study(), tmp_path), store.write(planted({}).record, tmp_path)
    assert store.paths(tmp_path) == [record]
    assert studies.paths(tmp_path) == [study]
    assert len(xorbench.load(tmp_path).records) == 1
    assert studies.holds_one(study)
    assert not studies.holds_one(record)
    study.write_text("{", encoding="utf-8")
    record.write_text("{", encoding="utf-8")
    assert studies.holds_one(study)  # by its place
    assert not studies.holds_one(record)


def test_data_with_a_number_that_is_not_finite_are_refused() -> None:
    text = json.dumps(asdict(planted_study(data={"a": [{"b": 123.25}]})))
    for number in ("1e999", "NaN", "-Infinity"):
        with pytest.raises(ValueError, match=r"^[^\n]+$"):
            studies.parsed(text.replace("123.25", number))
