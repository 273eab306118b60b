"""Pairs: the ratio of each two rows is that of their own paired rounds, in one direction, corrected for the table."""

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import COMMITTED
from tests.planted import HIDDEN, changed, cheated, planted, with_implementation, with_timings
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import interval
from xorbench.estimates.pairs import Pair, pairs
from xorbench.estimates.ratios import RowId, log_ratios
from xorbench.record import store

NOISE = [0.1, -0.1, 0.05, -0.05, 0.02, -0.02]


def of(analysis: Analysis, implementation: str, baseline: str) -> Pair:
    (found,) = [p for p in pairs(analysis) if (p.implementation, p.baseline) == (implementation, baseline)]
    return found


def test_every_two_timed_rows_of_a_workload_are_one_pair() -> None:
    analysis = planted_sweep({REFERENCE: straight(10_000, 0), "one": straight(5_000, 0), "two": straight(20_000, 0)})
    found = pairs(analysis)
    assert len(found) == 3 * len(analysis.workloads)
    for workload in analysis.workloads:
        both = {frozenset((p.implementation, p.baseline)) for p in found if p.workload == workload}
        assert both == {*map(frozenset, itertools.combinations((REFERENCE, "one", "two"), 2))}
    assert all(pair.implementation != REFERENCE for pair in found)


def test_a_pair_with_the_reference_has_the_ratio_of_the_table() -> None:
    analysis = Analysis(store.read(Path(COMMITTED)))
    rows = {(row.workload, row.implementation): row for row in analysis.rows if row.ratio and not row.is_baseline}
    with_reference = {(p.workload, p.implementation): p for p in analysis.pairs if p.baseline == REFERENCE}
    assert with_reference.keys() == rows.keys()
    for key, pair in with_reference.items():
        assert (pair.ratio, pair.tier) == (rows[key].ratio, rows[key].tier)
    assert analysis.pairs is analysis.pairs  # computed once


def test_noise_that_two_rows_share_is_not_in_their_ratio() -> None:
    analysis = planted({"one": [0.3 + noise for noise in NOISE], "two": [1.0 + noise for noise in NOISE]})
    ratio = of(analysis, "one", "two").ratio
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx([math.exp(-0.7)] * 3, rel=1e-4)
    alone = of(analysis, "one", REFERENCE).ratio
    assert alone.low is not None
    assert alone.high is not None
    assert alone.high / alone.low > 1.1


@settings(max_examples=20)
@given(*[st.lists(st.floats(-1, 1), min_size=4, max_size=4)] * 2)
def test_a_ratio_in_the_other_direction_is_the_inverse(one: list[float], two: list[float]) -> None:
    analysis = planted({"one": one, "two": two}, launches=4, rounds=6)
    ratio = of(analysis, "one", "two").ratio
    assert ratio.low is not None
    assert ratio.high is not None
    turned = interval(log_ratios(analysis, "hidden", RowId("two"), RowId("one")), 1 - 0.05 / 2)
    assert (turned.value, turned.low, turned.high) == pytest.approx((1 / ratio.value, 1 / ratio.high, 1 / ratio.low))


def test_with_one_row_as_the_baseline_the_intervals_hold_together() -> None:
    analysis = planted({"one": NOISE, "two": [1.0] * 6, "three": [2.0] * 6})
    expected = interval(NOISE, 1 - 0.05 / 3)  # 4 rows: 3 comparisons
    for pair in (of(analysis, "one", "two"), of(analysis, "one", "three"), of(analysis, "one", REFERENCE)):
        assert pair.ratio.low is not None
        assert pair.ratio.low / pair.ratio.value == pytest.approx((expected.low or 0) / expected.value, rel=1e-4)


def test_rows_of_two_tiers_are_corrected_for_all_rows_and_others_for_their_table() -> None:
    analysis = planted({"one": NOISE, "two": [1.0] * 6, "quick": [2.0] * 6, "quicker": NOISE})
    for name in ("quick", "quicker"):
        analysis = with_implementation(analysis, name, tier="tuned")
    for names, tier, comparisons in (
        (("one", "two"), "idiomatic", 2),
        (("one", REFERENCE), "idiomatic", 2),
        (("quick", "quicker"), "tuned", 2),
        (("quicker", REFERENCE), "tuned", 2),
        (("one", "quick"), None, 4),
        (("two", "quicker"), None, 4),
    ):
        pair = of(analysis, *names)
        expected = interval(NOISE, 1 - 0.05 / comparisons)
        widths = [(found.high or 0) / (found.low or 1) for found in (pair.ratio, expected)]
        assert pair.tier == tier, names
        assert widths[0] == pytest.approx(widths[1], rel=1e-4), names


def test_a_row_without_a_time_is_in_no_pair() -> None:
    analysis = planted({"one": NOISE, "none": [1.0] * 6, "cheat": [1.0] * 6})
    timed = with_timings(analysis, lambda timing: None if timing.implementation == "none" else timing)
    analysis = cheated(timed, "cheat")
    (pair,) = pairs(analysis)
    assert (pair.implementation, pair.baseline) == ("one", REFERENCE)
    assert pairs(changed(analysis, timings=[])) == []


def test_one_launch_has_ratios_without_ends() -> None:
    (pair,) = pairs(planted({"other": [0.5]}, launches=1))
    assert pair.ratio.value == pytest.approx(math.exp(0.5), rel=1e-4)
    assert (pair.ratio.low, pair.ratio.high) == (None, None)


def test_workloads_do_not_mix() -> None:
    analysis = planted({"other": [0.5] * 6}, workloads=[HIDDEN, replace(HIDDEN, name="neuron")])
    assert [pair.workload for pair in pairs(analysis)] == ["hidden"]
