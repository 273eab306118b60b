"""Records: written whole or not at all, checked both ways, read as they were written; those of schema 4 are read."""

import errno
import json
import math
import os
import re
import signal
import statistics
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.planted import changed, planted, with_timings
from tests.shown import shown
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.ratios import RowId, log_ratios
from xorbench.record import checking, store
from xorbench.record.older import upgraded
from xorbench.record.report import Conduct, Judgement, Pair
from xorbench.record.run import SCHEMA_VERSION, Seconds
from xorbench.record.timing import SERIES, End, Failure, Timing
from xorbench.tables.catalogue import one, tables
from xorbench.tables.timings import START


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    record = planted({"other": [0.5] * 6}).record
    path = store.write(record, tmp_path / "new")
    assert path == tmp_path / "new" / "some-cpu-1-cores-linux-x86-64" / "2026-01-02T030405Z.json"
    assert store.read(path) == record
    assert store.paths(tmp_path / "new") == [path]


@pytest.mark.parametrize("analysis", [planted({}), shown("other")], ids=["planted", "with a report"])
def test_what_is_read_and_written_again_is_the_same_bytes(tmp_path: Path, analysis: Analysis) -> None:
    first = store.write(analysis.record, tmp_path / "first")
    second = store.write(store.read(first), tmp_path / "second")
    assert second.read_bytes() == first.read_bytes()


def test_no_record_takes_the_place_of_another_runs(tmp_path: Path) -> None:
    path = store.write(planted({}, partial=True).record, tmp_path)
    whole = planted({}).record
    assert store.write(whole, tmp_path) == store.write(whole, tmp_path) == path
    other = planted({"other": [0.5] * 6}).record
    later = store.write(other, tmp_path)
    assert later == path.with_name("2026-01-02T030406Z.json")
    assert store.read(path) == whole
    assert store.read(later) == replace(other, created="2026-01-02T03:04:06Z")
    assert store.paths(tmp_path) == [path, later]


def test_a_partial_record_is_replaced_only_by_one_that_holds_all_its_timings(tmp_path: Path) -> None:
    first = planted({"other": [0.5] * 6}, partial=True).record
    path = store.write(first, tmp_path)
    fewer = replace(first, timings=first.timings[1:])
    assert store.write(fewer, tmp_path) != path
    last = replace(first.timings[-1], round_nanoseconds=[n + 1 for n in first.timings[-1].round_nanoseconds])
    assert store.write(replace(first, timings=[*first.timings[:-1], last]), tmp_path) != path
    assert store.read(path) == first
    assert store.write(replace(first, partial=False), tmp_path) == path
    assert len(store.paths(tmp_path)) == 3


def test_a_partial_record_of_several_measures_is_replaced_too(tmp_path: Path) -> None:
    first = planted({"other": [0.5] * 6}, partial=True).record
    losses = [replace(t, measure="loss", epochs=[n + 2 for n in t.epochs]) for t in first.timings if not t.copy]
    path = store.write(replace(first, timings=[*first.timings, *losses]), tmp_path)
    assert store.write(replace(first, timings=[*first.timings, *losses], partial=False), tmp_path) == path
    assert store.paths(tmp_path) == [path]


def without_unnamed_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_without_a_name", lambda _folder: None)


@pytest.mark.parametrize("unnamed", [True, False])
def test_runs_that_began_in_the_same_second_and_end_at_once_each_have_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool
) -> None:
    if not unnamed:
        without_unnamed_files(monkeypatch)
    ratios = [0.25, 0.5, 2.0, 4.0]
    records = [planted({"other": [ratio] * 6}).record for ratio in ratios]
    with ThreadPoolExecutor(len(records)) as at_once:
        paths = [*at_once.map(lambda record: store.write(record, tmp_path), records)]
    assert sorted(paths) == store.paths(tmp_path)
    assert len({*paths}) == len(records)
    for path, record in zip(paths, records, strict=True):
        assert store.read(path).timings == record.timings
    assert not list(tmp_path.rglob(".*"))


