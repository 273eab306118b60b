"""Records of earlier schemas are read as records of today."""

import json
import math
import statistics
from pathlib import Path
from typing import Any

import pytest

from tests.planted import planted
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.ratios import RowId, log_ratios
from xorbench.record import store
from xorbench.record.older import upgraded
from xorbench.record.report import Conduct, Judgement, Pair
from xorbench.record.run import SCHEMA_VERSION
from xorbench.record.timing import Failure
from xorbench.tables.catalogue import one, tables
from xorbench.tables.timings import START

OLD = Path(__file__).parent / "fixtures" / "record-schema-4.json"


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
