"""Where lines cross: planted crossings come out again, with intervals that hold them, and none where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planted import with_timings
from tests.swept import planted_sweep, straight
from xorbench.contract import REFERENCE
from xorbench.estimates.crossings import (
    CROSSES,
    NOT_IN_THE_SWEEP,
    NOT_SEPARATED,
    Crossing,
    _undecided,
    along,
    crossings,
)
from xorbench.estimates.sweep_axes import WIDTH, axes

WIDTHS = (2, 8, 32, 128, 512)


def by_width(other: float, power: float, noise: float = 0.01, launches: int = 6, seed: int = 0) -> list[Crossing]:
    """Of the baseline, which costs as much everywhere, and one that costs more with the width."""
    costs = {REFERENCE: straight(1e6, 0), "other": straight(0, 1e6 * other**-power, power)}
    analysis = planted_sweep(costs, WIDTHS, (4,), noise=noise, launches=launches, seed=seed)
    (axis,) = axes(analysis)
    return along(analysis, axis, REFERENCE, "other")


@given(at=st.floats(3, 400), power=st.sampled_from([-2.0, -0.5, 0.3, 1.0]), seed=st.integers(0, 1_000))
@settings(max_examples=25, deadline=None)
def test_a_planted_crossing_comes_out(at: float, power: float, seed: int) -> None:
    (found,) = by_width(at, power, noise=0.002, seed=seed)
    assert found.verdict == CROSSES
    assert found.first == ("other" if power > 0 else REFERENCE)
    assert found.size is not None
    assert found.size.low is not None
    assert found.size.high is not None
    assert abs(np.log(found.size.value / at)) < 0.02 / abs(power)
    assert found.size.low <= found.size.value <= found.size.high
    assert found.axis.name == WIDTH


@given(
    at=st.floats(2, 512),
    power=st.sampled_from([-2.0, -0.5, 0.3, 1.0]),
    noise=st.sampled_from([0.0, 0.002, 0.05, 0.3]),
    launches=st.integers(2, 6),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=100, deadline=None)
def test_an_interval_is_never_narrower_than_the_two_measured_sizes_around_the_crossing(
    at: float, power: float, noise: float, launches: int, seed: int
) -> None:
    for found in by_width(at, power, noise=noise, launches=launches, seed=seed):
        if found.verdict == CROSSES:
            assert found.size is not None
            assert found.size.low is not None
            assert found.size.high is not None
            assert found.size.low <= max(width for width in WIDTHS if width <= found.size.value)
            assert found.size.high >= min(width for width in WIDTHS if width >= found.size.value)
            assert found.size.low < found.size.high
            assert WIDTHS[0] <= found.size.low
            assert found.size.high <= WIDTHS[-1]


@given(jump=st.integers(9, 32), seed=st.integers(0, 1_000))
@settings(max_examples=25, deadline=None)
def test_a_cost_that_jumps_between_two_points_crosses_inside_the_interval(jump: int, seed: int) -> None:
    costs = {REFERENCE: straight(1e6, 0), "other": lambda width, _batch: 1e6 * (1.02 if width >= jump else 0.56)}
    analysis = planted_sweep(costs, WIDTHS, (4,), noise=0.002, seed=seed)
    (found,) = crossings(analysis)
    assert found.size is not None
    assert (found.size.low, found.size.high) == (8, 32)


def test_its_interval_holds_the_planted_one_at_least_as_often_as_it_says() -> None:
    held = 0
    for seed in range(100):
        (found,) = by_width(30.0, 0.5, noise=0.1, launches=5, seed=seed)  # so near to 32 that it may be found above
        held += found.size is not None and (found.size.low or 0) <= 30 <= (found.size.high or 0)
    assert held >= 89  # of 95, three standard deviations below


def test_it_reaches_beyond_a_point_that_is_not_decided_and_more_launches_narrow_it() -> None:
    few, many = (by_width(30.0, 0.5, noise=0.05, launches=n)[0].size for n in (4, 64))
    assert few is not None
    assert many is not None
    assert few.high is not None
    assert few.high > 32
    assert (many.low, many.high) == (8, 32)


def test_lines_that_do_not_cross_are_not_in_the_sweep() -> None:
    (found,) = by_width(100_000, 1.0)
    assert (found.verdict, found.first, found.size) == (NOT_IN_THE_SWEEP, "other", None)


def test_what_can_not_be_told_apart_is_not_separated() -> None:
    (found,) = by_width(1.0, 0.0, noise=0.05)
    assert (found.verdict, found.first, found.size) == (NOT_SEPARATED, None, None)
    (beyond,) = by_width(512.0, 1.0, noise=0.01)  # ahead everywhere but at the last point
    assert (beyond.verdict, beyond.first) == (NOT_SEPARATED, "other")


def test_lines_may_cross_twice() -> None:
    costs = {REFERENCE: straight(1e6, 0), "other": lambda width, _batch: 1e6 * (0.5 if 8 <= width <= 128 else 2.0)}
    analysis = planted_sweep(costs, WIDTHS, (4,))
    found = crossings(analysis)
    assert [(one.verdict, one.first) for one in found] == [(CROSSES, REFERENCE), (CROSSES, "other")]
    assert [one.size.value for one in found if one.size] == pytest.approx([4, 256], rel=0.05)


def test_one_launch_gives_a_size_without_an_interval() -> None:
    (found,) = by_width(20.0, 1.0, launches=1, noise=0.0)
    assert found.size is not None
    assert found.size.value == pytest.approx(20, rel=1e-3)
    assert (found.size.low, found.size.high) == (None, None)


def test_points_with_other_launches_still_have_their_crossing() -> None:
    costs = {REFERENCE: straight(1e6, 0), "other": straight(0, 5e4)}
    analysis = planted_sweep(costs, WIDTHS, (4,), noise=0.05)
    some = with_timings(
        analysis, lambda timing: timing if (timing.launch < 3) == ("width-8-" in timing.workload) else None
    )
    (found,) = crossings(some)
    assert found.size is not None
    assert (found.size.low or 0) < 20 < (found.size.high or 0)


def test_only_launches_that_two_points_have_in_common_are_paired() -> None:
    before, after = {1: -1.0, 2: -0.8, 3: -1.1}, {1: 1.0, 2: 1.3, 3: 0.9}
    between = _undecided(before, after)
    assert between == _undecided({0: 9.0} | before, after | {4: 9.0})
    assert len(between) == 2
    assert between != _undecided(before, {1: 1.3, 2: 0.9, 3: 1.0})  # those of another launch
    assert _undecided({1: -1.0, 2: -2.0}, {2: 1.0, 3: 2.0}) == [0.0, 1.0]  # one in common


def test_who_was_timed_at_one_point_has_no_line() -> None:
    analysis = planted_sweep({REFERENCE: straight(1e6, 0), "other": straight(0, 1e4)}, WIDTHS, (4,))
    some = with_timings(
        analysis,
        lambda timing: timing if timing.implementation != "other" or "width-8-" in timing.workload else None,
    )
    assert crossings(some) == []
