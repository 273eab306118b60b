"""Tables: the right number under the right head, with the digits that the interval allows."""

import pytest
from conftest import planted_record

from benchmarks import tables
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
    assert frame.loc[REFERENCE, "95 % interval"] == tables.NONE
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
    assert (other["µs per epoch"], other[HEAD], other["verdict"]) == (tables.NONE, tables.NONE, "failed")
    assert table.notes[0] == "other: died."


@pytest.mark.parametrize(
    ("width", "decimals"), [(0.2, 2), (0.02, 3), (2.0, 1), (20.0, 0), (2000.0, 0), (1e-9, 4), (0.0, 4)]
)
def test_an_interval_shows_two_digits_of_its_half_width(width: float, decimals: int) -> None:
    assert tables._decimals(width) == decimals


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.487, "9.49"), (94.87, "94.9"), (948.7, "949"), (9487.0, "9,487"), (0.0123, "0.0123"), (0.0, "0"), (None, "–")],
)
def test_three_digits(value: float | None, text: str) -> None:
    assert tables._three_digits(value) == text


VERDICT = {
    "implementation": "other",
    "workload": "hidden",
    "dtype": "float64",
    "points": 5,
    "where": "random point 3",
    "index": [1, 0],
    "value": 1.0,
    "truth": 2.0,
}


def test_the_gradient_table_shows_the_worst_parameter() -> None:
    rows = [
        VERDICT | {"parameter": "W1", "error_over_bound": 0.5, "verdict": "inside", "reason": None},
        VERDICT | {"parameter": "W2", "error_over_bound": None, "verdict": "outside", "reason": "W2 is nan"},
        VERDICT | {"parameter": "b2", "error_over_bound": 0.9, "verdict": "inside", "reason": None},
    ]
    pair = {"first": "a", "second": "b", "workload": "hidden", "dtype": "float64", "verdict": "outside"}
    table = tables.gradients({"seed": 4, "points": 5, "rows": rows, "pairs": [pair], "endings": []})
    (line,) = table.frame.to_dict("records")
    assert (line["in"], line["verdict"], line["largest error / bound"]) == ("W2[1, 0]", "outside", tables.NONE)
    assert "other (hidden float64): W2 is nan." in table.notes
    assert "a and b differ by more than rounding: hidden, float64." in table.notes
    assert table.notes[-1].startswith("Seed 4.")
    assert "0 of 1 pairs" in table.notes[-1]


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
