"""Tables: the right number under the right head, with the digits that the interval allows."""

from conftest import planted_record

from benchmarks import tables
from benchmarks.cells import NONE
from benchmarks.contract import REFERENCE

HEAD = f"time / {REFERENCE}"


def test_the_timing_table_has_the_noise_floor_under_it() -> None:
    record = planted_record({"other": [0.70, 0.69] * 3}, control=[0.01, -0.01] * 3)
    (table,) = tables.timings(record)
    frame = table.frame.set_index("implementation")
    assert table.title == "hidden (2-4-1, float64), idiomatic"
    assert list(frame.index) == [REFERENCE, "other", f"{REFERENCE}, second copy"]
    assert frame.loc["other", HEAD] == "2.004"
    assert frame.loc["other", "95 % interval"] == "1.992 to 2.015"
    assert frame.loc["other", "verdict"] == "slower"
    assert frame.loc[REFERENCE, HEAD] == "1.00"
    assert frame.loc[REFERENCE, "95 % interval"] == NONE
    assert frame.loc[f"{REFERENCE}, second copy", "verdict"] == "noise floor"
    assert frame.loc["other", "first call, ms"] == "1.00"


def test_tiers_never_share_a_table() -> None:
    record = planted_record({"quick": [-1.0] * 6})
    record["implementations"][1]["tier"] = "tuned"
    idiomatic, tuned = tables.timings(record)
    assert (idiomatic.title[-9:], tuned.title[-5:]) == ("idiomatic", "tuned")
    assert "quick" not in set(idiomatic.frame["implementation"])
    assert list(tuned.frame["implementation"]) == ["quick"]


def test_what_has_no_time_has_a_dash_and_a_reason() -> None:
    record = planted_record({"other": [0.5] * 6})
    record["timings"] = [t for t in record["timings"] if t["implementation"] == REFERENCE]
    record["failures"] = [
        {"launch": 0, "workload": "hidden", "implementation": "other", "copy": False, "reason": "died"}
    ]
    (table,) = tables.timings(record)
    other = table.frame.set_index("implementation").loc["other"]
    assert (other["µs per epoch"], other[HEAD], other["verdict"]) == (NONE, NONE, "failed")
    assert table.notes[0] == "other: died."


def test_missing_and_broken_implementations_say_why() -> None:
    about = {"framework": "f", "version": "1", "tier": "tuned", "granularity": "whole loop"}
    found = [
        {"name": "here", "missing": None, "broken": None} | about,
        {"name": "absent", "missing": "f is not installed", "broken": None} | about,
        {"name": "bad", "missing": None, "broken": "bad.py: no"} | about,
    ]
    table = tables.implementations(found)
    assert list(table.frame["status"]) == ["present", "missing", "failed"]
    assert table.notes == ["absent: f is not installed.", "bad: bad.py: no."]
