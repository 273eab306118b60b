"""Rows: the right number, the right rank, and a reason where there is no time."""

import math
from dataclasses import replace

import pytest

from tests.planted import cheated, planted, retimed, with_implementation, with_plan, with_timings
from xorbench.contract import REFERENCE
from xorbench.estimates import timing_table
from xorbench.estimates.intervals import interval
from xorbench.record.timing import Failure, Timing


def test_time_per_epoch_is_what_is_compared() -> None:
    baseline, other = timing_table.rows(planted({"other": [math.log(2)] * 6}))
    assert baseline.ratio is not None
    assert other.ratio is not None
    assert (baseline.implementation, baseline.verdict, baseline.ratio.value) == (REFERENCE, "baseline", 1)
    assert other.ratio.value == pytest.approx(2)
    assert baseline.microseconds_per_epoch is not None
    assert other.microseconds_per_epoch is not None
    assert baseline.microseconds_per_epoch.value == pytest.approx(other.microseconds_per_epoch.value / 2, rel=1e-4)


def test_rows_stand_from_fastest_to_slowest_under_the_baseline() -> None:
    analysis = planted({"slow": [1.0] * 6, "fast": [-1.0] * 6, "none": [0.0] * 6})
    found = timing_table.rows(
        with_timings(analysis, lambda timing: None if timing.implementation == "none" else timing)
    )
    assert [row.implementation for row in found] == [REFERENCE, "fast", "slow", "none"]
    assert [row.verdict for row in found] == ["baseline", "faster", "slower", "untimed"]
    assert [row.rank for row in found] == [2, 1, 3, None]


def test_a_row_that_was_lost_in_some_launches_keeps_its_rank_and_says_so() -> None:
    lost = [Failure(launch, "hidden", "other", copy=False, reason="its text was changed") for launch in (4, 5)]
    analysis = with_timings(
        planted({"other": [0.5] * 6, "third": [1.0] * 6}, failures=lost),
        lambda timing: None if timing.implementation == "other" and timing.launch > 3 else timing,
    )
    rows = {row.implementation: row for row in timing_table.rows(analysis)}
    assert (rows["other"].verdict, rows["other"].rank, rows["other"].launches) == ("slower", 2, 4)
    assert rows["other"].reason == "it was timed in 4 of 6 launches: its text was changed"
    assert [rows[name].reason for name in (REFERENCE, "third")] == [None, None]


def test_a_process_that_was_lost_before_a_workload_has_no_time_on_it_and_the_same_reason() -> None:
    lost = [Failure(launch, "neuron", "other", copy=False, reason="its text was changed") for launch in range(6)]
    analysis = with_timings(
        planted({"other": [0.5] * 6}, failures=lost),
        lambda timing: None if timing.implementation == "other" else timing,
    )
    row = next(row for row in timing_table.rows(analysis) if row.implementation == "other")
    assert (row.verdict, row.reason) == ("failed", "its text was changed")


def test_ties_share_a_rank() -> None:
    wobble = [0.02, -0.02] * 3
    analysis = planted({"one": [1 + w for w in wobble], "two": [1 - w for w in wobble], "three": [2.0] * 6})
    ranks = {row.implementation: row.rank for row in timing_table.rows(analysis)}
    assert ranks == {REFERENCE: 1, "one": 2, "two": 2, "three": 4}


def test_tiers_have_ranks_of_their_own() -> None:
    analysis = planted({"slow": [1.0] * 6, "quick": [-1.0] * 6})
    analysis = with_implementation(analysis, "quick", tier="tuned")
    assert {row.implementation: row.rank for row in timing_table.rows(analysis)} == {
        REFERENCE: 1,
        "slow": 2,
        "quick": 1,
    }


def test_intervals_hold_together_for_all_rows() -> None:
    values = [0.1, 0.2, 0.3, 0.1, 0.2, 0.3]
    alone = timing_table.rows(planted({"one": values}))[1]
    among = timing_table.rows(planted({"one": values, "two": [1.0] * 6, "three": [2.0] * 6}))[1]
    assert alone.ratio is not None
    assert among.ratio is not None
    assert alone.ratio.high == pytest.approx(interval(values).high, rel=1e-4)
    assert among.ratio.high == pytest.approx(interval(values, 1 - 0.05 / 3).high, rel=1e-4)


def test_looks_that_were_taken_before_widen_the_intervals() -> None:
    analysis = with_plan(planted({"one": [0.1, 0.2, 0.3] * 2}), confidence=0.9875)
    ratio = timing_table.rows(analysis)[1].ratio
    assert ratio is not None
    assert ratio.high == pytest.approx(interval([0.1, 0.2, 0.3] * 2, 0.9875).high, rel=1e-4)


def test_what_is_neither_known_nor_clear_of_1_is_unresolved() -> None:
    near = [0.03, -0.03] * 3
    analysis = planted({"near": near, "far": [1 + n for n in near], "same": [0.0001, -0.0001] * 3})
    assert [row.implementation for row in timing_table.unresolved(analysis, 0.02)] == ["near"]
    assert timing_table.unresolved(analysis, 0.2) == []
    assert [row.implementation for row in timing_table.unresolved(planted({"other": [0.5]}, launches=1), 0.2)] == [
        "other"
    ]


