"""Whether rows are in a steady state: a planted drift is found, and what is not steady has no rank."""

import math

import pytest

from tests.planted import planted, retimed, with_timings
from tests.test_intervals import T_5
from xorbench.charts.ratios import dots
from xorbench.charts.rounds import rounds
from xorbench.contract import REFERENCE
from xorbench.estimates import timing_table
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.ratios import BASELINE, RowId
from xorbench.estimates.steadiness import drift, unsteady
from xorbench.estimates.timing_table import Row
from xorbench.page.boards import boards
from xorbench.record.timing import Timing
from xorbench.tables import headline, timings

OTHER = RowId("other")
NAMES = {"other": 0.5, "slow": 1.0, "slower": 1.5, "fast": -0.5}
LAUNCHES, ROUNDS = 6, 64
WOBBLE = [0.002, -0.002] * 3


def drifting(
    share: float,
    spread: float = 0.0,
    row: str = "other",
    names: dict[str, float] | None = None,
    rounds: int = ROUNDS,
    launches: int = LAUNCHES,
) -> Analysis:
    """A record in which the time of one row rises by so much within a launch, give or take a spread over launches.

    It does so in a step after one half, so that the last quarter differs from the first by exactly that.
    """
    log_ratios = {name: [ratio] * launches for name, ratio in (NAMES if names is None else names).items()}
    analysis = planted(log_ratios, control=(WOBBLE * launches)[:launches], launches=launches, rounds=rounds)

    def change(timing: Timing, number: int, nanoseconds: float) -> float:
        if timing.implementation != row or number < rounds // 2:
            return nanoseconds
        return nanoseconds * math.exp(math.log1p(share) + spread * (-1) ** timing.launch)

    return retimed(analysis, change)


def row_of(analysis: Analysis, name: str = "other") -> Row:
    return next(row for row in timing_table.rows(analysis) if row.implementation == name)


def test_the_drift_is_the_last_quarter_of_a_launch_over_the_first_beside_the_other_rows() -> None:
    found = drift(drifting(0.05, 0.01), "hidden", OTHER, 0.95)
    assert found is not None
    assert found.value == pytest.approx(math.log(1.05), abs=1e-5)
    half = T_5 * math.sqrt(6 * 1e-4 / 5 / 6)  # over six launches, each 0.01 off
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=1e-5)


def test_what_the_machine_does_to_all_rows_is_no_drift() -> None:
    def slower_and_slower(_timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (1 + 0.2 * number / ROUNDS)  # but in no round as much as a slow machine

    analysis = retimed(drifting(0.0), slower_and_slower)
    for one in (OTHER, BASELINE):
        found = drift(analysis, "hidden", one, 0.95)
        assert found is not None
        assert found.value == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("quarter", "expected"), [(0, -1), (1, 0), (2, 0), (3, 1)])
def test_only_the_first_and_the_last_quarter_count(quarter: int, expected: int) -> None:
    def longer(timing: Timing, number: int, nanoseconds: float) -> float:
        in_it = number // (ROUNDS // 4) == quarter
        return nanoseconds * (1.1 if timing.implementation == "other" and in_it else 1)

    found = drift(retimed(drifting(0.0), longer), "hidden", OTHER, 0.95)
    assert found is not None
    assert found.value == pytest.approx(expected * math.log(1.1), abs=1e-4)


def test_of_a_steady_rise_three_quarters_are_found() -> None:
    def rising(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (math.exp(0.1 * number / ROUNDS) if timing.implementation == "other" else 1)

    found = drift(retimed(drifting(0.0), rising), "hidden", OTHER, 0.95)
    assert found is not None
    assert found.value == pytest.approx(0.075, abs=1e-4)


@pytest.mark.parametrize(("rounds", "told"), [(16, True), (14, False)])
def test_a_launch_needs_eight_long_rounds(rounds: int, told: bool) -> None:
    assert (drift(drifting(0.05, rounds=rounds), "hidden", OTHER, 0.95) is not None) is told


def test_without_other_rows_nothing_is_known() -> None:
    analysis = drifting(0.05, row=REFERENCE, names={})
    analysis = with_timings(analysis, lambda timing: None if timing.copy else timing)
    assert drift(analysis, "hidden", BASELINE, 0.95) is None
    assert drift(analysis, "hidden", OTHER, 0.95) is None


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (Interval(math.log(1.031), 0.01, 0.06), "+3.1% within a launch"),
        (Interval(math.log(0.95), -0.06, -0.01), "-5.0% within a launch"),
        (Interval(math.log(1.021), 0.01, 0.06), "+2.1% within a launch"),
        (Interval(math.log(1.019), 0.01, 0.03), None),
        (Interval(math.log(0.981), -0.03, -0.01), None),
        (Interval(math.log(1.05), -0.01, 0.2), None),
        (Interval(math.log(1.05), 0.0, 0.2), None),
        (Interval(math.log(0.95), -0.2, 0.01), None),
        (Interval(0.05, None, None), None),
        (None, None),
    ],
)
def test_a_drift_above_2_percent_and_beyond_chance_is_told(interval: Interval | None, said: str | None) -> None:
    assert unsteady(interval) == said


