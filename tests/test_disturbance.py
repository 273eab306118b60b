"""Disturbance: flagged and counted, never dropped; unknown where the system does not tell."""

import pytest

from tests.planted import planted_record
from xorbench.contract import REFERENCE
from xorbench.estimates import disturbance
from xorbench.estimates.ratios import Contender, paired


def test_rounds_that_waited_are_flagged_and_still_count() -> None:
    record = planted_record({"other": [0.5] * 6})
    timing = record["timings"][1]
    timing["waited_nanoseconds"] = [timing["round_nanoseconds"][0] // 50] + [1] * 21
    timing["involuntary_switches"] = [6] + [0] * 21
    assert disturbance.flags(timing) == [True] + [False] * 21
    found = {(d.implementation, d.copy): d for d in disturbance.disturbances(record)}
    assert list(found) == [(REFERENCE, False), (REFERENCE, True), ("other", False)]
    assert (found["other", False].rounds, found["other", False].disturbed) == (132, 1)
    assert found["other", False].switches_per_round == 6 / 132
    assert found[REFERENCE, False].waited_share == 0
    assert len(paired(record, "hidden", Contender("other"))[0]) == 11  # all long ones


@pytest.mark.parametrize(("waited", "flag"), [(101, True), (99, False)])
def test_a_round_is_disturbed_that_waited_for_more_than_1_percent_of_its_wall_time(waited: int, flag: bool) -> None:
    timing = {"waited_nanoseconds": [waited], "round_nanoseconds": [10_000], "cpu_nanoseconds": [1_000]}
    assert disturbance.flags(timing) == [flag]


def test_what_is_not_told_is_unknown() -> None:
    record = planted_record({})
    for timing in record["timings"]:
        timing["waited_nanoseconds"] = timing["involuntary_switches"] = [None] * 22
    for found in disturbance.disturbances(record):
        assert (found.disturbed, found.waited_share, found.switches_per_round) == (None, None, None)


def test_the_share_of_a_run_in_turns_counts_everything_else_too() -> None:
    assert disturbance.share_in_turns(planted_record({})) == pytest.approx(6 * 0.8 / 8)
