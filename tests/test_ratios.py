"""Estimates: planted ratios are found, drift that both share cancels, and too little data is said to be too little."""

import math

import pytest
from conftest import planted_record
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import ratios, records
from benchmarks.contract import REFERENCE
from benchmarks.ratios import Interval, interval

# Student's t for 95 % and 5 degrees of freedom, as tables print it.
T_5 = 2.5706


def test_an_interval_is_students() -> None:
    values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    error = math.sqrt(0.035 / 6)  # their variance is 0.035
    found = interval(values)
    assert found.ratio == pytest.approx(math.exp(0.35))
    assert found.low == pytest.approx(math.exp(0.35 - T_5 * error), rel=1e-4)
    assert found.high == pytest.approx(math.exp(0.35 + T_5 * error), rel=1e-4)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=30))
def test_an_interval_holds_its_ratio(values: list[float]) -> None:
    found = interval(values)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.ratio * (1 + 1e-12)
    assert found.ratio <= found.high * (1 + 1e-12)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=30))
def test_turning_the_ratio_around_turns_the_interval_around(values: list[float]) -> None:
    there, back = interval(values), interval([-value for value in values])
    assert there.low is not None
    assert back.high is not None
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert back.high == pytest.approx(1 / there.low)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.01, 1.2, "slower"),
        (0.8, 0.99, "faster"),
        (0.99, 1.01, "not separated"),
        (1.0, 1.1, "not separated"),
        (None, None, "one launch"),
    ],
)
def test_a_verdict_needs_an_interval_that_leaves_out_one(low: float | None, high: float | None, verdict: str) -> None:
    assert Interval(1.0, low, high).verdict == verdict


@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6))
def test_a_planted_ratio_comes_out_whatever_the_machine_does_meanwhile(planted: list[float]) -> None:
    found = ratios.log_ratios(planted_record({"other": planted}), "hidden", "other")
    assert found == pytest.approx(planted, abs=1e-5)  # times are whole nanoseconds


def test_time_per_epoch_is_what_is_compared() -> None:
    record = planted_record({"other": [math.log(2)] * 6})
    baseline, other = ratios.rows(record)
    assert (baseline.implementation, baseline.verdict, baseline.ratio) == (REFERENCE, "baseline", 1)
    assert other.ratio == pytest.approx(2)
    assert other.microseconds_per_epoch is not None
    assert baseline.microseconds_per_epoch == pytest.approx(other.microseconds_per_epoch / 2, rel=1e-4)
    assert other.first_call_seconds == 0.001


def test_rows_stand_from_fastest_to_slowest_under_the_baseline() -> None:
    record = planted_record({"slow": [1.0] * 6, "fast": [-1.0] * 6, "none": [0.0] * 6})
    record["timings"] = [t for t in record["timings"] if t["implementation"] != "none"]
    assert [row.implementation for row in ratios.rows(record)] == [REFERENCE, "fast", "slow", "none"]
    assert [row.verdict for row in ratios.rows(record)] == ["baseline", "faster", "slower", "not timed"]


def test_only_launches_in_which_both_were_timed_count() -> None:
    record = planted_record({"other": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]})
    record["timings"] = [
        t for t in record["timings"] if (t["launch"], t["implementation"]) not in ((0, "other"), (1, REFERENCE))
    ]
    assert ratios.log_ratios(record, "hidden", "other") == pytest.approx([0.3, 0.4, 0.5, 0.6], abs=1e-5)


def test_the_noise_floor_is_the_second_copy() -> None:
    record = planted_record({"other": [1.0] * 6}, control=[0.01, -0.01] * 3)
    floor = ratios.noise_floor(record)
    assert floor is not None
    assert floor.ratio == pytest.approx(1, abs=1e-5)
    assert floor.verdict == "not separated"
    assert floor.high == pytest.approx(math.exp(T_5 * math.sqrt(6 * 1e-4 / 5 / 6)), abs=1e-4)


def test_the_document_is_for_programs() -> None:
    document = ratios.document(planted_record({"other": [0.5] * 6}))
    assert set(document["noise_floor"]) == {"ratio", "low", "high"}
    assert set(document["noise_floors"]) == {"hidden"}
    wanted = "implementation workload tier microseconds_per_epoch ratio ratio_low ratio_high first_call_seconds verdict"
    for row in document["rows"]:
        assert set(wanted.split()) <= set(row)


def test_one_launch_has_a_ratio_and_no_interval() -> None:
    record = planted_record({"other": [0.5]}, launches=1)
    other = ratios.rows(record)[1]
    assert (other.ratio_low, other.ratio_high, other.verdict) == (None, None, "one launch")


@pytest.mark.parametrize(
    ("failures", "partial", "verdict", "reason"),
    [
        ([], False, "not timed", f"no time of {REFERENCE} to compare with"),
        ([], True, "not timed", "the run was interrupted"),
        (["it fell over"], False, "failed", "it fell over"),
    ],
)
def test_no_time_has_a_reason(failures: list[str], partial: bool, verdict: str, reason: str) -> None:
    record = planted_record({"other": [0.5] * 6}, partial=partial)
    record["timings"] = []
    record["failures"] = [
        {"launch": 0, "workload": "hidden", "implementation": "other", "copy": False, "reason": r} for r in failures
    ]
    other = next(row for row in ratios.rows(record) if row.implementation == "other")
    assert (other.verdict, other.reason) == (verdict, reason)


def test_planted_records_are_records() -> None:
    records.check(planted_record({"other": [0.5] * 6}))
