"""Records: written whole or not at all, checked both ways, read as they were written; those of schema 4 are read."""

import json
import math
import re
import statistics
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.planted import planted_record
from xorbench import records
from xorbench.contract import REFERENCE
from xorbench.estimates import control, rounds, rows
from xorbench.estimates.ratios import Contender, log_ratios
from xorbench.tables.catalogue import one, tables
from xorbench.tables.timings import START


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
        (("schema",), 4, "$.schema"),
        (("schema",), 6, "$.schema"),
        (("kind",), "guess", "$.kind"),
        (("resumed",), None, "$.resumed"),
        (("plan_sha256",), "abc", "$.plan_sha256"),
        (("part",), 1.5, "$.part"),
        (("timings", 0, "round_nanoseconds"), ["fast"], "$.timings[0].round_nanoseconds[0]"),
        (("timings", 0, "epochs"), [100, 0], "$.timings[0].epochs[1]"),
        (("timings", 0, "epochs_per_round"), 100, "$.timings[0]"),
        (("timings", 0, "measure"), "second", "$.timings[0].measure"),
        (("timings", 0, "cpu_nanoseconds"), [-1], "$.timings[0].cpu_nanoseconds[0]"),
        (("timings", 0, "waited_nanoseconds"), [0.5], "$.timings[0].waited_nanoseconds[0]"),
        (("timings", 0, "usage", "epochs"), 0, "$.timings[0].usage.epochs"),
        (("timings", 0, "ends", 0, "expected"), [None], "$.timings[0].ends[0].expected[0]"),
        (("timings", 0, "compared_rounds"), None, "$.timings[0].compared_rounds"),
        (("timings", 0, "ledger", "late"), 0.01, "$.timings[0].ledger"),
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
    record = spoilt(planted_record({}), "timings", 0, "ends", 0, "start", value=[float("nan")])
    with pytest.raises(ValueError, match=r"ends\[0\]\.start\[0\]: null is not of type"):
        records.write(record, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["kind", "resumed", "plan_sha256", "part", "timings"])
def test_every_record_of_schema_5_has_its_keys(tmp_path: Path, key: str) -> None:
    record = planted_record({})
    assert record.pop(key) is not False or key == "resumed"
    with pytest.raises(ValueError, match=f'"{key}" is a required property'):
        records.write(record, tmp_path)


@pytest.mark.parametrize("key", ["epochs", "cpu_nanoseconds", "usage", "ends", "compared_rounds", "measure"])
def test_every_timing_of_schema_5_has_its_keys(tmp_path: Path, key: str) -> None:
    record = planted_record({})
    del record["timings"][0][key]
    with pytest.raises(ValueError, match=f'"{key}" is a required property'):
        records.write(record, tmp_path)


@pytest.mark.parametrize("series", records.SERIES)
@pytest.mark.parametrize("place", [0, 4])
def test_all_series_of_a_launch_have_one_length(tmp_path: Path, series: str, place: int) -> None:
    record = planted_record({"other": [0.5] * 6})
    record["timings"][place][series] = record["timings"][place][series][:-1]
    with pytest.raises(ValueError, match=r"^\$\.timings\[\d\]\.\w+: 2[12] rounds, expected 2[12]$"):
        records.write(record, tmp_path)


def test_launches_may_have_as_many_rounds_as_they_like(tmp_path: Path) -> None:
    one, other = planted_record({}, launches=1), planted_record({}, launches=1, rounds=8)
    later = [timing | {"launch": 1} for timing in other["timings"]]
    records.write(one | {"timings": [*one["timings"], *later]}, tmp_path)


@pytest.mark.parametrize("kind", ["run", "sweep", "history", "count"])
def test_a_record_is_of_one_of_four_kinds(tmp_path: Path, kind: str) -> None:
    assert records.read(records.write(planted_record({}, kind=kind), tmp_path))["kind"] == kind


def test_ends_that_are_not_finite_and_what_the_system_does_not_tell_are_null(tmp_path: Path) -> None:
    record = planted_record({})
    timing = record["timings"][0]
    timing["ends"] = [{"round": 3, "seed": 1, "start": [0.0], "end": [None], "expected": None}]
    timing["cpu_nanoseconds"] = timing["waited_nanoseconds"] = [None] * 22
    timing["usage"] = None
    timing["ledger"]["late_nanoseconds"] = None
    assert records.read(records.write(record, tmp_path)) == record


