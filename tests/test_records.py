"""Records are checked when they are written and when they are read, and read as they were written."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.planted import changed, planted, with_timings
from tests.shown import shown
from xorbench.estimates.analysis import Analysis
from xorbench.record import checking, store
from xorbench.record.run import Seconds
from xorbench.record.timing import SERIES, End, Timing


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    record = planted({"other": [0.5] * 6}).record
    path = store.write(record, tmp_path / "new")
    assert path == tmp_path / "new" / "some-cpu-2-cores-linux-x86-64" / "2026-01-02T030405Z.json"
    assert store.read(path) == record
    assert store.paths(tmp_path / "new") == [path]


@pytest.mark.parametrize("analysis", [planted({}), shown("other")], ids=["planted", "with a report"])
def test_what_is_read_and_written_again_is_the_same_bytes(tmp_path: Path, analysis: Analysis) -> None:
    first = store.write(analysis.record, tmp_path / "first")
    second = store.write(store.read(first), tmp_path / "second")
    assert second.read_bytes() == first.read_bytes()


def test_each_series_of_timings_stands_on_one_line(tmp_path: Path) -> None:
    text = store.write(planted({}, rounds=50).record, tmp_path).read_text()
    lines = [line for line in text.splitlines() if '"round_nanoseconds"' in line]
    assert len(lines) == 2 * 6
    assert all(line.rstrip(",").endswith("]") and line.count(",") >= 49 for line in lines)


def test_the_committed_schema_is_that_of_the_types() -> None:
    assert store.SCHEMA.read_text(encoding="utf-8") == store.schema()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_no_place_of_a_record_takes_a_number_that_is_not_finite(number: str) -> None:
    text = store.as_text(shown("other").record)
    numbers = [*re.finditer(r"(?<=[\[ ])-?\d[\d.e+-]*(?=[,\]\n])", text)]
    assert len(numbers) > 100
    for found in numbers[:: len(numbers) // 50]:
        with pytest.raises(ValueError, match=r"finite|expected value|invalid number|: inf, expected|got inf"):
            store.parsed(text[: found.start()] + number + text[found.end() :])


def test_a_key_that_is_twice_in_an_object_is_found() -> None:
    checking.without_repeated_keys('{"partial": true, "seconds": {"partial": 1}}')
    with pytest.raises(ValueError, match="the key 'partial' is twice in one object, expected once"):
        checking.without_repeated_keys('{"seconds": {"partial": true, "partial": false}}')


def spoilt(*keys: str | int, value: object) -> str:
    """The text of a record with another value at one place."""
    content = json.loads(store.as_text(planted({}).record))
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        (("schema",), 7, "$.schema: Input should be 6, got 7"),
        (("kind",), "guess", "$.kind: Input should be 'run', 'sweep', 'history' or 'count', got 'guess'"),
        (("resumed",), None, "$.resumed: Input should be a valid boolean, got None"),
        (("resumed",), 1, "$.resumed: Input should be a valid boolean, got 1"),
        (("plan_sha256",), "abc", "$.plan_sha256: String should have at least 64 characters, got 'abc'"),
        (("part",), 1.5, "$.part: Input should be a valid string, got 1.5"),
        (
            ("timings", 0, "round_nanoseconds"),
            ["fast"],
            "$.timings[0].round_nanoseconds[0]: Input should be a valid integer, got 'fast'",
        ),
        (
            ("timings", 0, "epochs"),
            [100, 0],
            "$.timings[0].epochs[1]: Input should be greater than or equal to 1, got 0",
        ),
        (("timings", 0, "epochs_per_round"), 100, "$.timings[0].epochs_per_round: is not a known key"),
        (
            ("timings", 0, "measure"),
            "second",
            "$.timings[0].measure: Input should be 'epoch', 'gradient', 'loss' or 'predict', got 'second'",
        ),
        (
            ("timings", 0, "cpu_nanoseconds"),
            [-1],
            "$.timings[0].cpu_nanoseconds[0]: Input should be greater than or equal to 0, got -1",
        ),
        (
            ("timings", 0, "waited_nanoseconds"),
            [0.5],
            "$.timings[0].waited_nanoseconds[0]: Input should be a valid integer, got 0.5",
        ),
        (
            ("timings", 0, "usage", "epochs"),
            0,
            "$.timings[0].usage.epochs: Input should be greater than or equal to 1, got 0",
        ),
        (
            ("timings", 0, "ends", 0, "start"),
            [None],
            "$.timings[0].ends[0].start[0]: Input should be a valid number, got None",
        ),
        (
            ("timings", 0, "ends", 0, "expected"),
            [None],
            "$.timings[0].ends[0].expected[0]: Input should be a valid number, got None",
        ),
        (
            ("timings", 0, "compared_rounds"),
            None,
            "$.timings[0].compared_rounds: Input should be a valid integer, got None",
        ),
        (("timings", 0, "ledger", "late"), 0.01, "$.timings[0].ledger.late: is not a known key"),
        (("machine",), None, "$.machine: Input should be a dictionary or an instance of Machine, got None"),
        (("machine", "hostname"), "secret", "$.machine.hostname: is not a known key"),
        (("machine", "cores"), "1", "$.machine.cores: Input should be a valid integer, got '1'"),
        (
            ("machine", "name"),
            "../../etc",
            "$.machine.name: String should match pattern '^[a-z0-9-]+$', got '../../etc'",
        ),
        (("environment", "user"), "somebody", "$.environment.user: is not a known key"),
        (("plan", "confidence"), 1, "$.plan.confidence: Input should be less than 1, got 1"),
        (
            ("created",),
            "yesterday",
            r"$.created: String should match pattern '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$', got 'yesterday'",
        ),
        (
            ("commit",),
            "x" * 50_001,
            "$.commit: String should have at most 50000 characters, got 'xxxxxxxxxxxx...xxxxxxxxxxxxx'",
        ),
        (
            ("implementations", 0, "interpreter"),
            "/home/me",
            "$.implementations[0].interpreter: "
            "String should match pattern '^[A-Za-z0-9][A-Za-z0-9._-]*$', got '/home/me'",
        ),
        (("environment", "others"), {"old": {"numpy": "2.0"}}, "$.environment.others.old.python: is missing"),
        (("workloads",), [], "$.workloads: List should have at least 1 item after validation, not 0, got []"),
        (
            ("seconds", "total"),
            10**400,
            "$.seconds.total: Input should be a valid number, got 100000000000000000...0000000000000000000",
        ),
    ],
)
def test_what_is_no_record_is_refused_in_one_line_that_names_the_place(
    keys: tuple[str | int, ...], value: object, says: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        store.parsed(spoilt(*keys, value=value))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_text_with_a_number_that_json_does_not_know_is_refused_with_its_place(number: float) -> None:
    text = spoilt("timings", 0, "ends", 0, "start", value=[number])
    with pytest.raises(
        ValueError, match=r"^it is not JSON: (expected value|invalid number) at .* column \d+$"
    ) as found:
        store.parsed(text)
    column = int(str(found.value).rsplit(" ", 1)[1])
    assert text[:column].rstrip("-NI").endswith('"start": [')


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"plan_sha256": "abc"}, "$.plan_sha256"),
        ({"part": "half"}, "$.part"),
        ({"host": "my-laptop"}, "$.host"),
        ({"created": "yesterday"}, "$.created"),
        ({"command": "rm -r results"}, "$.command"),
        ({"commit": "x" * 50_001}, "$.commit"),
        ({"machine": replace(planted({}).record.machine, name="../../etc")}, "$.machine.name"),
        ({"plan": replace(planted({}).record.plan, confidence=1.0)}, "$.plan.confidence"),
        ({"implementations": []}, "$.implementations"),
        ({"workloads": []}, "$.workloads"),
        ({"timings": [replace(planted({}).record.timings[0], epochs=[100, 0])]}, "$.timings[0].epochs[1]"),
    ],
)
def test_what_is_no_record_is_not_written_and_leaves_nothing(tmp_path: Path, change: dict[str, Any], path: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(path)}: "):
        store.write(changed(planted({}), **change).record, tmp_path)
    assert list(tmp_path.rglob("*.json*")) == []


def test_no_number_that_json_does_not_know(tmp_path: Path) -> None:
    def spoil(timing: Timing) -> Timing:
        return replace(timing, ends=[replace(timing.ends[0], start=[math.nan])])

    with pytest.raises(ValueError, match="not JSON compliant"):
        store.write(with_timings(planted({}), spoil).record, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["created", "machine", "gradients", "launches", "timings", "unfit"])
def test_a_record_without_one_of_its_keys_is_refused(key: str) -> None:
    content = json.loads(store.as_text(planted({}).record))
    del content[key]
    with pytest.raises(ValueError, match=rf"^\$\.{key}: is missing$"):
        store.parsed(json.dumps(content))


@pytest.mark.parametrize("key", ["epochs", "round_nanoseconds", "cpu_nanoseconds", "ledger", "usage"])
def test_a_timing_without_one_of_its_keys_is_refused(key: str) -> None:
    content = json.loads(store.as_text(planted({}).record))
    del content["timings"][0][key]
    with pytest.raises(ValueError, match=rf"^\$\.timings\[0\]\.{key}: is missing$"):
        store.parsed(json.dumps(content))


def test_every_record_that_is_written_has_all_keys_of_its_schema() -> None:
    content = json.loads(store.as_text(planted({}).record))
    assert content.keys() >= {"schema", "kind", "resumed", "plan_sha256", "part", "host", "timings"}
    for timing in content["timings"]:
        assert timing.keys() >= {"epochs", "cpu_nanoseconds", "usage", "ends", "compared_rounds", "measure"}


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("place", [0, 4])
def test_all_series_of_a_launch_have_one_length(tmp_path: Path, series: str, place: int) -> None:
    analysis = planted({"other": [0.5] * 6})
    timings = [*analysis.record.timings]
    shorter: dict[str, Any] = {series: getattr(timings[place], series)[:-1]}
    timings[place] = replace(timings[place], **shorter)
    with pytest.raises(ValueError, match=r"^\$\.timings\[\d\]\.\w+: 2[12] rounds, expected 2[12]$"):
        store.write(changed(analysis, timings=timings).record, tmp_path)


def test_launches_may_have_as_many_rounds_as_they_like(tmp_path: Path) -> None:
    first, other = planted({}, launches=1), planted({}, launches=1, rounds=8)
    later = [replace(timing, launch=1) for timing in other.record.timings]
    store.write(changed(first, timings=[*first.record.timings, *later]).record, tmp_path)


@pytest.mark.parametrize("kind", ["run", "sweep", "history", "count"])
def test_a_record_is_of_one_of_four_kinds(tmp_path: Path, kind: str) -> None:
    assert store.read(store.write(planted({}, kind=kind).record, tmp_path)).kind == kind


def test_ends_that_are_not_finite_and_what_the_system_does_not_tell_are_null(tmp_path: Path) -> None:
    timings = [*planted({}).record.timings]
    timings[0] = replace(
        timings[0],
        ends=[End(round=3, seed=1, start=[0.0], end=[None], expected=None)],
        cpu_nanoseconds=[None] * 22,
        waited_nanoseconds=[None] * 22,
        usage=None,
        ledger=replace(timings[0].ledger, late_nanoseconds=None),
    )
    record = planted({}, timings=timings).record
    assert store.read(store.write(record, tmp_path)) == record


"""Of a run of the tutorial's network by NumPy and JAX, cut down to four launches of nine rounds."""


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"schema": 1})])
def test_what_is_no_record_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"odd\.json is not a record: "):
        store.read(path)


