"""Two records: what changed is said, what did not, and what can't be compared with the reason."""

import math
from dataclasses import replace
from typing import Any

import pytest

from tests.planted import HIDDEN, changed, cheated, planted, with_implementation, with_machine, with_timings
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.comparison import Change, Limits, changes, failures, notes
from xorbench.estimates.intervals import Interval

WOBBLE = [0.002, -0.002, 0.0] * 2


def a_record(ratio: float = 0.5, **more: Any) -> Analysis:
    return planted({"other": [ratio + w for w in WOBBLE]}, control=WOBBLE, **more)


def the_change(before: Analysis, after: Analysis) -> Change:
    (found,) = changes(before, after)
    return found


def test_a_planted_change_is_found_with_its_interval() -> None:
    found = the_change(a_record(0.5), a_record(0.6))
    assert (found.verdict, found.reason) == ("slower", None)
    assert (found.before, found.after) == pytest.approx((math.exp(0.5), math.exp(0.6)), rel=1e-4)
    assert found.change is not None
    assert found.change.value == pytest.approx(math.exp(0.1), rel=1e-4)
    assert found.change.low is not None
    assert found.change.low > 1.04
    faster = the_change(a_record(0.6), a_record(0.5))
    assert faster.verdict == "faster"
    assert not faster.slower_by(0.0)


EXACT = planted({"other": [0.0] * 6}), planted({"other": [0.1] * 6})
"""Two records whose launches do not differ at all, so that the variation from run to run is all there is."""


@pytest.mark.parametrize(("between_runs", "half"), [(0.02, 0.0554), (0.03, 0.0832), (0.0, 0.0)])
def test_the_interval_of_a_change_holds_what_differs_from_run_to_run(between_runs: float, half: float) -> None:
    # 1.96 standard errors of a difference of two runs, each of which has a standard deviation of so much
    (found,) = changes(*EXACT, between_runs)
    assert found.change is not None
    assert (found.change.low, found.change.high) == pytest.approx(
        (math.exp(0.1 - half), math.exp(0.1 + half)), rel=1e-4
    )
    assert (the_change(*EXACT) == found) is (between_runs == 0.02)  # if nothing else is said


@pytest.mark.parametrize(("log_change", "verdict"), [(0.056, "slower"), (0.055, "not separated"), (-0.056, "faster")])
def test_what_two_runs_of_the_same_code_differ_by_is_no_change(log_change: float, verdict: str) -> None:
    assert the_change(EXACT[0], planted({"other": [log_change] * 6})).verdict == verdict


def test_all_intervals_of_changes_hold_together() -> None:
    # Of two each holds with 97.5 %: 2.2414 standard errors; the row that can't be compared does not count.
    names = ("one", "two", "three")
    before, after = (planted({name: [ratio] * 6 for name in names}) for ratio in (0.0, 0.1))
    after = with_timings(after, lambda timing: None if timing.implementation == "three" else timing)
    every = {found.implementation: found for found in changes(before, after)}
    assert every["three"].verdict == "not comparable"
    for found in (every["one"], every["two"]):
        assert found.change is not None
        assert found.change.high == pytest.approx(math.exp(0.1 + 2.2414 * math.sqrt(2) * 0.02), rel=1e-4)


def test_slower_by_a_limit_is_the_low_end_above_it() -> None:
    found = the_change(*EXACT)  # by 10.5 %, 4.56 % at least
    assert found.slower_by(0.045)
    assert not found.slower_by(0.046)
    assert Change("other", "hidden", "not comparable", reason="why").slower_by(0.0) is False


def test_no_change_is_not_separated() -> None:
    found = the_change(a_record(), a_record())
    assert (found.verdict, found.reason) == ("not separated", None)
    assert not found.slower_by(0.001)


def test_what_is_slower_but_not_beyond_doubt_does_not_count() -> None:
    doubtful = planted({"other": [0.3, 0.9] * 3}, control=WOBBLE)
    found = the_change(a_record(0.5), doubtful)
    assert found.change is not None
    assert found.change.value > 1.05
    assert found.verdict == "not separated"
    assert not found.slower_by(0.05)


