"""The judge's pictures show what its report holds, and lines that coincide are one."""

from dataclasses import replace

import pytest

from tests.marked import places
from tests.shown import report
from xorbench.charts.figure import Panel
from xorbench.charts.judge import losses, partings, saturation, scale

REPORT = report(("one", "two"))


def points(panel: Panel) -> list[tuple[object, ...]]:
    return list(zip(*panel.numbers.values(), strict=True))


def test_losses_are_those_of_the_report() -> None:
    figure = losses(REPORT)
    assert figure is not None
    assert points(figure.panels[0])[:3] == [("one", 1, 0.6), ("one", 10, 0.5), ("one", 100, 0.01)]
    assert [*figure.panels[0].numbers] == ["implementation", "epoch", "loss"]
    assert figure.panels[0].text == "one and two: from 0.6 to 0.01."


@pytest.mark.parametrize(("last", "kind"), [(0.01, "log"), (0.5, "linear")])
def test_a_loss_that_hardly_falls_has_a_linear_axis(last: float, kind: str) -> None:
    (some, _) = REPORT.trajectories
    figure = losses(replace(REPORT, trajectories=[replace(some, loss=[0.6, 0.5, last])]))
    assert figure is not None
    panel = figure.panels[0]
    assert panel.y is not None
    assert panel.y.kind == kind
    up = panel.y.over(panel.height)
    assert [y for _, y in places(panel.marks[0])] == pytest.approx([0, panel.height - up(0.5), panel.height], abs=0.06)


def test_what_is_the_same_to_the_last_bit_has_no_point() -> None:
    figure = partings(REPORT)
    assert figure is not None
    rows = [points(panel) for panel in figure.panels]
    assert [len(found) for found in rows] == [2 * 2, 2 * 2]
    assert {row[1] for row in rows[0]} == {10, 100}


def test_lines_that_coincide_are_one_with_one_label() -> None:
    figure = losses(report(("one", "two", "three")))
    assert figure is not None
    assert [label.text for label in figure.panels[0].labels] == ["all 3"]
    (line,) = (mark for mark in figure.panels[0].marks if mark.tip)
    assert line.tip == "one, two and three: from 0.6 to 0.01"


def test_each_axis_of_the_accuracy_map_has_its_own_picture() -> None:
    for draw, positions in ((saturation, {-40, 0, 40}), (scale, {0.01, 1, 25})):
        figure = draw(REPORT)
        assert figure is not None
        assert {row[1] for row in points(figure.panels[0])} == positions
        assert figure.panels[0].title == "hidden, float64"
        assert "one and two" in figure.panels[0].text
