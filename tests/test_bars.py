"""Intervals as bars: in their order, on one axis."""

from xorbench.estimates.intervals import Interval
from xorbench.tables.bars import WIDTH, bars, style


def test_bars_share_an_axis_on_which_one_is_marked() -> None:
    half, one, none, double = bars([Interval(0.5, 0.45, 0.55), Interval(1, 1, 1), None, Interval(2, 1.8, 2.2)])
    assert none == ""
    assert {len(half), len(one), len(double)} == {WIDTH}
    assert half.index("●") < half.index("│") == one.index("●") == double.index("│") < double.index("●")
    assert half[0] == double[-1] == "━"


def test_one_launch_has_no_interval_to_draw() -> None:
    (bar,) = bars([Interval(3, None, None)])
    assert bar.strip("│ ") == "●"


def test_colours_follow_the_slowdown_and_doubt_has_none() -> None:
    colours = [style(Interval(r, r * 0.99, r * 1.01)) for r in (0.5, 1.5, 5, 50)]
    assert len({*colours}) == 4
    assert style(Interval(1.01, 0.99, 1.03)) == style(None) == ""
