"""Disturbance: flagged and counted, never dropped; unknown where the system does not tell."""

import pytest
from planted import planted_record

from benchmarks.contract import REFERENCE
from benchmarks.estimates import disturbance
from benchmarks.estimates.ratios import Contender, paired


def test_rounds_that_waited_are_flagged_and_still_count() -> None:
    record = planted_record({"other": [0.5] * 6})
    timing = record["timings"][1]
    timing["waited_nanoseconds"] = [timing["round_nanoseconds"][0] // 50] + [1] * 10
    timing["involuntary_switches"] = [6] + [0] * 10
    assert disturbance.flags(timing) == [True] + [False] * 10
    found = {(d.implementation, d.copy): d for d in disturbance.disturbances(record)}
    assert list(found) == [(REFERENCE, False), (REFERENCE, True), ("other", False)]
    assert (found["other", False].rounds, found["other", False].disturbed) == (66, 1)
    assert found["other", False].switches_per_round == 6 / 66
    assert found[REFERENCE, False].waited_share == 0
    assert len(paired(record, "hidden", Contender("other"))[0]) == 11


def test_what_is_not_told_is_unknown() -> None:
    record = planted_record({})
    for timing in record["timings"]:
        timing["waited_nanoseconds"] = timing["involuntary_switches"] = [None] * 11
    for found in disturbance.disturbances(record):
        assert (found.disturbed, found.waited_share, found.switches_per_round) == (None, None, None)


def test_the_share_of_a_run_in_turns_counts_everything_else_too() -> None:
    assert disturbance.share_in_turns(planted_record({})) == pytest.approx(6 * 0.8 / 8)
