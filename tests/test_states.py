"""States of the machine: told from the rows that are not compared, and the ratio is that of the quiet one."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.planted import HIDDEN, SECOND_COPY, changed, cheated, planted, retimed, slowed, with_timings
from xorbench.contract import REFERENCE
from xorbench.estimates import ratios, states, timing_table
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.ratios import BASELINE, CONTROL, Compared, RowId, compared
from xorbench.estimates.rounds import LONG, SHORT
from xorbench.record.settings import CONFIDENCE
from xorbench.record.timing import Timing
from xorbench.tables import timings

OTHER = RowId("other")
NAMES = ("other", "one", "two", "three")
LAUNCHES = 4
PAIRS = 25
"""Of a long and a short round, in each launch."""


def a_record(names: tuple[str, ...] = NAMES, launches: int = LAUNCHES, pairs: int = PAIRS) -> Analysis:
    """A record in which every row takes the same time in every round."""
    return planted({name: [0.0] * launches for name in names}, launches=launches, rounds=2 * pairs, drifting=0)


def first(pairs: int) -> Callable[[int, int], bool]:
    """The first so many pairs of every launch."""
    return lambda _launch, pair: pair < pairs


def pair_of(analysis: Analysis, one: RowId = OTHER, other: RowId = BASELINE) -> Compared:
    return compared(analysis, "hidden", one, other)


def run_is_slow(analysis: Analysis, length: str = LONG) -> list[int]:
    """How many rounds are slow in each launch, by the level of all rows."""
    return [int(mask.sum()) for mask in states.slow(analysis, "hidden", frozenset(), length).values()]


@pytest.mark.parametrize("length", [LONG, SHORT])
@pytest.mark.parametrize(("level", "slow"), [(0.26, 7), (0.24, 0)])
def test_a_round_is_slow_when_its_level_is_above_a_quarter(level: float, slow: int, length: str) -> None:
    analysis = slowed(a_record(), first(7), math.exp(level))
    assert run_is_slow(analysis, length) == [slow] * LAUNCHES


@pytest.mark.parametrize(("slow_pairs", "found"), [(19, 19), (21, 0)])
def test_the_quiet_time_of_a_row_is_its_20_percent_quantile_in_the_run(slow_pairs: int, found: int) -> None:
    # Where more than 80 % of the rounds are slow, they are what is usual on this machine.
    assert run_is_slow(slowed(a_record(), first(slow_pairs), 1.5)) == [found] * LAUNCHES


def test_rounds_of_each_length_have_states_of_their_own() -> None:
    def slow_if_short(_timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (1.5 if number < 14 and number % 2 else 1)

    analysis = retimed(a_record(), slow_if_short)
    assert (run_is_slow(analysis, LONG), run_is_slow(analysis, SHORT)) == ([0] * LAUNCHES, [7] * LAUNCHES)


def test_a_launch_that_is_slow_as_a_whole_is_slow_beside_the_others() -> None:
    assert run_is_slow(slowed(a_record(), lambda launch, _pair: launch == 2, 1.5)) == [0, 0, PAIRS, 0]


def test_the_level_is_the_median_of_the_other_rows() -> None:
    analysis = slowed(a_record(), first(7), 1.0, {"three": 100.0})
    assert pair_of(analysis).quiet_share == 1  # one of three rows
    analysis = slowed(a_record(), first(7), 1.0, {"three": 1.5, "two": 1.5})
    assert pair_of(analysis).quiet_share == pytest.approx(1 - 7 / PAIRS)


def test_the_level_of_a_launch_is_that_of_the_rows_which_were_timed_in_it() -> None:
    def jittered(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (1 + (7 * number + 3 * len(timing.implementation) + timing.launch) % 11 / 100)

    analysis = retimed(a_record(), jittered)
    analysis = with_timings(
        analysis, lambda timing: None if (timing.implementation, timing.launch) == ("two", 1) else timing
    )
    rows = states.relative(analysis, "hidden", LONG)
    assert [len(of_launch) for of_launch in rows.values()] == [6, 5, 6, 6]
    found = states.levels(analysis, "hidden", frozenset({OTHER}), LONG)
    assert [*found] == [0, 1, 2, 3]
    for launch, level in found.items():
        others = [times for one, times in rows[launch].items() if one != OTHER]
        assert level.tolist() == np.median(np.stack(others), axis=0).tolist()
    assert states.levels(analysis, "hidden", frozenset(rows[0]), LONG) == {}


def test_what_is_compared_tells_nothing_of_the_machine() -> None:
    analysis = slowed(a_record(), first(10), 2.0, dict.fromkeys(("one", "two", "three"), 1.0))
    assert pair_of(analysis).by_state
    assert pair_of(analysis).quiet_share == 1
    assert run_is_slow(analysis) == [10] * LAUNCHES  # 3 of all 6 rows


def test_of_the_baseline_neither_copy_tells_anything() -> None:
    analysis = slowed(a_record(), first(10), 1.0, {SECOND_COPY: 2.0, "one": 2.0})
    assert pair_of(analysis).quiet_share == 1  # only one of the three others is slow
    analysis = slowed(a_record(), first(10), 1.0, {REFERENCE: 2.0, "other": 2.0})
    assert pair_of(analysis, CONTROL).quiet_share == 1  # one of four
    assert states.without(OTHER, BASELINE) == {OTHER, BASELINE, CONTROL}
    assert states.without(CONTROL, BASELINE) == {BASELINE, CONTROL}
    assert states.without(OTHER, RowId("one")) == {OTHER, RowId("one")}


@pytest.mark.parametrize(("others", "by_state"), [(3, True), (2, False)])
def test_the_state_is_told_from_three_other_rows_or_not_at_all(others: int, by_state: bool) -> None:
    analysis = slowed(a_record(NAMES[: 1 + others]), first(10), 1.5, {"other": 1.2})
    found = pair_of(analysis)
    assert found.by_state is by_state
    assert {len(of_launch) for of_launch in found.published.values()} == {PAIRS - 10 if by_state else PAIRS}
    row = next(row for row in timing_table.rows(analysis) if row.implementation == "other")
    assert row.quiet_share == (pytest.approx(1 - 10 / PAIRS) if by_state else None)
    assert row.slow_factor == (pytest.approx(0.8, rel=1e-6) if by_state else None)


def test_a_row_that_was_refused_is_none_of_the_three() -> None:
    analysis = slowed(a_record(), first(10), 1.5)
    assert not pair_of(cheated(analysis, "three", [0])).by_state


@pytest.mark.parametrize(("slow_pairs", "by_state"), [(12, True), (13, False)])
def test_all_rounds_count_where_fewer_than_half_are_quiet(slow_pairs: int, by_state: bool) -> None:
    analysis = slowed(a_record(), first(slow_pairs), 1.5, {"other": 1.5 * 0.68})
    found = pair_of(analysis)
    assert found.by_state is by_state
    assert found.quiet_share == pytest.approx(1 - slow_pairs / PAIRS)
    (ratio, *_), published = ratios.log_ratios(analysis, "hidden", OTHER), [*found.published.values()]
    assert ratio == pytest.approx(0 if by_state else math.log(0.68), abs=1e-6)
    assert {len(of_launch) for of_launch in published} == {PAIRS - slow_pairs if by_state else PAIRS}


@pytest.mark.parametrize(("pairs", "by_state"), [(24, True), (101, False)])
def test_half_of_the_rounds_are_enough_and_nothing_less(pairs: int, by_state: bool) -> None:
    assert pair_of(slowed(a_record(launches=2, pairs=pairs), first((pairs + 1) // 2), 1.5)).by_state is by_state


def two_states(slow: float = 0.68) -> Analysis:
    """A record in which the ratio of `other` is 1 in quiet rounds and `slow` in slow ones, give or take 1 %."""
    analysis = slowed(a_record(), first(10), 1.5, {"other": 1.5 * slow})

    def spread(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (math.exp(0.01 * (number // 2 % 3 - 1)) if timing.implementation == "other" else 1)

    return retimed(analysis, spread)


def test_the_published_ratio_is_that_of_the_quiet_rounds_and_the_slow_ones_are_told_beside_it() -> None:
    analysis = two_states()
    row = next(row for row in timing_table.rows(analysis) if row.implementation == "other")
    assert row.ratio is not None
    assert row.ratio.value == pytest.approx(1, abs=1e-6)  # over all rounds it would be lower, by 1 %
    assert row.quiet_share == pytest.approx(0.6)
    assert row.slow_factor == pytest.approx(0.68, rel=1e-3)
    assert {r.slow_factor for r in timing_table.rows(analysis) if r.implementation != "other"} == {None}
    (table,) = timings.timings(analysis)
    assert "other: its ratio is 0.68 times as large while the machine is slow." in table.notes
    assert (
        "Ratios are over the 60% of rounds in which the machine was not slow, judged by the times of the other rows."
        in table.notes
    )


def test_the_time_of_an_epoch_is_that_of_quiet_rounds_too() -> None:
    analysis = slowed(a_record(), first(12), 1.5)
    quiet = ratios.log_seconds_per_epoch(a_record(), "hidden", OTHER)
    assert ratios.log_seconds_per_epoch(analysis, "hidden", OTHER) == pytest.approx(quiet, abs=1e-6)
    every = slowed(a_record(), first(13), 1.5)
    assert ratios.log_seconds_per_epoch(every, "hidden", OTHER) == pytest.approx(
        [time + math.log(1.5) for time in quiet], abs=1e-6
    )


def test_the_table_says_where_all_rounds_count() -> None:
    sentence = "Ratios are over all rounds: the state of the machine is unknown, or it was slow in most rounds."
    few, slow, quiet = a_record(("other", "one")), slowed(a_record(), first(13), 1.5), a_record()
    assert [sentence in timings.timings(analysis)[0].notes for analysis in (few, slow, quiet)] == [True, True, False]
    assert any("over the 100% of rounds" in note for note in timings.timings(quiet)[0].notes)
    assert not any(note.startswith("Ratios are over") for note in timings.timings(planted({}))[0].notes)


def test_where_the_rounds_that_count_differ_between_rows_the_table_says_whose_are_all() -> None:
    # Two rows are slow in 15 of 25 rounds, and each other row has both of them among its three: 40 % are quiet. Each of
    # the two has one of them, so that for them the machine was never slow.
    analysis = slowed(a_record(), first(15), 1.0, {"one": 1.5, "two": 1.5})
    shares = {row.implementation: row.quiet_share for row in timing_table.rows(analysis)}
    assert shares == {REFERENCE: 1, "other": None, "three": None, "one": 1, "two": 1}
    notes = timings.timings(analysis)[0].notes
    assert [note for note in notes if "of rounds in which" in note or "over all rounds" in note] == [
        "Ratios of other, three are over all rounds: the state of the machine is unknown, or it was slow in most "
        "rounds.",
        "Other ratios are over the 100% of rounds in which the machine was not slow, judged by the times of the other "
        "rows.",
    ]


def test_the_table_gives_the_range_of_the_rounds_that_count() -> None:
    analysis = slowed(a_record(), first(10), 1.0, {"one": 1.5, "two": 1.5})
    notes = timings.timings(analysis)[0].notes
    assert any(note.startswith("Ratios are over the 60% to 100% of rounds") for note in notes)


@pytest.mark.parametrize(("slow_rounds", "factor"), [((10, 10), 0.68), ((10, 9), None)])
def test_the_slow_state_is_told_of_twenty_rounds_or_more(slow_rounds: tuple[int, int], factor: float | None) -> None:
    analysis = slowed(a_record(launches=2), lambda launch, pair: pair < slow_rounds[launch], 1.5, {"other": 1.5 * 0.68})
    found = pair_of(analysis).slow_factor(CONFIDENCE)
    assert found == (None if factor is None else pytest.approx(factor, rel=1e-5))


@pytest.mark.parametrize(("factor", "told"), [(0.94, True), (0.96, False), (1.04, False), (1.06, True)])
def test_the_slow_state_is_told_where_it_differs_by_5_percent(factor: float, told: bool) -> None:
    assert (pair_of(two_states(factor)).slow_factor(CONFIDENCE) is not None) is told


@pytest.mark.parametrize(("factor", "spread", "told"), [(0.68, 0.1, True), (0.68, 0.11, False), (1.5, 0.12, False)])
def test_the_slow_state_is_told_where_it_differs_by_more_than_both_intervals(
    factor: float, spread: float, told: bool
) -> None:
    # log 0.68 is 0.386 below 0; the half-width of each state over four launches is 1.84 times the spread of launches
    launches = [spread, -spread, spread, -spread]
    analysis = planted({name: launches if name == "other" else [0.0] * 4 for name in NAMES}, launches=4, rounds=50)
    found = pair_of(slowed(analysis, first(10), 1.5, {"other": 1.5 * factor}))
    assert (found.slow_factor(CONFIDENCE) is not None) is told
    assert found.slow_factor(0.999) is None


def test_a_launch_tells_nothing_of_a_state_in_which_it_has_no_more_than_a_tenth_of_its_rounds() -> None:
    def when(launch: int, pair: int) -> bool:
        return pair < (12 if launch < 2 else 2)  # of 25

    analysis = slowed(a_record(), when, 1.5, {"other": 1.5 * 0.68})
    found = pair_of(analysis)
    assert found.slow_factor(CONFIDENCE) == pytest.approx(0.68, rel=1e-5)
    few = slowed(a_record(), lambda launch, pair: pair < (20 if launch == 0 else 2), 1.5, {"other": 1.5 * 0.68})
    assert pair_of(few).quiet_share == pytest.approx(1 - 26 / 100)
    assert pair_of(few).slow_factor(CONFIDENCE) is None  # one launch alone has an interval of no width


def test_a_launch_that_was_slow_from_end_to_end_has_no_ratio() -> None:
    analysis = slowed(a_record(), lambda launch, _pair: launch == 1, 1.5, {"other": 3.0})
    assert ratios.log_ratios(analysis, "hidden", OTHER) == pytest.approx([0, 0, 0], abs=1e-6)


def test_the_share_of_a_run_is_over_all_rounds_of_all_workloads() -> None:
    analysis = slowed(a_record(), first(10), 1.5)
    quiet = [replace(timing, workload="again") for timing in a_record().record.timings]
    both = changed(
        analysis,
        timings=[*analysis.record.timings, *quiet],
        workloads=[HIDDEN, replace(HIDDEN, name="again")],
    )
    assert states.run_quiet_share(both) == pytest.approx(1 - 10 / PAIRS / 2)
    assert states.run_quiet_share(planted({}, timings=[])) == 1