def spoilt(what: str) -> Analysis:
    analysis = a_record()
    match what:
        case "machine":
            return with_machine(analysis, cpu="another")
        case "absent":
            return changed(analysis, implementations=analysis.record.implementations[:-1])
        case "refused":
            return cheated(analysis, launches=[0])
        case "unfit":
            return planted({"other": [0.5] * 6}, control=[0.1 + w for w in WOBBLE])
        case "workload":
            return changed(analysis, workloads=[replace(HIDDEN, rate=9.0, parameters_sha256="1" * 64)])
        case "tier":
            return with_implementation(analysis, "other", tier="tuned")
        case "launches":
            return planted({"other": [0.5]}, launches=1)
        case "clock":
            return with_timings(analysis, lambda timing: replace(timing, cpu_nanoseconds=[None] * 22))
    raise AssertionError(what)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("machine", "the machines differ: some-cpu-2-cores-linux-x86-64 in A, another-2-cores-linux-x86-64 in B"),
        ("absent", "not in B"),
        ("refused", "no time in B: it cheated (in 1 of 6 launches)"),
        ("unfit", "B is unfit: the baseline against itself came out as 1.1"),
        ("workload", "the workloads differ in: rate, parameters_sha256"),
        ("tier", "tier or granularity differ: idiomatic, one call per epoch in A; tuned, one call per epoch in B"),
        ("launches", "one launch in B, expected at least 2 for an interval"),
        ("clock", "the clocks differ: CPU time in A, wall time in B"),
    ],
)
def test_what_can_not_be_compared_says_why(what: str, reason: str) -> None:
    found = the_change(a_record(), spoilt(what))
    assert found.verdict == "not comparable"
    assert found.reason is not None
    assert found.reason.startswith(reason)
    assert found.change is None
    assert not found.slower_by(0.0)


def test_two_records_of_wall_time_are_compared() -> None:
    assert the_change(spoilt("clock"), spoilt("clock")).verdict == "not separated"
    assert the_change(spoilt("clock"), a_record()).reason == "the clocks differ: wall time in A, CPU time in B"


def test_the_rows_of_both_are_compared_and_what_only_one_has_is_said_in_one_line() -> None:
    before = planted({"one": [0.5] * 6, "other": [0.5] * 6, "gone": [0.5] * 6})
    after = planted({"new": [0.7] * 6, "other": [0.5] * 6, "more": [0.7] * 6})
    found = {change.implementation: (change.verdict, change.reason) for change in changes(before, after)}
    assert found == {
        "one": ("not comparable", "not in B"),
        "other": ("not separated", None),
        "gone": ("not comparable", "not in B"),
    }
    assert notes(before, after) == ["Only in B: more (hidden), new (hidden)."]
    more = planted({"other": [0.5] * 6, "more": [0.7] * 6})
    assert [change.implementation for change in changes(a_record(), more)] == ["other"]
    assert notes(a_record(), more) == ["Only in B: more (hidden)."]


def test_what_else_changed_is_noted() -> None:
    after = with_implementation(a_record(), REFERENCE, version="2")
    after = with_implementation(after, "other", source_sha256="1" * 64)
    after = changed(after, environment=replace(after.record.environment, versions={"python": "3.12.1"}))
    assert notes(a_record(), after) == [
        "Versions changed: numpy_backprop from 1 to 2.",
        "Sources changed: other.",
        "numpy_backprop is the baseline: if all ratios changed alike, the baseline changed.",
        "Python changed from 3.11.7 to 3.12.1.",
    ]
    assert notes(a_record(), a_record()) == []


@pytest.mark.parametrize("about", [{"tier": "tuned"}, {"granularity": "one call per training"}])
def test_rows_of_another_tier_or_granularity_are_not_compared(about: dict[str, str]) -> None:
    other = with_implementation(a_record(), "other", **about)
    (said,) = about.values()
    for before, after in ((a_record(), other), (other, a_record())):
        found = the_change(before, after)
        assert (found.verdict, found.change) == ("not comparable", None)
        assert said in str(found.reason)
    assert the_change(other, other).verdict == "not separated"


SLOWER, STILL, UNKNOWN = (
    Change("slower", "hidden", "slower", 1.0, 1.1, Interval(1.1, 1.06, 1.14)),
    Change("still", "hidden", "not separated", 1.0, 1.0, Interval(1.0, 0.95, 1.05)),
    Change("unknown", "hidden", "not comparable", reason="not in B"),
)


@pytest.mark.parametrize(
    ("limits", "sentences"),
    [
        (Limits(0.05, {}), ["slower (hidden) is slower by more than its limit of 5 %."]),
        (Limits(0.06, {}), []),  # the lower end is at the limit, not above it
        (Limits(0.05, {"slower": 0.1}), []),
        (Limits(None, {"slower": 0.01}), ["slower (hidden) is slower by more than its limit of 1 %."]),
        (Limits(None, {"still": 0.01}), []),
        (Limits(None, {}), ["No row of A has a limit."]),
        (Limits(None, {"absent": 0.01}), ["No row of A has a limit."]),
    ],
)
def test_a_row_fails_by_its_own_limit_else_by_that_of_all(limits: Limits, sentences: list[str]) -> None:
    assert failures([SLOWER, STILL], limits) == sentences


def test_a_row_with_a_limit_that_can_not_be_compared_fails() -> None:
    assert failures([STILL, UNKNOWN], Limits(0.5, {})) == ["1 row with a limit cannot be compared."]
    assert failures([STILL, UNKNOWN], Limits(None, {"still": 0.5})) == []
