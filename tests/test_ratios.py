"""Paired ratios: planted ones are found, drift that both share cancels, and who broke a rule has none.

Where the baseline stands in a ratio it is the mean of both of its copies.
"""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planted import planted, retimed, with_timings
from tests.test_intervals import T_5
from xorbench.contract import REFERENCE
from xorbench.estimates import ratios
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.ratios import BASELINE, CONTROL, RowId, log_ratios
from xorbench.record import store
from xorbench.record.timing import Timing

OTHER = RowId("other")


@settings(deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6))
def test_a_planted_ratio_comes_out_whatever_the_machine_does_meanwhile(ratios_there: list[float]) -> None:
    analysis = planted({"other": ratios_there}, drifting=0.5)
    assert log_ratios(analysis, "hidden", OTHER) == pytest.approx(ratios_there, abs=1e-5)  # times are whole nanoseconds
    turned = log_ratios(analysis, "hidden", BASELINE, OTHER)
    assert turned == pytest.approx([-value for value in ratios_there], abs=1e-5)


def test_only_launches_in_which_both_were_timed_count() -> None:
    analysis = planted({"other": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]})
    lost = ((0, "other"), (1, REFERENCE))
    analysis = with_timings(analysis, lambda timing: None if (timing.launch, timing.implementation) in lost else timing)
    assert log_ratios(analysis, "hidden", OTHER) == pytest.approx([0.3, 0.4, 0.5, 0.6], abs=1e-5)


def test_a_row_that_was_timed_in_a_slow_launch_only_has_a_ratio_and_a_time_over_all_rounds() -> None:
    rows = {name: [0.1] * 8 for name in ("one", "two", "three", "other")}
    slow = retimed(planted(rows, launches=8), lambda timing, _turn, taken: taken * (1 if timing.launch else 2))
    analysis = with_timings(slow, lambda timing: None if timing.implementation == "other" and timing.launch else timing)
    (row,) = (row for row in analysis.rows if row.implementation == "other")
    (beside,) = (row for row in slow.rows if row.implementation == "other")
    assert row.ratio
    assert row.microseconds_per_epoch
    assert beside.microseconds_per_epoch
    assert (row.launches, row.quiet_share) == (1, None)
    assert row.ratio.value == pytest.approx(math.exp(0.1), rel=1e-3)
    assert row.microseconds_per_epoch.value == pytest.approx(2 * beside.microseconds_per_epoch.value, rel=0.1)
    assert beside.quiet_share is not None
    assert beside.quiet_share == pytest.approx(7 / 8, abs=0.05)


def test_rounds_can_be_chosen_by_place() -> None:
    analysis = planted({"other": [0.5] * 6}, rounds=18)
    everything = ratios.paired(analysis, "hidden", OTHER)
    before = ratios.paired(analysis, "hidden", OTHER, chosen=lambda one, other: one < other)
    after = ratios.paired(analysis, "hidden", OTHER, chosen=lambda one, other: one > other)
    assert {len(rounds) for rounds in everything.values()} == {9}  # the long ones
    assert {len(before[n]) + len(after[n]) for n in before} == {9}
    assert {len(rounds) for rounds in before.values()} == {3}


def test_who_broke_a_rule_has_no_ratio() -> None:
    def broken(timing: Timing) -> Timing:
        if timing.implementation == "other" and timing.launch in (2, 3):
            return replace(timing, violations=["it cheated", "twice"])
        return timing

    analysis = with_timings(planted({"other": [0.5] * 6}), broken)
    assert ratios.refusal(analysis, "hidden", OTHER) == "it cheated (in 2 of 6 launches)"
    assert ratios.refusal(analysis, "hidden", BASELINE) is None
    assert log_ratios(analysis, "hidden", OTHER) == []


def test_seconds_per_epoch_are_those_of_an_epoch() -> None:
    analysis = planted({"other": [math.log(2)] * 6})
    base, other = (ratios.log_seconds_per_epoch(analysis, "hidden", c) for c in (BASELINE, OTHER))
    assert [b - a for a, b in zip(base, other, strict=True)] == pytest.approx([math.log(2)] * 6, abs=1e-5)


@settings(deadline=None)
@given(st.lists(st.floats(-0.2, 0.2), min_size=6, max_size=6), st.floats(-2, 2))
def test_the_baseline_of_a_ratio_is_the_mean_of_the_logarithms_of_both_copies(
    control: list[float], ratio_there: float
) -> None:
    analysis = planted({"other": [ratio_there] * 6}, control=control)
    expected = [ratio_there - copy / 2 for copy in control]
    assert log_ratios(analysis, "hidden", OTHER) == pytest.approx(expected, abs=1e-5)
    assert log_ratios(analysis, "hidden", BASELINE, OTHER) == pytest.approx([-ratio for ratio in expected], abs=1e-5)
    assert log_ratios(analysis, "hidden", BASELINE) == [0] * 6
    assert log_ratios(analysis, "hidden", CONTROL) == pytest.approx(control, abs=1e-5)  # over the first copy alone


