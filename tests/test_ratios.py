"""Paired ratios: planted ones are found, drift that both share cancels, and who broke a rule has none."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import planted_record

from benchmarks import records
from benchmarks.contract import REFERENCE
from benchmarks.estimates import ratios
from benchmarks.estimates.ratios import BASELINE, Contender, log_ratios

OTHER = Contender("other")


@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6))
def test_a_planted_ratio_comes_out_whatever_the_machine_does_meanwhile(planted: list[float]) -> None:
    record = planted_record({"other": planted})
    assert log_ratios(record, "hidden", OTHER) == pytest.approx(planted, abs=1e-5)  # times are whole nanoseconds
    turned = log_ratios(record, "hidden", BASELINE, OTHER)
    assert turned == pytest.approx([-value for value in planted], abs=1e-5)


def test_only_launches_in_which_both_were_timed_count() -> None:
    record = planted_record({"other": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]})
    record["timings"] = [
        t for t in record["timings"] if (t["launch"], t["implementation"]) not in ((0, "other"), (1, REFERENCE))
    ]
    assert log_ratios(record, "hidden", OTHER) == pytest.approx([0.3, 0.4, 0.5, 0.6], abs=1e-5)


def test_rounds_can_be_chosen_by_place() -> None:
    record = planted_record({"other": [0.5] * 6}, rounds=9)
    everything = ratios.paired(record, "hidden", OTHER)
    before = ratios.paired(record, "hidden", OTHER, chosen=lambda one, other: one < other)
    after = ratios.paired(record, "hidden", OTHER, chosen=lambda one, other: one > other)
    assert {len(rounds) for rounds in everything.values()} == {9}
    assert {len(before[n]) + len(after[n]) for n in before} == {9}
    assert {len(rounds) for rounds in before.values()} == {3}


def test_who_broke_a_rule_has_no_ratio() -> None:
    record = planted_record({"other": [0.5] * 6})
    broken = [t for t in record["timings"] if t["implementation"] == "other"][2:4]
    for timing in broken:
        timing["violations"] = ["it cheated", "twice"]
    assert ratios.refusal(record, "hidden", OTHER) == "it cheated (in 2 of 6 launches)"
    assert ratios.refusal(record, "hidden", BASELINE) is None
    assert log_ratios(record, "hidden", OTHER) == []


def test_seconds_per_epoch_are_those_of_an_epoch() -> None:
    record = planted_record({"other": [math.log(2)] * 6})
    base, other = (ratios.log_seconds_per_epoch(record, "hidden", c) for c in (BASELINE, OTHER))
    assert [b - a for a, b in zip(base, other, strict=True)] == pytest.approx([math.log(2)] * 6, abs=1e-5)


def test_planted_records_are_records() -> None:
    records.check(planted_record({"other": [0.5] * 6}))
