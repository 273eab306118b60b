"""Records: written whole or not at all, checked both ways, read as they were written."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from planted import planted_record

from benchmarks import records


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    record = planted_record({"other": [0.5] * 6})
    path = records.write(record, tmp_path / "new")
    assert path == tmp_path / "new" / "some-cpu-1-cores-linux" / "2026-01-02T030405Z.json"
    assert records.read(path) == record
    assert records.paths(tmp_path / "new") == [path]


def test_no_record_takes_the_place_of_another_runs(tmp_path: Path) -> None:
    interrupted = planted_record({}, partial=True)
    path = records.write(interrupted, tmp_path)
    whole = planted_record({})
    assert records.write(whole, tmp_path) == records.write(whole, tmp_path) == path
    with pytest.raises(FileExistsError, match="another run began in the same second"):
        records.write(planted_record({"other": [0.5] * 6}), tmp_path)
    assert records.read(path) == whole


def test_each_series_of_timings_stands_on_one_line(tmp_path: Path) -> None:
    text = records.write(planted_record({}, rounds=50), tmp_path).read_text()
    lines = [line for line in text.splitlines() if '"round_nanoseconds"' in line]
    assert len(lines) == 2 * 6
    assert all(line.rstrip(",").endswith("]") and line.count(",") >= 49 for line in lines)


def test_the_schema_is_a_schema() -> None:
    jsonschema_rs.meta.validate(records.SCHEMA)


def spoilt(record: dict[str, Any], *keys: str | int, value: object) -> dict[str, Any]:
    place: Any = record
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return record


@pytest.mark.parametrize(
    ("keys", "value", "path"),
    [
        (("schema",), 5, "$.schema"),
        (("timings", 0, "round_nanoseconds"), ["fast"], "$.timings[0].round_nanoseconds[0]"),
        (("timings", 0, "epochs_per_round"), 0, "$.timings[0].epochs_per_round"),
        (("machine", "hostname"), "secret", "$.machine"),
        (("machine", "name"), "../../etc", "$.machine.name"),
        (("environment", "user"), "somebody", "$.environment"),
        (("plan", "confidence"), 1, "$.plan.confidence"),
        (("created",), "yesterday", "$.created"),
        (("implementations", 0, "interpreter"), "/home/me", "$.implementations[0].interpreter"),
        (("environment", "others"), {"old": {"numpy": "2.0"}}, "$.environment.others.old"),
        (("workloads",), [], "$.workloads"),
    ],
)
def test_what_breaks_the_schema_is_refused_and_leaves_nothing(
    tmp_path: Path, keys: tuple[str | int, ...], value: object, path: str
) -> None:
    record = spoilt(planted_record({}), *keys, value=value)
    with pytest.raises(ValueError, match=f"^{re.escape(path)}: "):
        records.write(record, tmp_path)
    assert list(tmp_path.rglob("*.json*")) == []


def test_no_number_that_json_does_not_know(tmp_path: Path) -> None:
    record = spoilt(planted_record({}), "timings", 0, "ledger", "late", value=float("nan"))
    with pytest.raises(ValueError, match=r"ledger\.late: null is not of type"):
        records.write(record, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_cannot_be_replaced_leaves_no_half(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        records.write_whole(tmp_path / "taken", "text")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"schema": 1})])
def test_what_is_no_record_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"odd\.json is no record: "):
        records.read(path)
