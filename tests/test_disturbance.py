"""Disturbance: flagged and counted, never dropped; unknown where the system does not tell."""

from dataclasses import replace

import pytest

from tests.planted import changed, planted, timing, with_timings
from xorbench.contract import REFERENCE
from xorbench.estimates import disturbance
from xorbench.estimates.ratios import RowId, paired
from xorbench.record.timing import Timing


def test_rounds_that_waited_are_flagged_and_still_count() -> None:
    def waiting(timing: Timing) -> Timing:
        if (timing.launch, timing.implementation) != (0, "other"):
            return timing
        waited: list[int | None] = [timing.round_nanoseconds[0] // 50, *[1] * 21]
        return replace(timing, waited_nanoseconds=waited, involuntary_switches=[6, *[0] * 21])

    analysis = with_timings(planted({"other": [0.5] * 6}), waiting)
    found = {(d.implementation, d.copy): d for d in disturbance.disturbances(analysis)}
    assert list(found) == [(REFERENCE, False), (REFERENCE, True), ("other", False)]
    assert (found["other", False].rounds, found["other", False].disturbed) == (132, 1)
    assert found["other", False].switches_per_round == 6 / 132
    assert found[REFERENCE, False].waited_share == 0
    assert len(paired(analysis, "hidden", RowId("other"))[0]) == 11  # all long ones


@pytest.mark.parametrize(("waited", "disturbed"), [(101, 1), (99, 0)])
def test_a_round_is_disturbed_that_waited_for_more_than_1_percent_of_its_wall_time(waited: int, disturbed: int) -> None:
    one = timing(0, "other", [10_000], [1], waited_nanoseconds=[waited], cpu_nanoseconds=[1_000])
    analysis = changed(planted({"other": [0.5] * 6}), timings=[one])
    (found,) = disturbance.disturbances(analysis)
    assert (found.rounds, found.disturbed, found.waited_share) == (1, disturbed, waited / 10_000)


def test_what_is_not_told_is_unknown() -> None:
    analysis = with_timings(
        planted({}),
        lambda timing: replace(timing, waited_nanoseconds=[None] * 22, involuntary_switches=[None] * 22),
    )
    for found in disturbance.disturbances(analysis):
        assert (found.disturbed, found.waited_share, found.switches_per_round) == (None, None, None)


def test_the_share_of_a_run_in_turns_counts_everything_else_too() -> None:
    analysis = planted({})
    seconds = replace(analysis.record.seconds, total=8.0)
    assert disturbance.share_in_turns(changed(analysis, seconds=seconds)) == pytest.approx(6 * 0.8 / 8)
