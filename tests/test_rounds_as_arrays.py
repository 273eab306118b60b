"""Timed rounds as arrays: of two lengths, by CPU time where that is known, without rows that broke a rule."""

from typing import Any

import numpy as np
import pytest

from tests.planted import planted_record
from xorbench.estimates import rounds
from xorbench.estimates.rounds import BASELINE, CONTROL, LONG, SHORT, Contender, launched

OTHER = Contender("other")

SERIES: dict[str, list[Any]] = {
    "epochs": [10, 5, 10],
    "positions": [2, 0, 1],
    "round_nanoseconds": [900, 800, 700],
    "cpu_nanoseconds": [100, 60, 200],
    "waited_nanoseconds": [800, 730, 400],
}
"""Three rounds. In the last one it ran for 200 ns, and for 100 ns it neither ran nor waited for a CPU."""


def by_hand(threads: int = 1, **series: list[Any]) -> dict[str, Any]:
    """A record of one launch in which `other` has these series."""
    record = planted_record({"other": [0.0]}, launches=1, rounds=3, drifting=0)
    record["settings"]["threads"] = threads
    other = next(timing for timing in record["timings"] if timing["implementation"] == "other")
    other |= SERIES | series
    return record


def times(record: dict[str, Any], length: str = LONG) -> list[float]:
    """Nanoseconds per epoch of `other`."""
    (launch,) = launched(record, "hidden", length)
    return [float(time) for time in np.exp(launch.times[OTHER])]


def test_the_time_of_an_epoch_is_that_of_a_round_over_its_epochs_in_each_length() -> None:
    record = by_hand()
    assert times(record, LONG) == pytest.approx([10, 30])
    assert times(record, SHORT) == pytest.approx([14])
    (long,), (short,) = (launched(record, "hidden", length) for length in (LONG, SHORT))
    assert (long.epochs[OTHER], short.epochs[OTHER]) == (10, 5)
    assert (long.positions[OTHER].tolist(), short.positions[OTHER].tolist()) == ([2, 1], [0])
    assert rounds.epochs_of_a_round(record, "hidden", OTHER) == 10


def test_rounds_of_one_length_are_all_long() -> None:
    record = by_hand(epochs=[10, 10, 10])
    assert times(record, LONG) == pytest.approx([10, 7, 30])
    assert times(record, SHORT) == []
    assert launched(record, "hidden", SHORT)[0].epochs[OTHER] == 0


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
    record = by_hand(threads, **change)
    assert not rounds.by_cpu(record)
    assert times(record) == pytest.approx([90, 70])
    baseline = next(timing for timing in record["timings"] if not timing["copy"])
    baseline["round_nanoseconds"] = [4_000, 2_000, 4_000]  # of which it waited for one half, as the system tells
    baseline["cpu_nanoseconds"], baseline["waited_nanoseconds"] = [2_000, 1_000, 2_000], [2_000, 1_000, 2_000]
    assert np.exp(launched(record, "hidden")[0].times[BASELINE]).tolist() == pytest.approx([40, 40])


def test_a_record_of_one_cpu_whose_system_tells_is_timed_by_cpu_time() -> None:
    assert rounds.by_cpu(by_hand())


def test_cpu_time_may_be_known_where_it_is_not_what_is_timed() -> None:
    assert rounds.knows_cpu_time(by_hand(threads=2))
    assert rounds.knows_cpu_time(by_hand(waited_nanoseconds=[None] * 3))
    assert not rounds.knows_cpu_time(by_hand(cpu_nanoseconds=[None] * 3))


def test_rows_that_broke_a_rule_and_launches_that_a_row_lost_are_left_out() -> None:
    record = planted_record({"other": [0.0] * 3, "broken": [0.0] * 3}, launches=3)
    record["timings"] = [t for t in record["timings"] if (t["implementation"], t["launch"]) != ("other", 1)]
    next(t for t in record["timings"] if t["implementation"] == "broken")["violations"] = ["it cheated"]
    assert rounds.contenders(record, "hidden") == [BASELINE, OTHER, CONTROL]
    found = launched(record, "hidden")
    assert [launch.number for launch in found] == [0, 1, 2]
    copies = {BASELINE, CONTROL}
    assert [{*launch.times} for launch in found] == [copies | {OTHER}, copies, copies | {OTHER}]
    assert launched(record, "neuron") == []
    assert rounds.epochs_of_a_round(record, "hidden", Contender("broken")) == 0


def test_the_idle_share_is_what_was_neither_spent_running_nor_waiting_over_the_cpu_time() -> None:
    # 0, 10 and 100 ns of 360 ns of CPU time; a round that waited for longer than it took does not count below 0
    assert rounds.idle_share(by_hand(), "hidden", OTHER) == pytest.approx(110 / 360)
    waited = by_hand(waited_nanoseconds=[900, 730, 400])
    assert rounds.idle_share(waited, "hidden", OTHER) == pytest.approx(110 / 360)
    assert rounds.idle_share(planted_record({}), "hidden", BASELINE) == 0


def test_the_idle_share_of_a_row_is_over_its_launches() -> None:
    record = planted_record({"other": [0.0] * 2}, launches=2, drifting=0)
    first = next(timing for timing in record["timings"] if timing["implementation"] == "other")
    first["round_nanoseconds"] = [2 * taken for taken in first["cpu_nanoseconds"]]
    assert rounds.idle_share(record, "hidden", OTHER) == pytest.approx(0.5, rel=1e-6)


def test_without_cpu_time_nobody_knows_who_was_idle() -> None:
    assert rounds.idle_share(by_hand(cpu_nanoseconds=[None] * 3), "hidden", OTHER) is None
    assert rounds.idle_share(by_hand(threads=2), "hidden", OTHER) is None
    assert rounds.idle_share(by_hand(cpu_nanoseconds=[0] * 3), "hidden", OTHER) is None
    assert rounds.idle_share(by_hand(), "hidden", Contender("absent")) is None