def test_what_is_not_steady_says_so_and_has_no_rank_and_others_keep_theirs() -> None:
    steady = {row.implementation: row.rank for row in timing_table.rows(drifting(0.0))}
    assert steady == {REFERENCE: 2, "fast": 1, "other": 3, "slow": 4, "slower": 5}
    found = {row.implementation: row for row in timing_table.rows(drifting(0.031))}
    assert (found["other"].verdict, found["other"].reason) == ("not steady", "+3.1% within a launch")
    assert found["other"].rank is None
    assert found["other"].ratio is not None
    assert {name: row.rank for name, row in found.items() if name != "other"} == {
        REFERENCE: 2,
        "fast": 1,
        "slow": 3,
        "slower": 4,
    }
    assert {row.verdict for name, row in found.items() if name not in ("other", REFERENCE)} == {"slower", "faster"}
    (table,) = timings.timings(drifting(0.031))
    assert table.notes[0] == "other is not steady: +3.1% within a launch."
    line = table.frame.set_index("implementation").loc["other"]
    assert (line["rank"], line["verdict"]) == ("n/a", "not steady")


@pytest.mark.parametrize(("share", "spread"), [(0.019, 0.0), (-0.019, 0.0), (0.05, 0.1)])
def test_a_small_drift_and_one_within_chance_change_nothing(share: float, spread: float) -> None:
    row = row_of(drifting(share, spread))
    assert (row.verdict, row.reason, row.rank) == ("slower", None, 3)


@pytest.mark.parametrize(("spread", "verdict"), [(0.0195, "not steady"), (0.0205, "slower"), (0.03, "slower")])
def test_the_interval_of_a_drift_is_corrected_for_all_rows_of_the_table(spread: float, verdict: str) -> None:
    # Six launches, each so far above or below 0.036: the half-width of one interval of five is 1.80 times that, of one
    # of four it would be 1.71 times, and of one alone 1.15 times.
    assert row_of(drifting(math.expm1(0.036), spread)).verdict == verdict


def test_a_baseline_that_is_not_steady_is_still_what_others_are_compared_with() -> None:
    analysis = drifting(0.1, row=REFERENCE)  # both copies of it
    found = timing_table.rows(analysis)
    assert (found[0].implementation, found[0].verdict, found[0].rank) == (REFERENCE, "not steady", None)
    assert found[0].is_baseline
    assert {row.implementation: row.rank for row in found[1:]} == {"fast": 1, "other": 2, "slow": 3, "slower": 4}
    (table,) = timings.timings(analysis)
    assert any(note.startswith("Simultaneous 95 % confidence intervals (Bonferroni, 4 rows)") for note in table.notes)
    line = table.frame.set_index("implementation").loc[REFERENCE]
    assert (line[timings.RATIO], line["95 % interval"], line["verdict"]) == ("1", "n/a", "not steady")
    assert "was not timed" not in headline.headline(analysis)
    assert timing_table.unresolved(analysis, 1e-9) == []
    board, *_ = boards(analysis, "run")
    assert [(one.results[0].factor, one.results[0].interval) for one in board.entries if one.name == REFERENCE] == [
        ("baseline", "")
    ]
    drawn = dots(analysis)
    assert drawn is not None
    numbers = drawn.panels[0].numbers
    base = list(numbers["implementation"]).index(REFERENCE)
    assert [numbers[column][base] for column in ("ratio", "low", "high")] == [1, 1, 1]
    raw = rounds(analysis)
    assert raw is not None
    assert len(raw.panels) == len(NAMES)


def test_over_which_rounds_ratios_are_is_said_of_other_rows_than_the_baseline() -> None:
    # Of three rows two are left to tell the state for a third, and all three for the baseline.
    three = {name: ratio for name, ratio in NAMES.items() if name != "fast"}
    (table,) = timings.timings(drifting(0.1, row=REFERENCE, names=three))
    said = [note for note in table.notes if " over " in note and "rounds" in note and "atios" in note]
    (sentence,) = said
    assert sentence.startswith("Ratios are over all rounds: the state of the machine is unknown, or ")


def test_what_is_not_steady_is_resolved_where_it_is_clear_of_1() -> None:
    def differing(timing: Timing, _number: int, nanoseconds: float) -> float:
        return nanoseconds * (math.exp(0.1 * (-1) ** timing.launch) if timing.implementation == "other" else 1)

    analysis = retimed(drifting(0.1), differing)
    row = row_of(analysis)
    assert row.verdict == "not steady"
    assert row.ratio is not None
    assert row.ratio.half_width > 0.05
    assert timing_table.unresolved(analysis, 0.05) == []


def test_the_headline_calls_nothing_the_fastest_that_is_not_steady() -> None:
    text = headline.headline(drifting(0.1, row="fast"))
    assert "Fast" not in text
    assert "Slower 4.5x slower" in text


def test_a_row_whose_ratio_depends_on_the_state_of_the_machine_is_steady_in_each_of_them() -> None:
    # The machine is slow in the first quarter of every launch, and one row loses much more than the others then.
    def change(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (1 if number >= 20 else 4 if timing.implementation == "depends" else 2)

    def even() -> Analysis:
        return planted({"depends": [0.5] * 6, "one": [0.2] * 6, "two": [1.0] * 6}, rounds=80, drifting=0)

    found = drift(retimed(even(), change), "hidden", RowId("depends"), 0.95)
    assert found is None  # no round of the first quarter tells of the quiet state
    half = retimed(even(), lambda timing, number, nanoseconds: change(timing, 2 * number, nanoseconds))
    moved = drift(half, "hidden", RowId("depends"), 0.95)
    assert moved is not None
    assert moved.value == pytest.approx(0, abs=1e-6)
