"""The cold starts of a run: of whom, how often, and in which order."""

import random
from collections import Counter

import pytest

from xorbench.clock.turns import Entry
from xorbench.contract import Implementation, discover
from xorbench.record.timing import ColdStart, Failure
from xorbench.suite.cold_starts import cold_starts
from xorbench.workloads import WORKLOADS, Workload

ONE, OTHER = discover()[:2]
NEURON, HIDDEN = WORKLOADS["neuron"], WORKLOADS["hidden"]
ENTRIES = [
    Entry(ONE, {"neuron": 20, "hidden": 10}),
    Entry(ONE, {"neuron": 20, "hidden": 10}, copy=True),
    Entry(OTHER, {"hidden": 10}),
]
PAIRS = [(ONE.name, "neuron"), (ONE.name, "hidden"), (OTHER.name, "hidden")]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """All that are started, in their order; of OTHER each fails."""
    found: list[tuple[str, str]] = []

    def start(implementation: Implementation, workload: Workload, cpu: int) -> ColdStart | str:
        assert cpu == 3
        found.append((implementation.name, workload.name))
        return "it is too cold" if implementation is OTHER else ColdStart(workload.name, implementation.name, 1, 1, 1)

    monkeypatch.setattr("xorbench.suite.cold_starts.cold_start", start)
    return found


def test_each_pair_but_those_of_copies_starts_as_often_as_asked_after_one_of_each_that_does_not_count(
    started: list[tuple[str, str]],
) -> None:
    found = list(cold_starts(ENTRIES, [NEURON, HIDDEN], 4, 3, random.Random(0)))
    assert [name for name, _ in started[:2]] == [ONE.name, OTHER.name]
    rounds = [started[2:][place : place + 3] for place in range(0, 12, 3)]
    assert len(started) == 2 + 4 * 3
    assert all(sorted(each) == sorted(PAIRS) for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1  # in random order
    assert Counter((one.implementation, one.workload) for one in found) == dict.fromkeys(PAIRS, 4)
    failures = [one for one in found if isinstance(one, Failure)]
    assert failures == [Failure(number, "hidden", OTHER.name, False, "it is too cold") for number in range(4)]


def test_none_is_asked_for_and_none_is_made(started: list[tuple[str, str]]) -> None:
    assert list(cold_starts(ENTRIES, [NEURON, HIDDEN], 0, 3, random.Random(0))) == []
    assert started == []


@pytest.mark.parametrize(("until", "rounds"), [(100.0, 4), (8.0, 4), (7.9, 3), (6.0, 3), (5.9, 2), (4.0, 2), (0.0, 1)])
def test_no_round_but_the_first_begins_that_would_probably_end_too_late(
    until: float, rounds: int, started: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each round takes 2 s: the second one would end at 4 s, the last of four at 8 s.
    monkeypatch.setattr("xorbench.suite.cold_starts.perf_counter", lambda: (len(started) - 2) / 3 * 2.0)
    found = list(cold_starts(ENTRIES, [NEURON, HIDDEN], 4, 3, random.Random(0), until))
    assert len(found) == 3 * rounds
