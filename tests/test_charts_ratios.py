"""The picture of ratios shows the ratios, intervals and noise floor that the table has, on one axis centred on 1."""

import pytest

from tests.marked import ends
from tests.planted import planted, with_implementation
from tests.shown import shown
from xorbench.charts.figure import Panel
from xorbench.charts.paths import Mark
from xorbench.charts.ratios import dots
from xorbench.charts.style import role
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis


def drawn(analysis: Analysis) -> Panel:
    figure = dots(analysis)
    assert figure is not None
    return figure.panels[0]


def stems(panel: Panel) -> list[Mark]:
    return [mark for mark in panel.marks if mark.width == 2]


def points(panel: Panel) -> list[Mark]:
    return [mark for mark in panel.marks if mark.tip]


def test_every_row_is_a_point_with_its_interval_from_fastest_to_slowest() -> None:
    analysis = planted({"slow": [0.5, 0.6], "fast": [-0.5, -0.6]}, launches=2)
    panel = drawn(analysis)
    assert panel.x is not None
    across = panel.x.over(panel.width)
    rows = sorted(analysis.rows, key=lambda row: row.ratio.value if row.ratio else 0)
    assert [row.implementation for row in rows] == ["fast", REFERENCE, "slow"]
    for row, stem, point in zip(rows, stems(panel), points(panel), strict=True):
        assert row.ratio is not None
        assert point.tip.startswith(row.implementation)
        (begin, y), (end, same) = ends(stem)
        assert (begin, end) == pytest.approx((across(1), across(row.ratio.value)), abs=0.05)
        assert y == same
    pieces = [ends(mark) for mark in panel.marks if mark.width == 1.5]
    flat = [((x, y), (x2, y2)) for (x, y), (x2, y2) in pieces if y == y2]
    for row, ((low, _), (high, _)) in zip(rows, flat, strict=True):
        assert row.ratio is not None
        assert row.ratio.low is not None
        assert row.ratio.high is not None
        assert (low, high) == pytest.approx((across(row.ratio.low), across(row.ratio.high)), abs=0.06)
    heights = [y for (_, y), _ in map(ends, stems(panel))]
    assert heights == sorted(heights)


def test_the_factor_and_its_interval_stand_beside_the_row() -> None:
    figure = dots(shown("other", "third"))
    assert figure is not None
    texts = [label.text for label in figure.panels[0].labels]
    assert {"← faster", "slower →", "baseline"} <= {*texts}
    (factor,) = (text for text in texts if text.startswith("1.4") and "slower" in text)
    assert f"other: {factor} (" in figure.panels[0].text


def test_the_band_is_the_noise_floor() -> None:
    analysis = shown("other")
    panel, floor = drawn(analysis), analysis.noise_floor
    assert panel.x is not None
    assert floor is not None
    assert floor.low is not None
    assert floor.high is not None
    band, across = panel.marks[0], panel.x.over(panel.width)
    assert (band.fill, band.opacity) == (role("muted"), 0.4)
    assert [x for x, _ in ends(band)] == pytest.approx([across(floor.low), across(floor.high)], abs=0.06)


def test_compiled_and_eager_differ_in_shape_and_colour_and_the_key_says_so() -> None:
    analysis = with_implementation(shown("other", "third"), "third", execution="compiled")
    panel = drawn(analysis)
    round_ones = {mark.fill for mark in points(panel) if "a" in mark.path}
    others = {mark.fill for mark in points(panel) if "a" not in mark.path}
    assert (round_ones, others) == ({role("series-1")}, {role("series-0")})
    assert {sign.text for sign in panel.key} >= {"compiled", "eager"}


def test_all_panels_have_the_same_axis() -> None:
    figure = dots(with_implementation(planted({"slow": [3.0] * 6, "fast": [-1.0] * 6}), "slow", tier="tuned"))
    assert figure is not None
    one, other = figure.panels
    assert one.x == other.x
    assert one.x is not None
    assert 0 < one.x.share(1) < 1


def test_one_launch_has_no_interval_and_is_drawn_all_the_same() -> None:
    figure = dots(planted({"other": [0.5]}, launches=1))
    assert figure is not None
    assert "other: " in figure.panels[0].text
    assert "1.65x" in figure.panels[0].text


def test_the_baseline_alone_is_no_comparison() -> None:
    assert dots(planted({})) is None