@pytest.mark.parametrize(
    ("keys", "least", "less"),
    [
        (("settings", "budget_minutes"), 1e-9, 0.0),
        (("settings", "cold_starts"), 0, -1),
        (("settings", "launches"), 1, 0),
        (("launches", 0, "seconds"), 1e-9, 0.0),
        (("launches", 0, "seconds_starting"), 0.0, -1e-9),
        (("timings", 0, "compared_rounds"), 0, -1),
        (("seconds", "calibration"), 0.0, -1e-9),
    ],
)
def test_the_least_of_a_number_is_read_and_less_is_refused(
    keys: tuple[str | int, ...], least: float, less: float
) -> None:
    store.parsed(spoilt(*keys, value=least))
    with pytest.raises(ValueError, match=f"{keys[-1]}: "):
        store.parsed(spoilt(*keys, value=less))


def test_a_stage_that_was_not_reached_has_taken_no_time() -> None:
    assert Seconds() == Seconds(judge=0, calibration=0, launches=0, cold_starts=0, total=0)


def test_of_several_faults_the_one_nearest_to_the_root_is_named() -> None:
    content = json.loads(spoilt("timings", 0, "epochs", value=[0]))
    for other in ("created", "seconds"):
        with pytest.raises(ValueError, match=rf"^\$\.{other}: "):
            store.parsed(json.dumps(content | {other: None}))


@pytest.mark.parametrize("part", ["schema", "kind", "part", "seconds", "products"])
def test_every_key_that_is_written_must_be_there_when_a_record_is_read(part: str) -> None:
    content = store.as_json(planted({}).record)
    del content[part]
    with pytest.raises(ValueError, match=rf"^\$\.{part}: is missing$"):
        store.parsed(json.dumps(content))


def test_every_key_of_a_part_must_be_there_when_a_record_is_read() -> None:
    content = store.as_json(planted({}).record)
    del content["timings"][3]["violations"]
    with pytest.raises(ValueError, match=r"^\$\.timings\[3\]\.violations: is missing$"):
        store.parsed(json.dumps(content))