def test_a_file_system_without_links_keeps_records_apart_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_paths: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    without_unnamed_files(monkeypatch)
    monkeypatch.setattr(Path, "hardlink_to", refused)
    paths = [store.write(planted({"other": [ratio] * 6}).record, tmp_path) for ratio in (0.5, 2.0)]
    assert store.paths(tmp_path) == paths
    assert len({*paths}) == 2


@pytest.mark.parametrize("unnamed", [True, False])
def test_a_new_file_never_takes_the_place_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool
) -> None:
    if not unnamed:
        without_unnamed_files(monkeypatch)
    path = tmp_path / "file"
    store.write_whole(path, "first", new=True)
    with pytest.raises(FileExistsError, match="file"):
        store.write_whole(path, "second", new=True)
    assert path.read_text(encoding="utf-8") == "first"
    assert [*tmp_path.iterdir()] == [path]
    store.write_whole(path, "third")
    assert path.read_text(encoding="utf-8") == "third"


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="this system has no files without names")
def test_nothing_is_left_of_a_file_if_the_process_is_killed_while_it_is_written(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom xorbench.record import store\n"
        "os.fsync = lambda _file: os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.write_whole(Path(sys.argv[1]), 'x' * 10**6, new=True)\n"
    )
    if store._without_a_name(tmp_path) is None:
        pytest.skip("this file system has no files without names")
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "file")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_is_a_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        store.write(planted({}).record, tmp_path / "file")


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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 200_000, "recursion limit exceeded"),
        ('{"a": 1, "b": [' + ",".join(["1"] * 2_000_000) + "]}", r"\$.schema: is missing"),
        ("{" + ",".join(f'"k{n}":0' for n in range(600_000)) + "}", "600,001 colons and opening brackets"),
        (f'"{"z" * 10**7}"', "Input should be a dictionary or an instance of Record, got 'zzz"),
    ],
)
def test_a_large_or_deep_text_is_refused_in_one_line_and_little_memory(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text, encoding="utf-8")
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=says) as error:
            store.read(path)
        assert tracemalloc.get_traced_memory()[1] < 500e6
    finally:
        tracemalloc.stop()
    assert len(str(error.value)) < 1000
    assert "\n" not in str(error.value)


def test_many_faults_take_no_memory_of_their_own(tmp_path: Path) -> None:
    content = json.loads(store.as_text(planted({}).record))
    content["gradients"]["rows"] = [{}] * 100_000
    path = tmp_path / "record.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=r"\$\.gradients\.rows\[0\]\.implementation: is missing"):
        store.read(path)


def test_a_file_that_is_larger_than_a_record_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    with path.open("wb") as file:
        file.truncate(checking.MOST_BYTES)
        assert len(checking.bounded(path)) == 67_108_864
        file.truncate(checking.MOST_BYTES + 1)
    with pytest.raises(ValueError, match="it has 67,108,865 bytes, expected at most 67,108,864"):
        store.read(path)
    with pytest.raises(ValueError, match="it is not a file"):
        store.read(tmp_path)


@pytest.mark.parametrize("target", ["/proc/self/pagemap", "/proc/self/maps"])
def test_a_link_to_a_file_of_the_system_that_has_no_size_is_not_read(tmp_path: Path, target: str) -> None:
    # The first one has 8 bytes for each page of the address space, 2^38 in all.
    if not Path(target).exists():
        pytest.skip(f"this system has no {target}")
    path = tmp_path / "record.json"
    path.symlink_to(target)
    with pytest.raises(ValueError, match="it is empty"):
        store.read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_becomes_a_pipe_after_it_was_looked_at_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "record.json")
    monkeypatch.setattr(Path, "is_file", lambda _path: True)
    with pytest.raises(ValueError, match="it is not a file"):
        checking.bounded(tmp_path / "record.json")


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


OLD = Path(__file__).parent / "fixtures" / "record-schema-4.json"
"""Of a run of the tutorial's network by NumPy and JAX, cut down to four launches of nine rounds."""


def of_today(report: dict[str, Any]) -> dict[str, Any]:
    """The report of an older record with the keys that were added since."""
    decides = {name: [row | {"decides": True} for row in report[name]] for name in ("pairs", "conduct")}
    rows = [row | {"not_judged": 0, "decides": True} for row in report["rows"]]
    return report | decides | {"rows": rows, "asked": [], "biases": [], "mistakes": []}


