"""Costs: planted ones, and the epoch at which they have paid."""

import math
from dataclasses import replace

import pytest

from tests.planted import changed, cheated, planted, retimed
from xorbench.contract import REFERENCE
from xorbench.estimates import break_even
from xorbench.estimates.break_even import BreakEven, Cost
from xorbench.record.timing import ColdStart


def cost_of(ratio: float, wobble: float = 0.0, dearer: float = 2.0, starts: int = 3) -> Cost:
    """Of one whose steps take `ratio` of the baseline's time, and whose start takes `dearer` times as long."""
    analysis = planted({"other": [math.log(ratio) + w for w in (wobble, -wobble) * 3]}, drifting=0)
    # 10 µs an epoch of the baseline
    analysis = retimed(analysis, lambda _timing, _number, nanoseconds: nanoseconds / 3)
    stretch = {"other": dearer / 2, REFERENCE: 1.0}
    cold = [
        replace(
            start,
            import_seconds=start.import_seconds * stretch[start.implementation],
            first_call_seconds=start.first_call_seconds * stretch[start.implementation],
        )
        for number, start in enumerate(analysis.record.cold_starts)
        if number % 3 < starts
    ]
    return next(
        cost for cost in break_even.costs(changed(analysis, cold_starts=cold)) if cost.implementation == "other"
    )


def test_costs_are_those_of_the_cold_starts() -> None:
    found = cost_of(0.5)
    assert found.starts == 3
    assert found.import_seconds.value == pytest.approx(0.2, rel=1e-3)
    assert found.first_call_seconds.value == pytest.approx(0.02, rel=1e-3)
    assert found.peak_mebibytes is not None
    assert found.peak_mebibytes.value == pytest.approx(20)
    assert found.installed_mebibytes == 11


def test_what_was_refused_has_no_costs() -> None:
    analysis = cheated(planted({"other": [0.5] * 6}), launches=[0])
    assert {cost.implementation for cost in break_even.costs(analysis)} == {REFERENCE}


def test_break_even_is_where_both_have_taken_the_same_time() -> None:
    # 0.11 s dearer to start, 5 µs cheaper with every epoch after the first
    found = cost_of(0.5, wobble=0.01).break_even
    assert found is not None
    assert found.verdict == "after"
    assert found.epochs == pytest.approx(1 + 0.11 / 5e-6, rel=0.01)
    assert found.low is not None
    assert found.high is not None
    assert found.epochs is not None
    assert found.low < found.epochs < found.high


@pytest.mark.parametrize(
    ("ratio", "dearer", "verdict"),
    [(2.0, 2.0, "never"), (0.5, 0.5, "at once"), (2.0, 0.5, "until"), (1.0, 2.0, "not separated")],
)
def test_it_may_never_pay_or_at_once_or_only_until_then(ratio: float, dearer: float, verdict: str) -> None:
    found = cost_of(ratio, 0.01, dearer).break_even
    assert found is not None
    assert found.verdict == verdict
    assert (found.epochs is None) == (verdict != "until")
    if found.epochs:
        assert found.epochs == pytest.approx(1 + 0.055 / 1e-5, rel=0.02)


def test_one_cold_start_has_a_break_even_without_interval() -> None:
    found = cost_of(0.5, wobble=0.01, starts=1).break_even
    assert found is not None
    assert (found.verdict, found.low, found.high) == ("after", None, None)
    assert found.epochs == pytest.approx(1 + 0.11 / 5e-6, rel=0.05)


def test_the_baseline_has_nothing_to_break_even_with() -> None:
    analysis = planted({})
    (found,) = break_even.costs(analysis)
    assert found.break_even is None
    cold = [replace(start, peak_bytes=None) for start in analysis.record.cold_starts]
    assert break_even.costs(changed(analysis, cold_starts=cold))[0].peak_mebibytes is None
    assert BreakEven("never").epochs is None


T_1, T_5 = 12.7062, 2.5706
"""Student's t for 95 % and 1 and 5 degrees of freedom, as tables print them."""


def exact(ratio: float, ours: float, base: float, wider: float = 1.1) -> BreakEven:
    """Of intervals that are known: what stands in the middle, over and times a factor.

    An epoch of the baseline takes 10 µs, over and times 1.2; one of `other` `ratio` times that, over and times 1.25.
    The start of `other` takes `ours` µs and that of the baseline `base` µs, over and times `wider`.
    """
    of_step, of_ratio, of_start = math.log(1.2), math.log(1.25), math.log(wider)
    # The ends of a mean of 6 that are w more or less by turns are t * w * root(1/5) away, and those of 2 t * w.
    turns = [math.sqrt(5) / T_5 * sign for sign in (1, -1) * 3]
    analysis = planted({"other": [math.log(ratio) + turn * of_ratio for turn in turns]}, drifting=0)
    analysis = retimed(
        analysis, lambda timing, _number, nanoseconds: nanoseconds / 3 * math.exp(turns[timing.launch] * of_step)
    )
    cold = [
        ColdStart("hidden", name, seconds * 2 / 3 * apart, seconds / 3 * apart, 2**20)
        for name, seconds in (("other", ours / 1e6), (REFERENCE, base / 1e6))
        for apart in (math.exp(of_start / T_1), math.exp(-of_start / T_1))
    ]
    costs = break_even.costs(changed(analysis, cold_starts=cold))
    (found,) = [cost.break_even for cost in costs if cost.implementation == "other"]
    assert found is not None
    return found


def test_the_ends_of_a_break_even_after_which_it_has_paid_are_the_worst_of_all_parts() -> None:
    # 60 µs dearer to start, from 90/1.1 - 30*1.1 to 90*1.1 - 30/1.1; an epoch is 10*(1 - 0.5) = 5 µs cheaper, from
    # 10/1.2*(1 - 0.625) = 3.125 to 12*(1 - 0.4) = 7.2. The first epoch is in the start.
    found = exact(0.5, ours=90, base=30)
    assert found.verdict == "after"
    assert (found.epochs, found.low, found.high) == pytest.approx(
        (1 + 60 / 5, 1 + (90 / 1.1 - 33) / 7.2, 1 + (99 - 30 / 1.1) / 3.125), rel=1e-3
    )


def test_the_ends_of_a_break_even_until_which_it_is_ahead_are_the_worst_of_all_parts() -> None:
    # 60 µs cheaper to start; an epoch is 10 µs dearer, from 10/1.2*(1.6 - 1) = 5 to 12*(2.5 - 1) = 18.
    found = exact(2.0, ours=30, base=90)
    assert found.verdict == "until"
    assert (found.epochs, found.low, found.high) == pytest.approx(
        (1 + 60 / 10, 1 + (90 / 1.1 - 33) / 18, 1 + (99 - 30 / 1.1) / 5), rel=1e-3
    )


def test_starts_that_may_cost_the_same_may_have_paid_with_the_first_epoch() -> None:
    # From 90/2 - 60 to 90*2 - 15: at best it is cheaper to start, and has nothing to pay.
    found = exact(0.5, ours=90, base=30, wider=2.0)
    assert (found.epochs, found.low, found.high) == pytest.approx((13, 1, 1 + 165 / 3.125), rel=1e-3)
