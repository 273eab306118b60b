"""The controls, both of which are 1 in a fit run; and the three reasons for which a run is unfit."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.planted import HIDDEN, SECOND_COPY, changed, planted, retimed, slowed, with_timings
from tests.test_intervals import T_5
from xorbench.contract import REFERENCE
from xorbench.estimates import comparison, noise_floor
from xorbench.estimates.analysis import Analysis
from xorbench.exports.document import document
from xorbench.publication.contribution import complaints
from xorbench.record.store import write
from xorbench.record.timing import Timing
from xorbench.tables import timings


def test_the_noise_floor_is_the_second_copy() -> None:
    analysis = planted({"other": [1.0] * 6}, control=[0.01, -0.01] * 3)
    for floor in (noise_floor.noise_floor(analysis), noise_floor.noise_floor(analysis, "hidden")):
        assert floor is not None
        assert floor.value == pytest.approx(1, abs=1e-5)
        assert floor.verdict == "not separated"
        assert floor.high == pytest.approx(math.exp(T_5 * math.sqrt(6 * 1e-4 / 5 / 6)), abs=1e-4)
    assert noise_floor.unfit(analysis) is None


def test_the_noise_floor_is_over_the_first_copy_and_not_over_the_mean_of_both() -> None:
    floor = noise_floor.noise_floor(planted({}, control=[0.02] * 6))
    assert floor is not None
    assert floor.value == pytest.approx(math.exp(0.02), abs=1e-6)


def with_another_workload(analysis: Analysis, other: Analysis) -> Analysis:
    """The record with the timings of another as those of a second workload."""
    again = [replace(timing, workload="again") for timing in other.record.timings]
    workloads = [HIDDEN, replace(HIDDEN, name="again")]
    return changed(analysis, timings=[*analysis.record.timings, *again], workloads=workloads)


def test_workloads_of_a_launch_are_one_number() -> None:
    alone = planted({}, control=[0.01, -0.01] * 3)
    analysis = with_another_workload(alone, alone)
    both, one = noise_floor.noise_floor(analysis), noise_floor.noise_floor(analysis, "hidden")
    assert both is not None
    assert one is not None
    assert both.high == pytest.approx(one.high)
    assert noise_floor.second_control(analysis) == noise_floor.second_control(alone)


def test_a_control_without_1_makes_the_run_unfit() -> None:
    why = noise_floor.unfit(planted({}, control=[0.02, 0.021, 0.022] * 2))
    assert why is not None
    assert why.startswith("the baseline against itself came out as 1.0212, 1.02")


def test_what_can_not_be_told_is_not_unfit() -> None:
    assert noise_floor.unfit(planted({}, control=[0.015], launches=1)) is None  # no interval to exclude 1
    analysis = planted({}, timings=[])
    assert noise_floor.noise_floor(analysis) is None
    assert noise_floor.second_control(analysis) is None
    assert noise_floor.unfit(analysis) is None


def one_length(analysis: Analysis) -> Analysis:
    """As records were of schema 4."""
    return with_timings(analysis, lambda timing: replace(timing, epochs=[max(timing.epochs)] * len(timing.epochs)))


def test_without_short_rounds_there_is_no_second_control() -> None:
    analysis = one_length(planted({"other": [0.5] * 6}))
    assert noise_floor.second_control(analysis) is None
    assert noise_floor.noise_floor(analysis) is not None
    assert noise_floor.unfit(analysis) is None


def test_without_a_second_copy_there_is_no_control() -> None:
    analysis = with_timings(planted({"other": [0.5] * 6}), lambda timing: None if timing.copy else timing)
    assert (noise_floor.noise_floor(analysis), noise_floor.second_control(analysis)) == (None, None)


def test_a_copy_that_is_slower_in_both_lengths_is_for_the_first_control_to_tell() -> None:
    found = noise_floor.second_control(planted({"other": [0.7] * 6}, control=[0.013] * 6))
    assert found is not None
    assert found.value == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("microseconds", [0, 50, 1_000])
def test_the_start_of_a_training_does_not_move_the_second_control(microseconds: int) -> None:
    # A long round takes 3 ms and a short one half of that, and before each of them there is the start.
    def later(_timing: Timing, _number: int, nanoseconds: float) -> float:
        return nanoseconds + 1e3 * microseconds

    found = noise_floor.second_control(retimed(planted({}, rounds=40, drifting=0), later))
    assert found is not None
    assert found.value == pytest.approx(1, abs=1e-5)


def test_a_launch_without_short_rounds_tells_nothing_and_others_do() -> None:
    def without_short(timing: Timing) -> Timing:
        if timing.launch:
            return timing
        long = [timing.round_nanoseconds[0]] * 22
        return replace(timing, epochs=[100] * 22, round_nanoseconds=long, cpu_nanoseconds=[*long])

    analysis = planted({}, control=[0.1, 0.01, 0.01, 0.01, 0.01, 0.01], drifting=0)
    found = noise_floor.second_control(with_timings(analysis, without_short))
    assert found is not None
    assert found.value == pytest.approx(1, rel=1e-5)


def disturbed(
    share: float,
    of_rounds: float,
    lengths: tuple[int, ...] = (0,),
    pairs: int = 40,
    names: tuple[str, ...] = (REFERENCE,),
) -> Analysis:
    """A record in which rounds of these lengths, 0 for long and 1 for short, take longer for these rows.

    They take `share` longer in `of_rounds` of the pairs; of the baseline both copies, so that A/A can't see it.
    """

    def change(timing: Timing, number: int, nanoseconds: float) -> float:
        hit = number // 2 * 7 % pairs < of_rounds * pairs and number % 2 in lengths
        return nanoseconds * (1 + share if hit and timing.implementation in names else 1)

    return retimed(planted({"other": [0.5] * 6}, rounds=2 * pairs, drifting=0), change)


def test_what_disturbs_all_rows_alike_is_in_no_ratio_and_in_no_control() -> None:
    found = noise_floor.second_control(disturbed(1.0, 0.55, names=(REFERENCE, "other")))
    assert found is not None
    assert found.value == pytest.approx(1, abs=1e-5)


def test_long_rounds_that_are_disturbed_in_more_than_half_of_the_rounds_show_in_the_second_control_alone() -> None:
    analysis = disturbed(1.0, 0.55)
    floor, second = noise_floor.noise_floor(analysis), noise_floor.second_control(analysis)
    assert floor is not None
    assert second is not None
    assert (floor.value, floor.low, floor.high) == pytest.approx((1, 1, 1), abs=1e-6)
    assert second.value == pytest.approx(0.5, abs=1e-5)


# The first reason: the A/A interval excludes 1, and its value is more than 1 % from 1.


@pytest.mark.parametrize(
    ("copy", "unfit"),
    [
        ([0.0101] * 6, True),
        ([0.0099] * 6, False),  # it excludes 1, and is near enough to it
        ([-0.0102] * 6, True),
        ([-0.0099] * 6, False),
        ([0.0022, 0.0298] * 3, True),  # 0.016 with a half-width of 0.0159, as logarithms
        ([0.002, 0.03] * 3, False),  # 0.016 with a half-width of 0.0161: it contains 1
    ],
)
def test_a_run_is_unfit_whose_control_is_not_1_by_more_than_a_percent_and_more_than_chance(
    copy: list[float], unfit: bool
) -> None:
    analysis = planted({"other": [0.5] * 6}, control=copy)
    why = noise_floor.unfit(analysis)
    assert (why is not None) is unfit
    assert why is None or why.startswith(f"the baseline against itself came out as {math.exp(sum(copy) / 6):.4f}, ")


# The second: the second control is more than 2 % from 1.


@pytest.mark.parametrize(
    ("length", "share", "unfit"), [(0, 0.02045, True), (0, 0.02035, False), (1, 0.02005, True), (1, 0.01995, False)]
)
def test_a_run_is_unfit_whose_second_control_is_more_than_2_percent_from_1(
    length: int, share: float, unfit: bool
) -> None:
    analysis = disturbed(share, 0.6, (length,))
    second, why = noise_floor.second_control(analysis), noise_floor.unfit(analysis)
    assert second is not None
    assert second.value == pytest.approx(1 + share if length else 1 / (1 + share), abs=1e-5)
    assert (why is not None) is unfit
    expected = (
        f"the baseline in short rounds over itself in long ones came out as {second.value:.4f}, expected at most 2%"
    )
    assert why is None or why.startswith(expected)


def test_one_launch_can_not_tell_that_the_second_control_is_not_1() -> None:
    analysis = disturbed(0.05, 0.6)
    assert str(noise_floor.unfit(analysis)).startswith("the baseline in short rounds")
    one = with_timings(analysis, lambda timing: timing if timing.launch == 0 else None)
    assert noise_floor.unfit(one) is None


@pytest.mark.parametrize(("of_rounds", "lengths"), [(0.4, (0,)), (0.6, (0, 1))])
def test_what_disturbs_the_fewer_rounds_or_both_lengths_alike_is_no_reason(
    of_rounds: float, lengths: tuple[int, ...]
) -> None:
    assert noise_floor.unfit(disturbed(0.1, of_rounds, lengths)) is None


# The third: more than half of the rounds are slow.


@pytest.mark.parametrize(
    ("slow_pairs", "unfit"), [(51, "51% of the rounds were slow, expected at most 50%"), (50, None)]
)
def test_a_run_is_unfit_of_which_more_than_half_is_slow(slow_pairs: int, unfit: str | None) -> None:
    analysis = planted({"other": [0.5] * 6}, rounds=200, drifting=0)
    assert noise_floor.unfit(slowed(analysis, lambda _launch, pair: pair < slow_pairs, 1.5)) == unfit


def test_a_run_whose_rounds_are_slow_by_turns_in_one_of_its_workloads_is_fit() -> None:
    analysis = slowed(planted({}, rounds=80, drifting=0), lambda _launch, pair: pair < 30, 1.5)
    analysis = with_another_workload(analysis, planted({}, rounds=80, drifting=0))
    assert noise_floor.unfit(analysis) is None  # 30 of 80 in all


# And no other.


def test_nothing_else_makes_a_run_unfit() -> None:
    analysis = planted({"other": [0.5, 3.0] * 3}, control=[0.3, -0.3] * 3, rounds=80, drifting=0, partial=True)
    analysis = slowed(analysis, lambda _launch, pair: pair < 10, 2.0, {"other": 20.0})
    analysis = with_timings(analysis, lambda timing: replace(timing, involuntary_switches=[9] * len(timing.epochs)))
    launches = [replace(launch, steal_seconds=1.0, load_1_minute=99.0) for launch in analysis.record.launches]
    assert noise_floor.unfit(changed(analysis, launches=launches)) is None


UNFIT = (
    planted({"other": [0.5] * 6}, control=[0.02, 0.021] * 3),
    disturbed(0.05, 0.6),
    slowed(
        planted({"other": [0.5] * 6}, control=[0.001, -0.001] * 3, rounds=80, drifting=0),
        lambda _launch, pair: pair < 30,
        1.5,
    ),
)


@pytest.mark.parametrize("analysis", UNFIT)
def test_run_tables_compare_and_check_say_the_same_of_a_run(analysis: Analysis, tmp_path: Path) -> None:
    why = noise_floor.unfit(analysis)
    assert why is not None
    assert document(analysis)["unfit"] == why
    (table,) = timings.timings(analysis)
    assert table.warnings[0].startswith(f"Unfit: {why}. ")
    fit = planted({"other": [0.5] * 6}, control=[0.001, -0.001] * 3)
    assert noise_floor.unfit(fit) is None
    assert [change.reason for change in comparison.changes(fit, analysis)] == [f"B is unfit: {why}"]
    assert [change.reason for change in comparison.changes(analysis, fit)] == [f"A is unfit: {why}"]
    said = complaints(write(analysis.record, tmp_path))
    assert any(f": Unfit: {why}. " in complaint for complaint in said)
    assert any("the stored verdict on fitness differs from the one computed" in complaint for complaint in said)


def test_the_controls_are_of_the_quiet_rounds_where_these_are_known() -> None:
    names = ("one", "two", "three")
    analysis = planted({name: [0.0] * 6 for name in names}, rounds=80, drifting=0)
    analysis = slowed(analysis, lambda _launch, pair: pair < 18, 1.5, {SECOND_COPY: 1.8})

    def varied(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (1 + 0.01 * (number // 2 % 3 - 1) if timing.copy else 1)

    floor = noise_floor.noise_floor(retimed(analysis, varied))
    assert floor is not None
    assert floor.value == pytest.approx(1, abs=1e-6)  # over all rounds, of which 18 of 40 are slow, it is 1.01


def test_a_launch_has_the_mean_of_its_workloads_in_both_controls() -> None:
    apart, alike = planted({}, control=[0.02] * 6), planted({}, control=[0.0] * 6)
    for analysis in (with_another_workload(apart, alike), with_another_workload(alike, apart)):
        floor = noise_floor.noise_floor(analysis)
        assert floor is not None
        assert floor.value == pytest.approx(math.exp(0.01), abs=1e-6)
    # Short rounds take 4 % longer in one of two workloads: the root of 1.04.
    dearer, even = disturbed(0.04, 0.6, (1,)), disturbed(0.0, 0.6)
    for analysis in (with_another_workload(dearer, even), with_another_workload(even, dearer)):
        second = noise_floor.second_control(analysis)
        assert second is not None
        assert second.value == pytest.approx(math.sqrt(1.04), abs=1e-5)
