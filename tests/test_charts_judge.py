"""The judge's pictures show what its report holds."""

import csv
from dataclasses import replace

import pytest

from tests.shown import report
from xorbench.charts.judge import losses, partings, saturation, scale

REPORT = report(("one", "two"))


def test_losses_are_those_of_the_report() -> None:
    figure = losses(REPORT)
    assert figure is not None
    rows = list(csv.DictReader(figure.panels[0].spec["data"]["values"].splitlines()))
    assert [(row["implementation"], float(row["epoch"]), float(row["loss"])) for row in rows][:3] == [
        ("one", 1, 0.6),
        ("one", 10, 0.5),
        ("one", 100, 0.01),
    ]
    assert figure.panels[0].text == "one from 0.6 to 0.01; two from 0.6 to 0.01."
    assert figure.series == ["one", "two"]


@pytest.mark.parametrize(("last", "kind"), [(0.01, "log"), (0.5, None)])
def test_a_loss_that_hardly_falls_has_a_linear_axis(last: float, kind: str | None) -> None:
    (some, _) = REPORT.trajectories
    figure = losses(replace(REPORT, trajectories=[replace(some, loss=[0.6, 0.5, last])]))
    assert figure is not None
    assert figure.panels[0].spec["encoding"]["y"]["scale"].get("type") == kind


def test_what_is_the_same_to_the_last_bit_has_no_point() -> None:
    figure = partings(REPORT)
    assert figure is not None
    rows = [list(csv.DictReader(panel.spec["data"]["values"].splitlines())) for panel in figure.panels]
    assert [len(found) for found in rows] == [2 * 2, 2 * 2]
    assert {row["epoch"] for row in rows[0]} == {"10", "100"}


def test_each_axis_of_the_accuracy_map_has_its_own_picture() -> None:
    for draw, positions in ((saturation, {-40, 0, 40}), (scale, {0.01, 1, 25})):
        figure = draw(REPORT)
        assert figure is not None
        rows = list(csv.DictReader(figure.panels[0].spec["data"]["values"].splitlines()))
        assert {float(row["position"]) for row in rows} == positions
        assert figure.panels[0].title == "hidden, float64"
