"""The commands that need records and nothing else, as a user meets them."""

import json
from pathlib import Path

import pytest
from command import COMMITTED, document, xorbench
from planted import planted_record

from benchmarks import records
from benchmarks.tables.catalogue import one
from benchmarks.tables.formats import FORMATS


def test_two_records_are_compared_as_a_gate(tmp_path: Path) -> None:
    wobble = [0.002, -0.002, 0.0] * 2
    paths = []
    for number, ratio in enumerate((0.5, 0.6)):
        record = planted_record({"other": [ratio + w for w in wobble]}, created=f"2026-01-0{number + 1}T03:04:05Z")
        paths.append(records.write(record, tmp_path))
    before, after = paths
    done = xorbench("compare", before, after)
    assert done.returncode == 0
    assert "changed" in done.stdout
    for arguments, code in (
        ((before, after, "--fail-if-slower=5%"), 1),
        ((before, after, "--fail-if-slower", "20"), 0),
        ((after, before, "--fail-if-slower=5%"), 0),
    ):
        assert xorbench("compare", *arguments).returncode == code
    found = document(xorbench("compare", before, after, "--fail-if-slower=5%", "--json"))
    assert found["failed"]
    assert found["changes"][0]["change"]["value"] == pytest.approx(1.105, abs=0.001)


def test_a_gate_that_can_not_see_is_not_open(tmp_path: Path) -> None:
    here = records.write(planted_record({"other": [0.5] * 6}), tmp_path)
    there = planted_record({"other": [0.5] * 6})
    there["machine"]["name"] = "another"
    elsewhere = records.write(there, tmp_path)
    done = xorbench("compare", here, elsewhere, "--fail-if-slower=5%")
    assert done.returncode == 1
    assert "machines of two kinds, some-cpu-1-cores-linux and another" in done.stdout
    assert xorbench("compare", here, elsewhere).returncode == 0


def test_an_export_is_a_file_for_other_tools(tmp_path: Path) -> None:
    record = records.write(planted_record({"other": [0.5] * 6}), tmp_path)
    done = xorbench("export", record, "--pytest-benchmark", tmp_path / "out.json")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "out.json"))
    assert len(json.loads((tmp_path / "out.json").read_text())["benchmarks"]) == 3


def test_an_export_to_parquet_is_a_file_a_frame(tmp_path: Path) -> None:
    done = xorbench("export", COMMITTED, "--parquet", tmp_path / "frames")
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.split()]
    assert {file.stem for file in files} >= {"records", "rounds", "timings", "gradients"}
    assert all(file.stat().st_size for file in files)


def test_a_record_is_shown_again_for_people_and_as_a_text() -> None:
    assert "The fairness ledger" in xorbench("show", COMMITTED).stdout
    tex = xorbench("show", COMMITTED, "--table=timings", "--format=tex").stdout
    assert tex == FORMATS["tex"](one(records.read(Path(COMMITTED)), "timings"))


def test_the_committed_records_may_be_published() -> None:
    done = xorbench("check")
    assert (done.returncode, done.stdout.split(" records ")[1]) == (0, "may be published\n")
