"""The axis of ratios: 1 is in the middle, and equal factors are equally far from it on both sides."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorbench.estimates.intervals import Interval
from xorbench.page.axis import MOST_TICKS, Axis, axis

ratios = st.floats(1e-120, 1e120)


def test_one_is_in_the_middle_and_a_factor_is_as_far_on_either_side() -> None:
    found = Axis(math.log(16))
    assert [found.place(ratio) for ratio in (1, 4, 1 / 4, 16, 1 / 16)] == pytest.approx([50, 75, 25, 100, 0])


def test_a_mark_has_the_places_of_the_ratio_and_of_its_interval() -> None:
    found = Axis(math.log(16)).mark(Interval(4.0, 2.0, 8.0))
    assert (found.value, found.low, found.width) == pytest.approx((75, 62.5, 25))
    assert found.style == "--v:75.00%;--l:62.50%;--w:25.00%"
    alone = Axis(math.log(16)).mark(Interval(4.0, None, None))
    assert (alone.value, alone.low, alone.width) == pytest.approx((75, 75, 0))


@pytest.mark.parametrize(
    ("largest", "texts"),
    [
        (1.01, ["2x", "1", "2x"]),
        (5.0, ["4x", "2x", "1", "2x", "4x"]),
        (41.5, ["16x", "4x", "1", "4x", "16x"]),
        (300.0, ["100x", "10x", "1", "10x", "100x"]),
        (1e5, ["10,000x", "100x", "1", "100x", "10,000x"]),
    ],
)
def test_the_ticks_are_round_factors(largest: float, texts: list[str]) -> None:
    assert [text for _, text, _ in axis([largest]).ticks] == texts
    outermost = [texts[0], "1", texts[-1]] if len(texts) > 1 else ["1"]
    assert [text for _, text, always in axis([largest]).ticks if always] == outermost


@given(st.lists(ratios))
def test_every_ratio_has_a_place_and_there_is_a_tick_on_each_side(found: list[float]) -> None:
    of = axis(found)
    assert all(0 <= of.place(ratio) <= 100 for ratio in found)
    places = [place for place, *_ in of.ticks]
    assert 3 <= len(places) <= 2 * MOST_TICKS + 1
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)


@given(ratios, ratios)
def test_the_order_of_places_is_that_of_ratios(one: float, other: float) -> None:
    of = axis([one, other])
    assert (of.place(one) <= of.place(other)) == (one <= other) or of.place(one) == pytest.approx(of.place(other))


def test_an_interval_beyond_the_axis_ends_with_it() -> None:
    found = axis([2.0]).mark(Interval(2.0, 1e-100, 1e100))
    assert (found.low, found.low + found.width) == (0, 100)