def test_two_rows_are_compared_without_the_baseline() -> None:
    analysis = planted({"other": [0.5] * 6, "one": [0.2] * 6}, control=[0.1] * 6)
    assert log_ratios(analysis, "hidden", OTHER, RowId("one")) == pytest.approx([0.3] * 6, abs=1e-5)


def test_where_the_second_copy_was_lost_the_first_is_the_baseline() -> None:
    analysis = planted({"other": [0.5] * 6}, control=[0.2] * 6)
    analysis = with_timings(analysis, lambda timing: None if timing.copy and timing.launch == 3 else timing)
    assert log_ratios(analysis, "hidden", OTHER) == pytest.approx([0.4, 0.4, 0.4, 0.5, 0.4, 0.4], abs=1e-5)


def test_rounds_that_are_chosen_by_place_are_over_the_first_copy_alone() -> None:
    analysis = planted({"other": [0.5] * 6}, control=[0.2] * 6)
    chosen = ratios.paired(analysis, "hidden", OTHER, chosen=lambda one, other: one < other)
    assert [*chosen] == [*range(6)]
    for of_launch in chosen.values():
        assert of_launch == pytest.approx([0.5] * 3, abs=1e-5)


def test_short_rounds_are_not_compared() -> None:
    def stretched(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (2 if number % 2 and timing.implementation == "other" else 1)

    analysis = retimed(planted({"other": [0.5] * 6}), stretched)
    assert log_ratios(analysis, "hidden", OTHER) == pytest.approx([0.5] * 6, abs=1e-5)


def starting(microseconds: list[float], drifting: float = 0.0) -> Analysis:
    """A record in which each training of `other` begins with so many microseconds, which differ between launches."""

    def change(timing: Timing, _number: int, nanoseconds: float) -> float:
        return nanoseconds + (1e3 * microseconds[timing.launch] if timing.implementation == "other" else 0)

    return retimed(planted({"other": [0.0] * 6}, drifting=drifting), change)


def test_the_start_of_a_training_is_what_two_lengths_leave_of_it() -> None:
    analysis = starting([100.0, 110.0, 120.0, 130.0, 140.0, 150.0])
    found = ratios.start_microseconds(analysis, "hidden", OTHER, 0.95)
    assert found is not None
    assert found.value == pytest.approx(125, abs=0.01)
    half = T_5 * math.sqrt(350 / 6)  # their variance is 350
    assert (found.low, found.high) == pytest.approx((125 - half, 125 + half), abs=0.01)
    baseline = ratios.start_microseconds(analysis, "hidden", BASELINE, 0.95)
    assert baseline is not None
    assert baseline.value == pytest.approx(0, abs=0.01)


@settings(deadline=None)
@given(st.floats(0, 1_000), st.integers(1, 4))
def test_a_start_is_found_whatever_an_epoch_takes(microseconds: float, stretch: int) -> None:
    analysis = retimed(starting([0.0] * 6), lambda _timing, _number, nanoseconds: nanoseconds * stretch)
    analysis = retimed(analysis, lambda _timing, _number, nanoseconds: nanoseconds + 1e3 * microseconds)
    found = ratios.start_microseconds(analysis, "hidden", OTHER, 0.95)
    assert found is not None
    assert found.value == pytest.approx(microseconds, abs=0.01)


def test_a_start_needs_short_rounds_and_more_confidence_widens_its_interval() -> None:
    analysis = starting([100.0, 110.0] * 3)
    some, more = (ratios.start_microseconds(analysis, "hidden", OTHER, of) for of in (0.9, 0.99))
    assert some is not None
    assert more is not None
    assert some.low is not None
    assert more.low is not None
    assert more.low < some.low
    long = with_timings(analysis, lambda timing: replace(timing, epochs=[max(timing.epochs)] * len(timing.epochs)))
    assert ratios.start_microseconds(long, "hidden", OTHER, 0.95) is None
    assert ratios.start_microseconds(long, "hidden", RowId("absent"), 0.95) is None


def test_planted_records_are_records() -> None:
    analysis = planted({"other": [0.5] * 6})
    assert store.parsed(json.dumps(store.as_json(analysis.record))) == analysis.record
