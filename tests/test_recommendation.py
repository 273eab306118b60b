"""The total time of a training: planted parts come out, and what was not measured has no total."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.planted import (
    HIDDEN,
    changed,
    loud,
    planted,
    retimed,
    with_implementation,
    with_machine,
    with_settings,
    with_timings,
)
from tests.swept import planted_sweep, straight
from xorbench import places
from xorbench.contract import REFERENCE
from xorbench.estimates import recommendation
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.measured_points import Choice, Measured, Point, table
from xorbench.estimates.recommendation import Ranking, leads, ranking
from xorbench.estimates.start_ups import StartUp
from xorbench.record import store
from xorbench.record.timing import ColdStart, Timing

RUN = planted({"other": [math.log(2)] * 6}, drifting=0)
"""An epoch of the reference takes 30 µs, one of `other` 60; a start-up takes 0.11 s and 0.22 s."""

SWEEP = planted_sweep(
    {REFERENCE: straight(10_000, 0), "other": straight(1_000, 100)}, noise=0, created="2026-02-01T00:00:00Z"
)
"""An epoch of the reference takes 10 µs, one of `other` 1 µs and 0.1 µs for each hidden unit."""


def known(value: float, low: float | None = None, high: float | None = None) -> Interval:
    return Interval(value, value if low is None else low, value if high is None else high)


def choice(name: str, start_up: Interval | None, start: Interval, epoch: Interval, tier: str = "idiomatic") -> Choice:
    started = None if start_up is None else StartUp(start_up, 3, 4, 4, "float64", ["2026-01-02T03:04:05Z"])
    return Choice(name, tier, "eager", started, start, epoch, 100, "2026-01-02T03:04:05Z")


def measured(*choices: Choice) -> Measured:
    return Measured("some-machine", "Some CPU", [Point(4, 4, "float64", 1, [*choices], ["2026-01-02T03:04:05Z"])], [])


def totals(found: Ranking) -> dict[str, float]:
    return {total.implementation: total.seconds.value for total in found.totals}


def test_a_total_is_start_up_and_epochs_times_the_time_of_each() -> None:
    found = ranking(table([RUN]), 4, 4, 1_000)
    assert totals(found) == pytest.approx({REFERENCE: 0.11 + 0.03, "other": 0.22 + 0.06}, rel=1e-3)
    # The start-ups are 0.99, 1 and 1.01 times as long: the logarithms' standard deviation is 0.01, Student's t 4.3027.
    half = math.exp(4.3027 * 0.01 / math.sqrt(3))
    first = found.totals[0]
    assert (first.seconds.low, first.seconds.high) == pytest.approx((0.11 / half + 0.03, 0.11 * half + 0.03), rel=1e-3)
    assert (first.before.value, first.epochs.value) == pytest.approx((0.11, 0.03), rel=1e-3)
    assert [total.rank for total in found.totals] == [1, 2]
    assert first.start_up is not None
    assert (first.start_up.starts, first.start_up.records) == (3, ["2026-01-02T03:04:05Z"])


def test_a_warm_process_has_no_start_up() -> None:
    found = ranking(table([RUN]), 4, 4, 1_000, warm=True)
    assert totals(found) == pytest.approx({REFERENCE: 0.03, "other": 0.06}, rel=1e-3)
    assert all(total.start_up is None for total in found.totals)


def test_the_start_of_a_training_counts_once_and_not_in_every_epoch() -> None:
    def later(timing: Timing, _number: int, nanoseconds: float) -> float:
        start = 2.1e6 if timing.launch % 2 == 0 else 1.9e6
        return nanoseconds + (start if timing.implementation == "other" else 0)

    # An epoch takes 30 µs, a long round of `other` 200 of them: 6 ms, and 2 ms before them.
    analysis = retimed(planted({"other": [0.0] * 6}, drifting=0), later)
    ((base, other),) = [point.choices for point in table([analysis]).points]
    assert (other.epoch.value, other.start.value) == pytest.approx((30e-6, 2e-3), rel=1e-4)
    half = 2.5706 * 1e-4 / math.sqrt(5)
    assert (other.start.low, other.start.high) == pytest.approx((2e-3 - half, 2e-3 + half), rel=1e-3)
    assert (base.start.low, base.start.high) == pytest.approx((0, 0), abs=1e-7)
    for epochs, seconds in ((1, 2.03e-3), (200, 8e-3), (10_000, 0.302)):
        found = ranking(table([analysis]), 4, 4, epochs, warm=True)
        assert totals(found)["other"] == pytest.approx(seconds, rel=1e-3)
    assert totals(ranking(table([analysis]), 4, 4, 100))["other"] == pytest.approx(0.22 + 5e-3, rel=1e-3)


def test_fewer_epochs_than_were_timed_are_told_in_a_warm_process() -> None:
    found = table([RUN])
    assert {entry.implementation: entry.fewest for entry in found.points[0].choices} == {REFERENCE: 50, "other": 100}
    for epochs, names in ((49, {REFERENCE, "other"}), (50, {"other"}), (99, {"other"}), (100, set())):
        assert {*ranking(found, 4, 4, epochs, warm=True).extrapolated} == names
        assert ranking(found, 4, 4, epochs).extrapolated == []


def test_a_start_that_noise_makes_negative_is_0() -> None:
    def earlier(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds + (1e5 if timing.implementation == "other" and number % 2 == 0 else 0)

    analysis = retimed(planted({"other": [0.0] * 6}, drifting=0), earlier)
    ((_, other),) = [point.choices for point in table([analysis]).points]
    # Of `other` 100 epochs take 3 ms and 200 take 6.1: the line is 0.1 ms below 0 where it begins.
    assert (other.start.value, other.start.low) == (0, 0)
    assert other.start.high == pytest.approx(1e-4, rel=1e-3)
    assert other.epoch.value == pytest.approx(31e-6, rel=1e-4)


def test_without_short_rounds_an_epoch_is_that_of_the_table() -> None:
    def without_short(timing: Timing) -> Timing:
        kept = [place for place, epochs in enumerate(timing.epochs) if epochs == max(timing.epochs)]
        return replace(
            timing,
            epochs=[timing.epochs[place] for place in kept],
            round_nanoseconds=[timing.round_nanoseconds[place] for place in kept],
            cpu_nanoseconds=[timing.cpu_nanoseconds[place] for place in kept],
            waited_nanoseconds=[0] * len(kept),
            positions=[timing.positions[place] for place in kept],
            involuntary_switches=[0] * len(kept),
        )

    ((base, other),) = [point.choices for point in table([with_timings(RUN, without_short)]).points]
    assert (base.epoch.value, other.epoch.value) == pytest.approx((30e-6, 60e-6), rel=1e-4)
    assert (base.start, other.start) == (Interval(0, 0, 0), Interval(0, 0, 0))


def test_short_rounds_that_take_as_long_as_long_ones_tell_nothing_about_an_epoch() -> None:
    def same(timing: Timing, number: int, nanoseconds: float) -> float:
        return nanoseconds * (2 if timing.implementation == "other" and number % 2 else 1)

    ((_, other),) = [point.choices for point in table([retimed(RUN, same)]).points]
    assert other.epoch.value == pytest.approx(60e-6, rel=1e-4)
    assert other.start == Interval(0, 0, 0)


def test_width_and_batch_are_those_of_a_sweep_and_start_up_is_that_of_a_run() -> None:
    found = table([RUN, SWEEP])
    sizes = {(point.width, point.batch) for point in found.points}
    assert sizes == {(4, 4), (2, 4), (8, 4), (32, 4), (128, 4), (8, 16), (8, 64)}
    assert totals(ranking(found, 32, 4, 10**6, warm=True)) == pytest.approx({"other": 4.2, REFERENCE: 10}, rel=1e-3)
    fresh = ranking(found, 32, 4, 10**6)
    assert totals(fresh) == pytest.approx({"other": 4.42, REFERENCE: 10.11}, rel=1e-3)
    start_up = fresh.totals[0].start_up
    assert start_up is not None
    assert (start_up.width, start_up.batch, start_up.records) == (4, 4, [RUN.record.created])
    assert {total.record for total in fresh.totals} == {SWEEP.record.created}


def test_the_start_up_is_that_of_the_nearest_size() -> None:
    cold = [ColdStart("width-128-batch-4", REFERENCE, seconds, seconds, None) for seconds in (0.5, 0.5)]
    found = table([RUN, changed(SWEEP, cold_starts=cold)])
    for width, seconds in ((2, 0.11), (8, 0.11), (32, 1.0), (128, 1.0)):
        ranked = ranking(found, width, 4, 1)
        (start_up,) = [total.start_up for total in ranked.totals if total.implementation == REFERENCE]
        assert start_up is not None
        assert start_up.seconds.value == pytest.approx(seconds, rel=1e-3), width


def test_cold_starts_of_all_records_count_if_their_versions_are_the_newest() -> None:
    twice = [replace(start, import_seconds=2 * start.import_seconds) for start in RUN.record.cold_starts]
    later = changed(RUN, created="2026-03-03T00:00:00Z", cold_starts=twice)
    both = ranking(table([RUN, later]), 4, 4, 1).totals[0].start_up
    assert both is not None
    assert (both.starts, both.records) == (6, [RUN.record.created, later.record.created])
    assert both.seconds.value == pytest.approx(math.sqrt(0.11 * 0.21), rel=1e-3)
    newer = with_implementation(later, REFERENCE, version="2")
    alone = next(t for t in ranking(table([RUN, newer]), 4, 4, 1).totals if t.implementation == REFERENCE).start_up
    assert alone is not None
    assert alone.starts == 3
    assert alone.seconds.value == pytest.approx(0.21, rel=1e-3)


def test_a_record_with_fewer_rows_adds_those_that_are_lacking_at_the_speed_of_the_first() -> None:
    first = planted({"one": [math.log(2)] * 6, "two": [math.log(3)] * 6}, drifting=0)
    # On a machine that is slower by 2: the reference takes 60 µs, `one` 240 and `three` 30.
    slower = planted(
        {"one": [math.log(4)] * 6, "three": [-math.log(2)] * 6}, drifting=0, created="2026-03-03T00:00:00Z"
    )
    slower = retimed(slower, lambda _timing, _number, nanoseconds: 2 * nanoseconds)
    slower = with_settings(slower, quick=True)
    found = totals(ranking(table([first, slower]), 4, 4, 10**6, warm=True))
    assert found == pytest.approx({REFERENCE: 30, "one": 60, "two": 90, "three": 15}, rel=1e-3)


def test_of_two_records_with_as_many_rows_the_newer_is_taken_and_an_interrupted_one_last() -> None:
    later = changed(retimed(RUN, lambda *about: 3 * about[-1]), created="2026-03-03T00:00:00Z")
    assert totals(ranking(table([later, RUN]), 4, 4, 10**6, warm=True))[REFERENCE] == pytest.approx(90, rel=1e-3)
    cut = changed(later, partial=True)
    assert totals(ranking(table([cut, RUN]), 4, 4, 10**6, warm=True))[REFERENCE] == pytest.approx(30, rel=1e-3)


def test_machines_never_mix() -> None:
    with pytest.raises(
        ValueError,
        match="records of one machine, got records of 2: another-2-cores-linux-x86-64, some-cpu-2-cores-linux-x86-64",
    ):
        table([RUN, with_machine(SWEEP, cpu="another")])
    with pytest.raises(ValueError, match="got records of 0"):
        table([])


def test_what_is_unfit_or_has_no_cpu_times_is_left_out_with_its_reason() -> None:
    unfit = loud(SWEEP)
    old = with_timings(SWEEP, lambda timing: replace(timing, cpu_nanoseconds=[None] * len(timing.epochs)))
    for record, reason in (
        (unfit, "unfit, the baseline against itself came out as 1.2"),
        (old, "CPU times were not recorded, which other"),
    ):
        found = table([RUN, record])
        assert [(point.width, point.batch) for point in found.points] == [(4, 4)]
        assert len(found.left_out) == 1
        assert found.left_out[0].startswith(f"2026-02-01T00:00:00Z: {reason}")
    assert len(table([old]).points) == 6  # nothing else is there


def test_other_networks_environments_and_rows_without_a_time_are_not_among_the_choices() -> None:
    for changes in ({"activation": "tanh"}, {"optimiser": "adam"}, {"layer_sizes": [2, 1]}, {"samples": 8}):
        assert table([changed(RUN, workloads=[replace(HIDDEN, **changes)])]).points == []
    variants = [
        with_implementation(RUN, "other", interpreter="old", file=REFERENCE),
        with_timings(RUN, lambda timing: None if timing.implementation == "other" else timing),
        with_timings(
            RUN, lambda timing: replace(timing, violations=["why"]) if timing.implementation == "other" else timing
        ),
    ]
    for analysis in variants:
        ((only,),) = [point.choices for point in table([analysis]).points]
        assert only.implementation == REFERENCE


def test_a_size_that_was_not_measured_is_an_error_that_names_those_that_were() -> None:
    found = table([RUN, SWEEP])
    with pytest.raises(ValueError, match="width 64 with batch 32 was not measured") as raised:
        ranking(found, 64, 32, 1)
    message = str(raised.value)
    assert "widths 2, 4, 32, 128 with batch 4; width 8 with batches 4, 16, 64 (float64, 1 thread)" in message
    assert "`xorbench sweep --grid --widths 64 --batches 32`" in message
    with pytest.raises(ValueError, match="2 threads"):
        ranking(found, 4, 4, 1, threads=2)
    with pytest.raises(ValueError, match="float32"):
        ranking(found, 4, 4, 1, dtype="float32")


@pytest.mark.parametrize("epochs", [0, -1, 10**16, math.nan, math.inf])
def test_a_number_of_epochs_that_is_none_is_an_error(epochs: int) -> None:
    with pytest.raises(ValueError, match=r"epochs: expected a number from 1 to 1,000,000,000,000,000, got"):
        ranking(table([RUN]), 4, 4, epochs)


def test_without_cold_starts_there_are_totals_of_warm_processes_only() -> None:
    found = table([SWEEP])
    with pytest.raises(ValueError, match=r"no cold start was measured .* `xorbench run` measures"):
        ranking(found, 8, 4, 1)
    assert len(ranking(found, 8, 4, 1, warm=True).totals) == 2
    part = [start for start in RUN.record.cold_starts if start.implementation == REFERENCE]
    some = ranking(table([changed(RUN, cold_starts=part), SWEEP]), 8, 4, 1)
    assert (list(totals(some)), some.not_started) == ([REFERENCE], ["other"])


def test_tuned_implementations_are_left_out_unless_asked_for() -> None:
    analysis = with_implementation(planted({"quick": [-5.0] * 6}), "quick", tier="tuned")
    found = table([analysis, SWEEP])
    assert list(totals(ranking(found, 4, 4, 10**6))) == [REFERENCE]
    both = ranking(found, 4, 4, 10**6, tuned=True)
    assert list(totals(both)) == ["quick", REFERENCE]
    assert [lead.implementation for lead in both.leads] == [REFERENCE, "quick"]
    assert ranking(found, 4, 4, 1).not_timed == ["other"]
    assert ranking(found, 8, 4, 1).not_timed == []
    assert ranking(found, 8, 4, 1, tuned=True).not_timed == ["quick"]


def test_totals_that_overlap_share_a_rank() -> None:
    parts = {"a": (1.0, 1.2), "b": (1.1, 1.3), "c": (1.25, 1.4), "d": (1.5, 1.6)}
    found = ranking(
        measured(
            *(choice(n, known((low + high) / 2, low, high), known(0), known(0)) for n, (low, high) in parts.items())
        ),
        4,
        4,
        1,
    )
    assert [(total.implementation, total.rank) for total in found.totals] == [("a", 1), ("b", 1), ("c", 2), ("d", 4)]


def test_a_single_launch_has_totals_without_ends_and_no_separate_rank() -> None:
    found = ranking(table([planted({"other": [1.0]}, launches=1)]), 4, 4, 10**6)
    assert [(total.seconds.low, total.seconds.high, total.rank) for total in found.totals] == [(None, None, 1)] * 2
    assert [lead.until for lead in found.leads] == [None]


def test_who_leads_until_two_totals_are_equal_and_its_ends_are_the_worst_of_all_parts() -> None:
    slow = choice("slow", known(0.1, 0.09, 0.12), known(0), known(1e-3, 0.9e-3, 1.1e-3))
    fast = choice("fast", known(1.1, 1.0, 1.2), known(0), known(1e-4, 0.5e-4, 2e-4))
    never = choice("never", known(2.0), known(0), known(2e-3))
    first, second = leads(measured(slow, fast, never).points[0], warm=False, tuned=False)
    assert (first.implementation, second.implementation, second.until) == ("slow", "fast", None)
    assert first.until is not None
    # 1 s dearer to start, from 1.0 - 0.12 to 1.2 - 0.09; 0.9 ms cheaper by the epoch, from 0.9 - 0.2 to 1.1 - 0.05.
    expected = (1 / 0.9e-3, 0.88 / 1.05e-3, 1.11 / 0.7e-3)
    assert (first.until.value, first.until.low, first.until.high) == pytest.approx(expected)
    (warm,) = leads(measured(slow, fast, never).points[0], warm=True, tuned=False)
    assert (warm.implementation, warm.until) == ("fast", None)


def test_epochs_that_may_cost_the_same_may_never_make_up_for_a_start() -> None:
    slow = choice("slow", known(0.1), known(0), known(1e-3, 0.5e-3, 1.5e-3))
    fast = choice("fast", known(1.1, 0.05, 1.2), known(0), known(0.9e-3, 0.5e-3, 1.4e-3))
    first, _ = leads(measured(slow, fast).points[0], warm=False, tuned=False)
    assert first.until is not None
    assert first.until.value == pytest.approx(1e4)
    assert (first.until.low, first.until.high) == (1, None)


seconds = st.floats(1e-9, 1e3)
intervals = st.tuples(seconds, seconds, seconds).map(lambda parts: Interval(sorted(parts)[1], min(parts), max(parts)))
choices = st.lists(st.tuples(intervals, intervals, intervals), min_size=1, max_size=8).map(
    lambda found: [choice(f"number {number}", *parts) for number, parts in enumerate(found)]
)
numbers = st.integers(1, 10**9)


@given(choices, numbers, numbers, st.booleans())
def test_more_epochs_never_take_less_and_a_warm_process_never_takes_more(
    found: Sequence[Choice], one: int, other: int, warm: bool
) -> None:
    here = measured(*found)
    few, many = ({t.implementation: t for t in ranking(here, 4, 4, n, warm).totals} for n in sorted((one, other)))
    fresh, after = ({t.implementation: t for t in ranking(here, 4, 4, one, kind).totals} for kind in (False, True))
    for smaller, larger in ((few, many), (after, fresh)):
        for name, total in smaller.items():
            ends = [(t.seconds.value, t.seconds.low or 0, t.seconds.high or 0) for t in (total, larger[name])]
            assert all(below <= above for below, above in zip(*ends, strict=True))


@given(choices, numbers, st.booleans())
def test_totals_come_from_the_smallest_and_the_first_is_the_one_who_leads(
    found: Sequence[Choice], epochs: int, warm: bool
) -> None:
    ranked = ranking(measured(*found), 4, 4, epochs, warm)
    values = [total.seconds.value for total in ranked.totals]
    assert values == sorted(values)
    assert ranked.totals[0].rank == 1
    leader = next(lead for lead in ranked.leads if lead.until is None or lead.until.value >= epochs)
    assert leader.before.value + epochs * leader.epoch.value == pytest.approx(values[0])
    ends = [lead.until.value for lead in ranked.leads if lead.until]
    assert ends == pytest.approx(sorted(ends))
    assert ranked.leads[-1].until is None
    assert len(ends) == len(ranked.leads) - 1


def test_the_table_is_plain_data() -> None:
    found = json.loads(json.dumps(asdict(table([RUN, SWEEP])), allow_nan=False))
    point = next(p for p in found["points"] if (p["width"], p["batch"]) == (32, 4))
    keys = {"implementation", "tier", "execution", "start_up", "start", "epoch", "fewest", "record"}
    assert all(set(entry) == keys for entry in point["choices"])
    other = next(entry for entry in point["choices"] if entry["implementation"] == "other")
    total = other["start_up"]["seconds"]["high"] + other["start"]["high"] + 10**6 * other["epoch"]["high"]
    there = next(t for t in ranking(table([RUN, SWEEP]), 32, 4, 10**6).totals if t.implementation == "other")
    assert total == pytest.approx(there.seconds.high)


def test_the_records_of_the_newest_machine_have_totals() -> None:
    found = table([Analysis(store.read(path)) for path in store.of_newest_machine(places.results())])
    assert found.points
    for point in found.points:
        assert REFERENCE in {entry.implementation for entry in point.choices}
        ranked = ranking(found, point.width, point.batch, 10**4, tuned=True, threads=point.threads, dtype=point.dtype)
        for total in ranked.totals:
            low, high = total.seconds.low or 0, total.seconds.high or math.inf
            assert 0 < low <= total.seconds.value <= high
        assert recommendation.leads(point, warm=True, tuned=True)
