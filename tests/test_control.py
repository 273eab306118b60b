"""The controls, both of which are 1 in a fit run; and the three reasons for which a run is unfit."""

import math
from typing import Any

import pytest

from tests.planted import SECOND_COPY, planted_record, retimed, slowed
from tests.test_intervals import T_5
from xorbench.contract import REFERENCE
from xorbench.estimates import changes, control
from xorbench.exports.document import document
from xorbench.publication.contribution import complaints
from xorbench.records import Record, write
from xorbench.tables import timings


def test_the_noise_floor_is_the_second_copy() -> None:
    record = planted_record({"other": [1.0] * 6}, control=[0.01, -0.01] * 3)
    for floor in (control.noise_floor(record), control.noise_floor(record, ["hidden"])):
        assert floor is not None
        assert floor.value == pytest.approx(1, abs=1e-5)
        assert floor.verdict == "not separated"
        assert floor.high == pytest.approx(math.exp(T_5 * math.sqrt(6 * 1e-4 / 5 / 6)), abs=1e-4)
    assert control.unfit(record) is None


def test_the_noise_floor_is_over_the_first_copy_and_not_over_the_mean_of_both() -> None:
    floor = control.noise_floor(planted_record({}, control=[0.02] * 6))
    assert floor is not None
    assert floor.value == pytest.approx(math.exp(0.02), abs=1e-6)


def test_workloads_of_a_launch_are_one_number() -> None:
    record = planted_record({}, control=[0.01, -0.01] * 3)
    record["timings"] += [t | {"workload": "again"} for t in record["timings"]]
    record["workloads"] += [record["workloads"][0] | {"name": "again"}]
    both, one = control.noise_floor(record), control.noise_floor(record, ["hidden"])
    assert both is not None
    assert one is not None
    assert both.high == pytest.approx(one.high)
    second, alone = (
        control.second_control(record),
        control.second_control(planted_record({}, control=[0.01, -0.01] * 3)),
    )
    assert second == alone


def test_a_control_without_1_makes_the_run_unfit() -> None:
    why = control.unfit(planted_record({}, control=[0.02, 0.021, 0.022] * 2))
    assert why is not None
    assert why.startswith("the baseline against itself came out as 1.0212, 1.02")


def test_what_can_not_be_told_is_not_unfit() -> None:
    assert control.unfit(planted_record({}, control=[0.015], launches=1)) is None  # no interval to exclude 1
    record = planted_record({})
    record["timings"] = []
    assert control.noise_floor(record) is None
    assert control.second_control(record) is None
    assert control.unfit(record) is None


def one_length(record: dict[str, Any]) -> dict[str, Any]:
    """As records were of schema 4."""
    for timing in record["timings"]:
        timing["epochs"] = [max(timing["epochs"])] * len(timing["epochs"])
    return record


def test_without_short_rounds_there_is_no_second_control() -> None:
    record = one_length(planted_record({"other": [0.5] * 6}))
    assert control.second_control(record) is None
    assert control.noise_floor(record) is not None
    assert control.unfit(record) is None


def test_without_a_second_copy_there_is_no_control() -> None:
    record = planted_record({"other": [0.5] * 6})
    record["timings"] = [timing for timing in record["timings"] if not timing["copy"]]
    assert (control.noise_floor(record), control.second_control(record)) == (None, None)


def test_a_copy_that_is_slower_in_both_lengths_is_for_the_first_control_to_tell() -> None:
    found = control.second_control(planted_record({"other": [0.7] * 6}, control=[0.013] * 6))
    assert found is not None
    assert found.value == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("microseconds", [0, 50, 1_000])
def test_the_start_of_a_training_does_not_move_the_second_control(microseconds: int) -> None:
    # A long round takes 3 ms and a short one half of that, and before each of them there is the start.
    def later(_timing: dict[str, Any], _number: int, nanoseconds: float) -> float:
        return nanoseconds + 1e3 * microseconds

    found = control.second_control(retimed(planted_record({}, rounds=40, drifting=0), later))
    assert found is not None
    assert found.value == pytest.approx(1, abs=1e-5)


def test_a_launch_without_short_rounds_tells_nothing_and_others_do() -> None:
    record = planted_record({}, control=[0.1, 0.01, 0.01, 0.01, 0.01, 0.01], drifting=0)
    for timing in record["timings"][:2]:
        timing["epochs"] = [100] * 22
        timing["round_nanoseconds"] = timing["cpu_nanoseconds"] = [timing["round_nanoseconds"][0]] * 22
    found = control.second_control(record)
    assert found is not None
    assert found.value == pytest.approx(1, rel=1e-5)


def disturbed(
    share: float,
    of_rounds: float,
    lengths: tuple[int, ...] = (0,),
    pairs: int = 40,
    names: tuple[str, ...] = (REFERENCE,),
) -> dict[str, Any]:
    """A record in which rounds of these lengths, 0 for long and 1 for short, take longer for these rows.

    They take `share` longer in `of_rounds` of the pairs; of the baseline both copies, so that A/A can't see it.
    """

    def change(timing: dict[str, Any], number: int, nanoseconds: float) -> float:
        hit = number // 2 * 7 % pairs < of_rounds * pairs and number % 2 in lengths
        return nanoseconds * (1 + share if hit and timing["implementation"] in names else 1)

    return retimed(planted_record({"other": [0.5] * 6}, rounds=2 * pairs, drifting=0), change)


def test_what_disturbs_all_rows_alike_is_in_no_ratio_and_in_no_control() -> None:
    found = control.second_control(disturbed(1.0, 0.55, names=(REFERENCE, "other")))
    assert found is not None
    assert found.value == pytest.approx(1, abs=1e-5)


