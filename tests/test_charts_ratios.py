"""The picture of ratios shows the ratios, intervals and noise floor that the table has, on one axis centred on 1."""

import csv
from typing import Any

import pytest

from tests.planted import planted, with_implementation
from tests.shown import shown
from xorbench.charts.ratios import dots
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis


def layers(analysis: Analysis, panel: int = 0) -> list[list[dict[str, Any]]]:
    """The data of each layer: band, its edges, stems, intervals, points."""
    figure = dots(analysis)
    assert figure is not None
    return [list(csv.DictReader(layer["data"]["values"].splitlines())) for layer in figure.panels[panel].spec["layer"]]


def test_every_row_is_a_point_with_its_interval_from_fastest_to_slowest() -> None:
    analysis = planted({"slow": [0.5, 0.6], "fast": [-0.5, -0.6]}, launches=2)
    _, _, stems, intervals, points = layers(analysis)
    rows = sorted(analysis.rows, key=lambda row: row.ratio.value if row.ratio else 0)
    assert [row.implementation for row in rows] == ["fast", REFERENCE, "slow"]
    for row, stem, point in zip(rows, stems, points, strict=True):
        assert row.ratio is not None
        assert float(point["x"]) == pytest.approx(row.ratio.value, rel=1e-3)
        assert (float(stem["x"]), stem["x2"]) == (1, point["x"])
    pieces = [piece for piece in intervals if piece["y"] == piece["y2"]]
    for row, piece in zip(rows, pieces, strict=True):
        assert row.ratio is not None
        assert (float(piece["x"]), float(piece["x2"])) == pytest.approx((row.ratio.low, row.ratio.high), rel=1e-3)
    assert [float(point["y"]) for point in points] == sorted(float(point["y"]) for point in points)


def test_the_factor_and_its_interval_stand_beside_the_row() -> None:
    figure = dots(shown("other", "third"))
    assert figure is not None
    texts = [label.text for label in figure.panels[0].labels]
    assert {"← faster", "slower →", "baseline"} <= {*texts}
    (factor,) = (text for text in texts if text.startswith("1.4") and "slower" in text)
    assert f"other: {factor} (" in figure.panels[0].text


def test_the_band_is_the_noise_floor() -> None:
    analysis = shown("other")
    (band,), *_ = layers(analysis)
    floor = analysis.noise_floor
    assert floor is not None
    assert (float(band["x"]), float(band["x2"])) == pytest.approx((floor.low, floor.high), rel=1e-3)


def test_compiled_and_eager_differ_in_shape_and_colour_and_the_key_says_so() -> None:
    analysis = with_implementation(shown("other", "third"), "third", execution="compiled")
    points = layers(analysis)[-1]
    assert {(point["shape"], point["colour"]) for point in points} == {
        ("circle", "var(--series-1)"),
        ("square", "var(--series-0)"),
    }
    figure = dots(analysis)
    assert figure is not None
    assert {sign.text for sign in figure.panels[0].key} >= {"compiled", "eager"}


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
