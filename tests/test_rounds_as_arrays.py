"""Timed rounds as arrays: of two lengths, by CPU time where that is known, without rows that broke a rule."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.planted import planted, with_settings, with_timings
from xorbench.estimates import rounds
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.rounds import BASELINE, CONTROL, LONG, SHORT, RowId, launched
from xorbench.record.timing import Timing

OTHER = RowId("other")

SERIES: dict[str, Any] = {
    "epochs": [10, 5, 10],
    "positions": [2, 0, 1],
    "round_nanoseconds": [900, 800, 700],
    "cpu_nanoseconds": [100, 60, 200],
    "waited_nanoseconds": [800, 730, 400],
}
"""Three rounds. In the last one it ran for 200 ns, and for 100 ns it neither ran nor waited for a CPU."""


def by_hand(threads: int = 1, **series: list[Any]) -> Analysis:
    """A record of one launch in which `other` has these series."""
    about = SERIES | series
    analysis = with_settings(planted({"other": [0.0]}, launches=1, rounds=3, drifting=0), threads=threads)
    return with_timings(
        analysis, lambda timing: replace(timing, **about) if timing.implementation == "other" else timing
    )


def times(analysis: Analysis, length: str = LONG) -> list[float]:
    """Nanoseconds per epoch of `other`."""
    (launch,) = launched(analysis, "hidden", length)
    return [float(time) for time in np.exp(launch.times[OTHER])]


def test_the_time_of_an_epoch_is_that_of_a_round_over_its_epochs_in_each_length() -> None:
    analysis = by_hand()
    assert times(analysis, LONG) == pytest.approx([10, 30])
    assert times(analysis, SHORT) == pytest.approx([14])
    (long,), (short,) = (launched(analysis, "hidden", length) for length in (LONG, SHORT))
    assert (long.epochs[OTHER], short.epochs[OTHER]) == (10, 5)
    assert (long.positions[OTHER].tolist(), short.positions[OTHER].tolist()) == ([2, 1], [0])
    assert rounds.epochs_of_a_round(analysis, "hidden", OTHER) == 10


def test_rounds_of_one_length_are_all_long() -> None:
    analysis = by_hand(epochs=[10, 10, 10])
    assert times(analysis, LONG) == pytest.approx([10, 7, 30])
    assert times(analysis, SHORT) == []
    assert launched(analysis, "hidden", SHORT)[0].epochs[OTHER] == 0


@pytest.mark.parametrize(
    ("change", "threads"),
    [
        ({"cpu_nanoseconds": [None] * 3}, 1),
        ({"waited_nanoseconds": [None] * 3}, 1),
        ({"waited_nanoseconds": [0, 0, None]}, 1),
        ({}, 2),
    ],
)
def test_a_record_is_timed_by_cpu_time_in_all_of_its_rows_or_in_none(
    change: dict[str, list[Any]], threads: int
) -> None:
    analysis = by_hand(threads, **change)
    assert not rounds.by_cpu(analysis)
    assert times(analysis) == pytest.approx([90, 70])

    def half_waited(timing: Timing) -> Timing:
        if RowId(timing.implementation, timing.copy) != BASELINE:
            return timing
        half: list[int | None] = [2_000, 1_000, 2_000]  # of the time it waited for one half, as the system tells
        return replace(
            timing, round_nanoseconds=[4_000, 2_000, 4_000], cpu_nanoseconds=half, waited_nanoseconds=[*half]
        )

    analysis = with_timings(analysis, half_waited)
    assert np.exp(launched(analysis, "hidden", LONG)[0].times[BASELINE]).tolist() == pytest.approx([40, 40])


def test_a_record_of_one_cpu_whose_system_tells_is_timed_by_cpu_time() -> None:
    assert rounds.by_cpu(by_hand())


def test_cpu_time_may_be_known_where_it_is_not_what_is_timed() -> None:
    assert rounds.knows_cpu_time(by_hand(threads=2))
    assert rounds.knows_cpu_time(by_hand(waited_nanoseconds=[None] * 3))
    assert not rounds.knows_cpu_time(by_hand(cpu_nanoseconds=[None] * 3))


def test_rows_that_broke_a_rule_and_launches_that_a_row_lost_are_left_out() -> None:
    def spoilt(timing: Timing) -> Timing | None:
        if (timing.implementation, timing.launch) == ("broken", 0):
            return replace(timing, violations=["it cheated"])
        return None if (timing.implementation, timing.launch) == ("other", 1) else timing

    analysis = with_timings(planted({"other": [0.0] * 3, "broken": [0.0] * 3}, launches=3), spoilt)
    assert rounds.row_ids(analysis, "hidden") == [BASELINE, OTHER, CONTROL]
    found = launched(analysis, "hidden", LONG)
    assert [launch.number for launch in found] == [0, 1, 2]
    copies = {BASELINE, CONTROL}
    assert [{*launch.times} for launch in found] == [copies | {OTHER}, copies, copies | {OTHER}]
    assert launched(analysis, "neuron", LONG) == []
    assert rounds.epochs_of_a_round(analysis, "hidden", RowId("broken")) == 0


def test_the_idle_share_is_what_was_neither_spent_running_nor_waiting_over_the_cpu_time() -> None:
    # 0, 10 and 100 ns of 360 ns of CPU time; a round that waited for longer than it took does not count below 0
    assert rounds.idle_share(by_hand(), "hidden", OTHER) == pytest.approx(110 / 360)
    waited = by_hand(waited_nanoseconds=[900, 730, 400])
    assert rounds.idle_share(waited, "hidden", OTHER) == pytest.approx(110 / 360)
    assert rounds.idle_share(planted({}), "hidden", BASELINE) == 0


def test_the_idle_share_of_a_row_is_over_its_launches() -> None:
    def idle_in_one(timing: Timing) -> Timing:
        if (timing.implementation, timing.launch) != ("other", 0):
            return timing
        return replace(timing, round_nanoseconds=[2 * taken for taken in timing.round_nanoseconds])

    analysis = with_timings(planted({"other": [0.0] * 2}, launches=2, drifting=0), idle_in_one)
    assert rounds.idle_share(analysis, "hidden", OTHER) == pytest.approx(0.5, rel=1e-6)


def test_without_cpu_time_nobody_knows_who_was_idle() -> None:
    assert rounds.idle_share(by_hand(cpu_nanoseconds=[None] * 3), "hidden", OTHER) is None
    assert rounds.idle_share(by_hand(threads=2), "hidden", OTHER) is None
    assert rounds.idle_share(by_hand(cpu_nanoseconds=[0] * 3), "hidden", OTHER) is None
    assert rounds.idle_share(by_hand(), "hidden", RowId("absent")) is None


def test_a_refusal_is_the_first_breach_of_the_first_launch_that_has_one_and_counts_launches() -> None:
    broken = {1: ["early", "late"], 3: ["other"]}
    analysis = with_timings(
        planted({"other": [0.0] * 6}),
        lambda timing: (
            replace(timing, violations=broken.get(timing.launch, [])) if timing.implementation == "other" else timing
        ),
    )
    assert rounds.refusal(analysis, "hidden", OTHER) == "early (in 2 of 6 launches)"
    assert rounds.refusal(analysis, "hidden", BASELINE) is None
