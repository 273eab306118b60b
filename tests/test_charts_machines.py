"""The picture of ratios on several machines shows the ratios and intervals of the tables, each machine with a sign."""

import csv

import pytest

from tests.marked import ends
from tests.test_machines import on
from xorbench.charts import paths
from xorbench.charts.figure import Figure, Panel
from xorbench.charts.machines import MOST, SHAPES, machines
from xorbench.charts.paths import Mark, Place
from xorbench.charts.style import role
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.machines import over_machines
from xorbench.page.views import FIGURES
from xorbench.publication.pictures import data_of

TWO = (on("one", slow=0.5, fast=-0.5, none=0.0), on("two", slow=0.4, fast=0.3, none=0.0))


def figure(*records: Analysis) -> Figure:
    found = machines(over_machines(records))
    assert found is not None
    return found


def points(panel: Panel) -> list[Mark]:
    return [mark for mark in panel.marks if mark.tip]


def look(mark: Mark) -> tuple[str, str, Place]:
    """The shape and the colour of a point, and its middle."""
    (begin, _) = ends(mark)
    for shape in SHAPES:
        across, down, rest = paths.GLYPHS[shape]
        if mark.path.endswith(rest):
            return shape, mark.fill, (begin[0] - across, begin[1] - down)
    raise AssertionError(mark)


def test_every_ratio_is_a_point_with_its_interval() -> None:
    (panel,) = figure(*TWO).panels
    assert panel.x is not None
    across = panel.x.over(panel.width)
    (comparison,) = over_machines(TWO).comparisons
    ratios = [ratio for each in comparison.conclusions for ratio in each.ratios.values()]
    middles = [look(mark)[-1] for mark in points(panel)]
    assert [x for x, _ in middles] == pytest.approx([across(ratio.value) for ratio in ratios], abs=0.11)
    heights = [y for _, y in middles]
    assert heights == sorted({*heights})
    pieces = [ends(mark) for mark in panel.marks if mark.width == 1.5]
    flat = [(low, high) for (low, y), (high, same) in pieces if y == same]
    expected = [(across(ratio.low or 0), across(ratio.high or 0)) for ratio in ratios]
    assert [x for both in flat for x in both] == pytest.approx([x for both in expected for x in both], abs=0.06)


def test_a_line_stands_at_1() -> None:
    (panel,) = figure(*TWO).panels
    assert panel.x is not None
    (top, bottom) = ends(panel.marks[0])
    one = panel.x.over(panel.width)(1.0)
    assert [*top, *bottom] == pytest.approx([one, 0, one, panel.height], abs=0.06)


def test_each_machine_has_its_shape_and_colour_and_the_key_names_it() -> None:
    (panel,) = figure(*(on(f"cpu {number}", other=0.1 * number + 0.1) for number in range(MOST))).panels
    looks = [look(mark)[:2] for mark in points(panel)]
    assert len({*looks}) == MOST
    key = panel.key[:MOST]
    assert [(sign.glyph, role(sign.colour)) for sign in key] == looks
    assert [sign.text for sign in key[:2]] == ["A: cpu 0, 2 CPUs, Linux", "B: cpu 1, 2 CPUs, Linux"]


def test_the_verdict_over_machines_stands_under_the_name_and_the_factor_beside_the_mark() -> None:
    (panel,) = figure(*TWO).panels
    texts = [label.text for label in panel.labels]
    assert texts[texts.index("slow") + 1] == "slower on all"
    assert texts[texts.index("fast") + 1] == "opposite"
    assert texts[texts.index("none") + 1] == "undecided"
    assert {"A 1.65x slower", "B 1.49x slower", "A not separated"} <= {*texts}
    assert "slow on B: 1.49x slower (1.4" in panel.text


def test_its_data_name_machines_and_verdicts() -> None:
    lines = list(csv.DictReader(data_of(figure(*TWO)).splitlines()))
    assert len(lines) == 6
    assert {line["machine"] for line in lines} == {"A: one, 2 CPUs, Linux", "B: two, 2 CPUs, Linux"}
    (fast,) = (line for line in lines if line["implementation"] == "fast" and line["machine"].startswith("B"))
    assert (fast["verdict"], fast["over machines"]) == ("slower", "opposite")
    assert float(fast["ratio"]) == pytest.approx(1.35, abs=0.005)


def test_more_machines_than_have_room_are_not_drawn_and_that_is_said() -> None:
    records = [on(f"cpu {number}", other=0.5) for number in range(MOST + 1)]
    drawn = figure(*records)
    assert len(points(drawn.panels[0])) == MOST
    assert drawn.text.endswith(f"Only the first {MOST} machines are drawn.")


def test_it_stands_in_a_view_and_no_view_has_the_name_of_a_figure() -> None:
    assert figure(*TWO).name in FIGURES["machines"]
    assert not {name for names in FIGURES.values() for name in names} & FIGURES.keys()


def test_there_is_none_without_a_comparison() -> None:
    assert machines(over_machines(TWO[:1])) is None