def test_long_rounds_that_are_disturbed_in_more_than_half_of_the_rounds_show_in_the_second_control_alone() -> None:
    record = disturbed(1.0, 0.55)
    floor, second = control.noise_floor(record), control.second_control(record)
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
    record = planted_record({"other": [0.5] * 6}, control=copy)
    why = control.unfit(record)
    assert (why is not None) is unfit
    assert why is None or why.startswith(f"the baseline against itself came out as {math.exp(sum(copy) / 6):.4f}, ")


# The second: the second control is more than 2 % from 1.


@pytest.mark.parametrize(
    ("length", "share", "unfit"), [(0, 0.02045, True), (0, 0.02035, False), (1, 0.02005, True), (1, 0.01995, False)]
)
def test_a_run_is_unfit_whose_second_control_is_more_than_2_percent_from_1(
    length: int, share: float, unfit: bool
) -> None:
    record = disturbed(share, 0.6, (length,))
    second, why = control.second_control(record), control.unfit(record)
    assert second is not None
    assert second.value == pytest.approx(1 + share if length else 1 / (1 + share), abs=1e-5)
    assert (why is not None) is unfit
    expected = (
        f"the baseline in short rounds over itself in long ones came out as {second.value:.4f}, expected at most 2%"
    )
    assert why is None or why.startswith(expected)


def test_one_launch_can_not_tell_that_the_second_control_is_not_1() -> None:
    record = disturbed(0.05, 0.6)
    assert str(control.unfit(record)).startswith("the baseline in short rounds")
    record["timings"] = [timing for timing in record["timings"] if timing["launch"] == 0]
    assert control.unfit(record) is None


@pytest.mark.parametrize(("of_rounds", "lengths"), [(0.4, (0,)), (0.6, (0, 1))])
def test_what_disturbs_the_fewer_rounds_or_both_lengths_alike_is_no_reason(
    of_rounds: float, lengths: tuple[int, ...]
) -> None:
    assert control.unfit(disturbed(0.1, of_rounds, lengths)) is None


# The third: more than half of the rounds are slow.


@pytest.mark.parametrize(
    ("slow_pairs", "unfit"), [(51, "51% of the rounds were slow, expected at most 50%"), (50, None)]
)
def test_a_run_is_unfit_of_which_more_than_half_is_slow(slow_pairs: int, unfit: str | None) -> None:
    record = planted_record({"other": [0.5] * 6}, rounds=200, drifting=0)
    assert control.unfit(slowed(record, lambda _launch, pair: pair < slow_pairs, 1.5)) == unfit


def test_a_run_whose_rounds_are_slow_by_turns_in_one_of_its_workloads_is_fit() -> None:
    record = slowed(planted_record({}, rounds=80, drifting=0), lambda _launch, pair: pair < 30, 1.5)
    record["timings"] += [t | {"workload": "again"} for t in planted_record({}, rounds=80, drifting=0)["timings"]]
    record["workloads"] += [record["workloads"][0] | {"name": "again"}]
    assert control.unfit(record) is None  # 30 of 80 in all


# And no other.


def test_nothing_else_makes_a_run_unfit() -> None:
    record = planted_record({"other": [0.5, 3.0] * 3}, control=[0.3, -0.3] * 3, rounds=80, drifting=0, partial=True)
    record = slowed(record, lambda _launch, pair: pair < 10, 2.0, {"other": 20.0})
    for timing in record["timings"]:
        timing["involuntary_switches"] = [9] * len(timing["epochs"])
    for launch in record["launches"]:
        launch |= {"steal_seconds": 1.0, "load_1_minute": 99.0}
    assert control.unfit(record) is None


UNFIT = (
    planted_record({"other": [0.5] * 6}, control=[0.02, 0.021] * 3),
    disturbed(0.05, 0.6),
    slowed(
        planted_record({"other": [0.5] * 6}, control=[0.001, -0.001] * 3, rounds=80, drifting=0),
        lambda _launch, pair: pair < 30,
        1.5,
    ),
)


@pytest.mark.parametrize("record", UNFIT)
def test_run_tables_compare_and_check_say_the_same_of_a_run(record: Record, tmp_path: Any) -> None:
    why = control.unfit(record)
    assert why is not None
    assert document(record)["unfit"] == why
    (table,) = timings.timings(record)
    assert table.warnings[0].startswith(f"Unfit: {why}. ")
    fit = planted_record({"other": [0.5] * 6}, control=[0.001, -0.001] * 3)
    assert control.unfit(fit) is None
    assert [change.reason for change in changes.changes(fit, record)] == [f"B is unfit: {why}"]
    assert [change.reason for change in changes.changes(record, fit)] == [f"A is unfit: {why}"]
    said = complaints(write(record, tmp_path))
    assert any(complaint.endswith(f": unfit: {why}") for complaint in said)
    assert any(complaint.endswith("what it says of its own fitness is not what its timings say") for complaint in said)


def test_the_controls_are_of_the_quiet_rounds_where_these_are_known() -> None:
    names = ("one", "two", "three")
    record = planted_record({name: [0.0] * 6 for name in names}, rounds=80, drifting=0)
    record = slowed(record, lambda _launch, pair: pair < 18, 1.5, {SECOND_COPY: 1.8})

    def varied(timing: dict[str, Any], number: int, nanoseconds: float) -> float:
        return nanoseconds * (1 + 0.01 * (number // 2 % 3 - 1) if timing["copy"] else 1)

    floor = control.noise_floor(retimed(record, varied))
    assert floor is not None
    assert floor.value == pytest.approx(1, abs=1e-6)  # over all rounds, of which 18 of 40 are slow, it is 1.01
