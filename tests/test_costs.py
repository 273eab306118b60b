"""Costs: planted ones, and the epoch at which they have paid."""

import math

import pytest

from tests.planted import planted_record, retimed
from xorbench.contract import REFERENCE
from xorbench.estimates import costs
from xorbench.estimates.costs import BreakEven, Cost


def cost_of(ratio: float, wobble: float = 0.0, dearer: float = 2.0, starts: int = 3) -> Cost:
    """Of one whose steps take `ratio` of the baseline's time, and whose start takes `dearer` times as long."""
    record = planted_record({"other": [math.log(ratio) + w for w in (wobble, -wobble) * 3]}, drifting=0)
    record = retimed(record, lambda _timing, _number, nanoseconds: nanoseconds / 3)  # 10 µs an epoch of the baseline
    for start in record["cold_starts"]:
        if start["implementation"] == "other":
            start["import_seconds"] *= dearer / 2
            start["first_call_seconds"] *= dearer / 2
    record["cold_starts"] = [s for n, s in enumerate(record["cold_starts"]) if n % 3 < starts]
    return next(cost for cost in costs.costs(record) if cost.implementation == "other")


def test_costs_are_those_of_the_cold_starts() -> None:
    found = cost_of(0.5)
    assert found.starts == 3
    assert found.import_seconds.value == pytest.approx(0.2, rel=1e-3)
    assert found.first_call_seconds.value == pytest.approx(0.02, rel=1e-3)
    assert found.peak_mebibytes is not None
    assert found.peak_mebibytes.value == pytest.approx(20)
    assert found.installed_mebibytes == 11


def test_what_was_refused_has_no_costs() -> None:
    record = planted_record({"other": [0.5] * 6})
    record["timings"][1]["violations"] = ["it cheated"]
    assert {cost.implementation for cost in costs.costs(record)} == {REFERENCE}


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
    record = planted_record({})
    (found,) = costs.costs(record)
    assert found.break_even is None
    for start in record["cold_starts"]:
        start["peak_bytes"] = None
    assert costs.costs(record)[0].peak_mebibytes is None
    assert BreakEven("never").epochs is None