def test_one_launch_has_a_ratio_and_no_interval() -> None:
    other = timing_table.rows(planted({"other": [0.5]}, launches=1))[1]
    assert other.ratio is not None
    assert (other.ratio.low, other.ratio.high, other.verdict, other.rank) == (None, None, "one launch", 1)


@pytest.mark.parametrize(
    ("failures", "partial", "verdict", "reason"),
    [
        ([], False, "untimed", f"no time of {REFERENCE} to compare with"),
        ([], True, "untimed", "the run was interrupted"),
        (["it fell over"], False, "failed", "it fell over"),
    ],
)
def test_no_time_has_a_reason(failures: list[str], partial: bool, verdict: str, reason: str) -> None:
    lost = [Failure(launch=0, workload="hidden", implementation="other", copy=False, reason=each) for each in failures]
    analysis = planted({"other": [0.5] * 6}, partial=partial, timings=[], failures=lost)
    other = next(row for row in timing_table.rows(analysis) if row.implementation == "other")
    assert (other.verdict, other.reason) == (verdict, reason)


def test_a_breach_of_the_rules_refuses_the_row() -> None:
    analysis = cheated(planted({"other": [0.5] * 6}), "other", [0])
    other = timing_table.rows(analysis)[-1]
    assert (other.verdict, other.ratio, other.rank) == ("refused", None, None)
    assert other.reason == "it cheated (in 1 of 6 launches)"


def test_without_a_baseline_that_kept_the_rules_nobody_has_a_ratio() -> None:
    analysis = cheated(planted({"other": [0.5] * 6}), REFERENCE, [0])
    found = {row.implementation: (row.verdict, row.reason) for row in timing_table.rows(analysis)}
    assert found[REFERENCE][0] == "refused"
    assert found["other"] == ("untimed", f"no time of {REFERENCE} to compare with: it cheated (in 1 of 6 launches)")


def test_the_baseline_of_every_row_is_the_mean_of_both_copies() -> None:
    analysis = planted({"other": [0.5] * 6}, control=[0.1] * 6)
    baseline, other = timing_table.rows(analysis)
    assert baseline.ratio is not None
    assert (baseline.ratio.value, baseline.is_baseline, other.is_baseline) == (1, True, False)
    assert other.ratio is not None
    assert other.ratio.value == pytest.approx(math.exp(0.45), rel=1e-5)


def test_a_row_has_the_start_of_a_training_as_a_share_of_its_long_round() -> None:
    def later(timing: Timing, _number: int, nanoseconds: float) -> float:
        start = 2.1e6 if timing.launch % 2 == 0 else 1.9e6
        return nanoseconds + (start if timing.implementation == "other" else 0)

    # An epoch takes 30 µs, a long round of `other` 200 of them: 6 ms, and 2 ms before them.
    baseline, other = timing_table.rows(retimed(planted({"other": [0.0] * 6}, drifting=0), later))
    assert other.start_microseconds is not None
    assert other.start_microseconds.value == pytest.approx(2_000, abs=0.1)
    assert other.start_microseconds.low == pytest.approx(2_000 - 2.5706 * 100 / math.sqrt(5), abs=0.1)
    assert other.start_share == pytest.approx(0.25, rel=1e-3)
    assert other.microseconds_per_epoch is not None
    assert other.microseconds_per_epoch.value == pytest.approx(40, rel=1e-3)
    assert baseline.start_share == pytest.approx(0, abs=1e-4)


def test_a_row_without_short_rounds_has_no_start() -> None:
    analysis = with_timings(
        planted({"other": [0.0] * 6}),
        lambda timing: replace(timing, epochs=[max(timing.epochs)] * len(timing.epochs)),
    )
    for row in timing_table.rows(analysis):
        assert (row.start_microseconds, row.start_share) == (None, None)


def test_a_row_has_its_idle_share() -> None:
    def halved(timing: Timing) -> Timing:
        if timing.implementation != "other":
            return timing
        return replace(timing, cpu_nanoseconds=[taken // 2 for taken in timing.round_nanoseconds])

    baseline, other = timing_table.rows(with_timings(planted({"other": [0.0] * 6}), halved))
    assert baseline.idle_share == 0
    assert other.idle_share == pytest.approx(1, rel=1e-6)
    assert other.ratio is not None
    assert other.ratio.value == pytest.approx(1)  # what it spent idle is part of its time


@pytest.mark.parametrize(("apart", "rank"), [(0.0157, 2), (0.0159, 3)])
def test_ranks_hold_together_for_all_pairs_of_rows(apart: float, rank: int) -> None:
    # Over 6 launches the logarithms differ by `apart`, 0.01 more or less by turns: their standard error is 0.01 times
    # the root of 1/5. Of three pairs each holds with 1 - 0.05 / 3, for which Student's t is 3.534, and the half-width
    # 0.0158. A pair alone would have 2.571 and 0.0115.
    two = [1 + apart + wobble for wobble in [0.01, -0.01] * 3]
    ranks = {row.implementation: row.rank for row in timing_table.rows(planted({"one": [1.0] * 6, "two": two}))}
    assert ranks == {REFERENCE: 1, "one": 2, "two": rank}
