"""What is published is what the records say, and nothing else."""

import csv
import re
from pathlib import Path

import pytest
from conftest import planted_record

from benchmarks import publish, records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three records of two machines: a full one, a newer quick one, and one that was interrupted."""
    full = planted_record({"other": [0.5] * 6})
    quick = planted_record({"other": [0.6] * 6}, created="2026-02-02T00:00:00Z")
    quick["settings"]["quick"] = True
    partial = planted_record({"other": [0.7] * 6}, created="2026-03-03T00:00:00Z", partial=True)
    partial["machine"]["name"] = "another-machine"
    for record in (full, quick, partial):
        records.write(record, tmp_path)
    return tmp_path


def test_every_record_gets_a_page_and_the_folder_an_index(folder: Path) -> None:
    written = publish.publish(folder)
    assert set(written) == {path for path in folder.rglob("*.*") if path.suffix != ".json"}
    assert sorted(path.name for path in folder.glob("*.svg")) == ["payback.svg", "ratios.svg", "rounds.svg"]
    assert len(written) == 3 + 5 + 1 + 3
    index = (folder / "README.md").read_text()
    assert "- [another-machine, 2026-03-03T00:00:00Z](another-machine/2026-03-03T000000Z.md), interrupted:" in index
    assert "2026-02-02T000000Z.md), quick:" in index


def test_the_newest_full_record_is_shown_first(folder: Path) -> None:
    publish.publish(folder)
    assert "1.6487" in (folder / "README.md").read_text()  # exp(0.5), of the oldest


def test_the_page_has_one_record_of_each_machine_the_one_that_is_shown_first_in_front(folder: Path) -> None:
    found = publish.of_each_machine(records.read(path) for path in records.paths(folder))
    assert [record["machine"]["name"] for record in found] == ["some-cpu-1-cores-linux", "another-machine"]
    assert found[0]["created"] == "2026-01-02T03:04:05Z"  # the quick one is newer


def test_the_csv_has_a_line_for_every_row_of_every_record(folder: Path) -> None:
    publish.publish(folder)
    lines = list(csv.DictReader((folder / "timings.csv").read_text().splitlines()))
    assert len(lines) == 3 * 2
    assert {line["machine"] for line in lines} == {"some-cpu-1-cores-linux", "another-machine"}
    assert [round(float(line["ratio"]), 4) for line in lines if line["implementation"] == "other"] == [
        2.0138,
        1.6487,
        1.8221,
    ]


def test_publishing_twice_changes_nothing(folder: Path) -> None:
    first = {path: path.read_bytes() for path in publish.publish(folder)}
    assert {path: path.read_bytes() for path in publish.publish(folder)} == first


def test_a_spoilt_record_stops_it_before_anything_is_written(folder: Path) -> None:
    (folder / "another-machine" / "2026-04-04T000000Z.json").write_text("{")
    with pytest.raises(ValueError, match="no record"):
        publish.publish(folder)
    assert list(folder.rglob("*.md")) == []


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="xorbench run writes one"):
        publish.publish(tmp_path)


def test_tables_stand_between_their_markers() -> None:
    record = planted_record({"other": [0.5] * 6})
    filled = publish.fill("before\n<!-- table: timings -->\nspoilt\n<!-- end -->\nafter\n", record)
    assert "spoilt" not in filled
    assert "| other " in filled
    assert filled.startswith("before\n<!-- table: timings -->\n\n**hidden")
    assert filled.endswith("<!-- end -->\nafter\n")
    assert publish.fill(filled, record) == filled


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(ValueError, match="no table is named speed, expected one of timings, beginnings, order"):
        publish.fill("<!-- table: speed --><!-- end -->", planted_record({}))


def test_what_was_just_published_is_what_the_records_say(folder: Path) -> None:
    publish.publish(folder)
    assert publish.verify(folder) == []


@pytest.mark.parametrize("page", ["README.md", "another-machine/2026-03-03T000000Z.md", "timings.csv"])
def test_one_changed_digit_is_found_with_its_place(folder: Path, page: str) -> None:
    publish.publish(folder)
    path = folder / page
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if "other" in line and re.search(r"\d", line))
    lines[place] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), lines[place], count=1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (complaint,) = publish.verify(folder)
    assert complaint.startswith(f"{path}:{place + 1}: found ")


def test_a_removed_row_a_changed_record_and_a_page_without_one_are_found(folder: Path) -> None:
    publish.publish(folder)
    index = folder / "README.md"
    kept = [line for line in index.read_text(encoding="utf-8").splitlines() if not line.startswith("| other")]
    index.write_text("\n".join(kept) + "\n", encoding="utf-8")
    record = next((folder / "another-machine").glob("*.json"))
    record.write_text(record.read_text(encoding="utf-8").replace('"rounds": 11', '"rounds": 12'), encoding="utf-8")
    stray = folder / "another-machine" / "by-hand.md"
    stray.write_text("0.1 of the time\n", encoding="utf-8")
    (folder / "gradients.csv").unlink()
    found = "\n".join(publish.verify(folder))
    for place in (f"{index}:", f"{record.with_suffix('.md')}:", f"{folder / 'gradients.csv'}: missing"):
        assert place in found
    assert f"{stray}: no record stands behind it" in found
