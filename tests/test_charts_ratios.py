"""The dot plot shows the ratios, intervals and noise floor that the table has."""

import csv

import pytest

from tests.planted import planted
from tests.shown import shown
from xorbench.charts.ratios import dots


def test_every_row_is_a_dot_with_its_interval() -> None:
    analysis = shown("other", "third")
    figure = dots(analysis)
    assert figure is not None
    (panel,) = figure.panels
    drawn = list(csv.DictReader(panel.spec["layer"][1]["data"]["values"].splitlines()))
    for row, dot in zip(analysis.rows, drawn, strict=True):
        assert dot["implementation"] == row.implementation
        assert row.ratio is not None
        ends = (row.ratio.value, row.ratio.low, row.ratio.high)
        assert [float(dot[key]) for key in ("ratio", "low", "high")] == pytest.approx(ends, rel=1e-3)
    assert "other 1.496 with the interval" in panel.text


def test_the_band_is_the_noise_floor() -> None:
    analysis = shown("other")
    figure, floor = dots(analysis), analysis.noise_floor
    assert figure is not None
    assert floor is not None
    low, high = figure.panels[0].spec["layer"][0]["data"]["values"].splitlines()[1].split(",")
    assert (float(low), float(high)) == pytest.approx((floor.low, floor.high), rel=1e-3)


def test_one_launch_has_no_interval_and_is_drawn_all_the_same() -> None:
    figure = dots(planted({"other": [0.5]}, launches=1))
    assert figure is not None
    assert "other 1.65" in figure.panels[0].text


def test_the_baseline_alone_is_no_comparison() -> None:
    assert dots(planted({})) is None