def launches_of_today(launches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The launches of an older record with the keys that were added since."""
    return [launch | {"others_timing": False, "left": {}} for launch in launches]


def test_a_record_of_schema_4_is_read_as_one_of_today_that_was_timed_by_wall_time() -> None:
    old, new = json.loads(OLD.read_text(encoding="utf-8")), store.as_json(store.read(OLD))
    assert (old["schema"], new["schema"]) == (4, SCHEMA_VERSION)
    added = {"kind": "run", "resumed": False, "plan_sha256": None, "part": None, "host": None}
    added |= {"products": [], "counts": None}
    assert {key: new[key] for key in added} == added
    expected = old | {
        "environment": {**old["environment"], "others": {}},
        "settings": {**old["settings"], "measures": ["epoch"]},
        "implementations": [{**about, "file": None, "interpreter": None} for about in old["implementations"]],
        "gradients": old["gradients"]
        | {part: [{**row, "decides": True} for row in old["gradients"][part]] for part in ("rows", "pairs", "conduct")},
    }
    report = old["gradients"]
    expected["gradients"] = of_today(report)
    expected["launches"] = launches_of_today(old["launches"])
    other = {*added, "schema", "timings"}
    assert {key: value for key, value in new.items() if key not in other} == {
        key: value for key, value in expected.items() if key not in other
    }
    for before, after in zip(old["timings"], new["timings"], strict=True):
        assert after["epochs"] == [before["epochs_per_round"]] * 9
        assert after["cpu_nanoseconds"] == [None] * 9
        assert (after["measure"], after["usage"], after["ends"], after["compared_rounds"]) == ("epoch", None, [], 0)
        assert after["ledger"]["late_nanoseconds"] is None
        assert "off_trajectory" not in after["ledger"]  # a distance of the last round's end alone
        for same in ("round_nanoseconds", "positions", "waited_nanoseconds", "involuntary_switches", "violations"):
            assert after[same] == before[same]


def test_a_record_of_schema_4_is_written_again_as_one_of_today(tmp_path: Path) -> None:
    record = store.read(OLD)
    path = store.write(record, tmp_path)
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == SCHEMA_VERSION
    assert store.read(path) == record


def test_a_sweep_of_schema_4_is_a_sweep() -> None:
    old = json.loads(OLD.read_text(encoding="utf-8"))
    old["settings"]["sweep"] = True
    assert upgraded(old)["kind"] == "sweep"


def test_ratios_of_a_record_of_schema_4_are_those_of_wall_time() -> None:
    analysis = Analysis(store.read(OLD))
    assert not analysis.by_cpu
    assert not analysis.knows_cpu_time
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
        first, second, ours = (log_times[key] for key in ((REFERENCE, False), (REFERENCE, True), ("jax_grad", False)))
        expected.append(statistics.median(c - (a + b) / 2 for a, b, c in zip(first, second, ours, strict=True)))
    assert log_ratios(analysis, "hidden", RowId("jax_grad")) == pytest.approx(expected, rel=1e-12)
    assert analysis.noise_floor is not None
    assert analysis.second_control is None  # there are no short rounds
    row = next(row for row in analysis.rows if row.implementation == "jax_grad")
    assert row.ratio is not None
    assert row.ratio.value == pytest.approx(math.exp(statistics.fmean(expected)))
    assert (row.start_microseconds, row.idle_share, row.slow_factor, row.quiet_share) == (None, None, None, None)


def test_the_tables_of_a_record_of_schema_4_say_that_it_was_timed_by_wall_time() -> None:
    analysis = Analysis(store.read(OLD))
    (table,) = one(analysis, "timings")
    assert any(warning.startswith("Rounds were timed by wall time, which other") for warning in table.warnings)
    assert "Times are wall time." in table.notes
    assert list(table.frame[START]) == ["–", "–", "n/a"]
    (ledger,) = one(analysis, "ledger")
    for head, cell in (
        ("rounds compared", "0"),
        ("end-state error", "–"),
        ("unsynchronised, µs", "unknown"),
        ("memory growth, bytes per epoch", "unknown"),
    ):
        assert set(ledger.frame[head]) == {cell}
    assert all(table.frame.size for table in tables(analysis))


def test_what_is_no_record_of_schema_4_is_refused(tmp_path: Path) -> None:
    old = json.loads(OLD.read_text(encoding="utf-8"))
    new = json.loads(store.as_text(planted({}).record))
    spoils: list[dict[str, Any]] = [{"timings": [1]}, {"timings": [{}]}, {"settings": None}, {"machine": None}]
    spoils += [new | {"schema": 4}]
    for spoil in spoils:
        path = tmp_path / "odd.json"
        path.write_text(json.dumps(old | spoil), encoding="utf-8")
        with pytest.raises(ValueError, match=r"odd\.json is not a record: "):
            store.read(path)


def test_a_file_that_cannot_be_replaced_leaves_no_half(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        store.write_whole(tmp_path / "taken", "text")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"schema": 1})])
def test_what_is_no_record_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"odd\.json is not a record: "):
        store.read(path)


def test_whoever_may_read_the_folder_may_read_a_record(tmp_path: Path) -> None:
    path = store.write(planted({}).record, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o644


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


def test_a_record_of_schema_5_is_read_as_it_was_written() -> None:
    path = OLD.with_name("record-schema-5.json")
    record = store.read(path)
    assert (record.schema, record.kind, record.settings.quick) == (SCHEMA_VERSION, "run", True)
    assert {(t.launch, t.copy, len(t.epochs)) for t in record.timings} == {
        (launch, copy, 4) for launch in (0, 1) for copy in (False, True)
    }
    assert all(t.cpu_nanoseconds[0] is not None and not t.violations for t in record.timings)
    old = json.loads(path.read_text(encoding="utf-8"))
    new = json.loads(store.as_text(record))
    later = {
        "schema": SCHEMA_VERSION,
        "gradients": of_today(old["gradients"]),
        "settings": old["settings"] | {"measures": ["epoch"]},
        "launches": launches_of_today(old["launches"]),
        "timings": [
            timing | {"latency": None, "ends": [end | {"grown": 0.0} for end in timing["ends"]]}
            for timing in old["timings"]
        ],
        "counts": None,
        "host": None,
    }
    assert new == old | later


def test_keys_that_were_added_within_schema_6_may_be_missing_in_such_a_record() -> None:
    failure = Failure(0, "hidden", REFERENCE, False, "lost")
    record = planted({}, failures=[failure]).record
    content = store.as_json(record)
    del content["counts"]
    del content["settings"]["measures"]
    del content["failures"][0]["measure"]
    for launch in content["launches"]:
        del launch["others_timing"], launch["left"]
    for timing in content["timings"]:
        del timing["latency"]
        for end in timing["ends"]:
            del end["grown"]
    assert store.parsed(json.dumps(content)) == record


@pytest.mark.parametrize("part", ["schema", "kind", "part", "seconds", "products"])
def test_every_key_that_is_written_must_be_there_when_a_record_is_read(part: str) -> None:
    content = store.as_json(planted({}).record)
    del content[part]
    with pytest.raises(ValueError, match=rf"^\$\.{part}: is missing$"):
        store.parsed(json.dumps(content))


def test_a_key_that_was_added_within_schema_5_may_be_missing_in_such_a_record() -> None:
    content = json.loads(OLD.with_name("record-schema-5.json").read_text(encoding="utf-8"))
    del content["products"]
    assert store.parsed(json.dumps(content)).products == []


def test_a_key_that_was_added_within_schema_6_may_be_missing_in_such_a_record() -> None:
    content = store.as_json(planted({}).record)
    del content["counts"]
    assert store.parsed(json.dumps(content)).counts is None


def test_every_verdict_of_a_record_of_schema_5_decides() -> None:
    record = store.read(OLD.with_name("record-schema-5.json"))
    judged: list[Judgement | Pair | Conduct] = [*record.gradients.rows, *record.gradients.pairs]
    assert all(row.decides for row in [*judged, *record.gradients.conduct])


def test_every_key_of_a_part_must_be_there_when_a_record_is_read() -> None:
    content = store.as_json(planted({}).record)
    del content["timings"][3]["violations"]
    with pytest.raises(ValueError, match=r"^\$\.timings\[3\]\.violations: is missing$"):
        store.parsed(json.dumps(content))