OLD = Path(__file__).parent / "fixtures" / "record-schema-4.json"
"""Of a run of the tutorial's network by NumPy and JAX, cut down to four launches of nine rounds."""


def test_a_record_of_schema_4_is_read_as_one_of_schema_5_that_was_timed_by_wall_time() -> None:
    old, record = json.loads(OLD.read_text(encoding="utf-8")), records.read(OLD)
    assert (old["schema"], record["schema"]) == (4, 5)
    new = ("kind", "resumed", "plan_sha256", "part")
    assert [record[key] for key in new] == ["run", False, None, None]
    changed = {*new, "schema", "timings"}
    assert {key: value for key, value in record.items() if key not in changed} == {
        key: value for key, value in old.items() if key not in changed
    }
    for before, after in zip(old["timings"], record["timings"], strict=True):
        assert after["epochs"] == [before["epochs_per_round"]] * 9
        assert after["cpu_nanoseconds"] == [None] * 9
        assert (after["measure"], after["usage"], after["ends"], after["compared_rounds"]) == ("epoch", None, [], 0)
        assert after["ledger"]["late_nanoseconds"] is None
        assert "off_trajectory" not in after["ledger"]  # a distance of the last round's end alone
        for same in ("round_nanoseconds", "positions", "waited_nanoseconds", "involuntary_switches", "violations"):
            assert after[same] == before[same]


def test_a_record_of_schema_4_is_written_again_as_one_of_schema_5(tmp_path: Path) -> None:
    record = records.read(OLD)
    path = records.write(record, tmp_path)
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == 5
    assert records.read(path) == record


def test_a_sweep_of_schema_4_is_a_sweep() -> None:
    old = json.loads(OLD.read_text(encoding="utf-8"))
    old["settings"]["sweep"] = True
    assert records.upgraded(old)["kind"] == "sweep"


def test_ratios_of_a_record_of_schema_4_are_those_of_wall_time() -> None:
    record = records.read(OLD)
    assert not rounds.by_cpu(record)
    assert not rounds.knows_cpu_time(record)
    timings = json.loads(OLD.read_text(encoding="utf-8"))["timings"]
    expected = []
    for launch in range(4):
        log_times = {
            (timing["implementation"], timing["copy"]): [
                math.log(taken / timing["epochs_per_round"]) for taken in timing["round_nanoseconds"]
            ]
            for timing in timings
            if timing["launch"] == launch
        }
        one, other, ours = (log_times[key] for key in ((REFERENCE, False), (REFERENCE, True), ("jax_grad", False)))
        expected.append(statistics.median(c - (a + b) / 2 for a, b, c in zip(one, other, ours, strict=True)))
    assert log_ratios(record, "hidden", Contender("jax_grad")) == pytest.approx(expected, rel=1e-12)
    floor, second = control.noise_floor(record), control.second_control(record)
    assert floor is not None
    assert second is None  # there are no short rounds
    row = next(row for row in rows.rows(record) if row.implementation == "jax_grad")
    assert row.ratio == pytest.approx(math.exp(statistics.fmean(expected)))
    assert (row.start, row.idle_share, row.slow_factor, row.quiet_share) == (None, None, None, None)


def test_the_tables_of_a_record_of_schema_4_say_that_it_was_timed_by_wall_time() -> None:
    record = records.read(OLD)
    (table,) = one(record, "timings")
    assert any(warning.startswith("Rounds were timed by wall time, which other") for warning in table.warnings)
    assert "Times are wall time." in table.notes
    assert list(table.frame[START]) == ["–", "–", "–"]
    (ledger,) = one(record, "ledger")
    for head, cell in (
        ("rounds compared", "0"),
        ("off, share of the way", "–"),
        ("late, µs", "unknown"),
        ("memory gained, bytes per epoch", "unknown"),
    ):
        assert set(ledger.frame[head]) == {cell}
    assert all(table.frame.size for table in tables(record))


def test_what_is_no_record_of_schema_4_is_refused(tmp_path: Path) -> None:
    old = json.loads(OLD.read_text(encoding="utf-8"))
    spoils: list[dict[str, Any]] = [{"timings": [1]}, {"timings": [{}]}, {"settings": None}, {"machine": None}]
    for spoil in spoils:
        path = tmp_path / "odd.json"
        path.write_text(json.dumps(old | spoil), encoding="utf-8")
        with pytest.raises(ValueError, match=r"odd\.json is no record: "):
            records.read(path)


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
