"""The picture of ratios on several machines shows the ratios and intervals of the tables, each machine with a sign."""

import csv
from typing import Any

import altair as alt
import pytest

from tests.test_machines import on
from xorbench.charts.figure import Figure
from xorbench.charts.machines import MOST, machines
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.machines import over_machines
from xorbench.page.views import FIGURES
from xorbench.publication.pictures import data_of

TWO = (on("one", slow=0.5, fast=-0.5, none=0.0), on("two", slow=0.4, fast=0.3, none=0.0))


def figure(*records: Analysis) -> Figure:
    found = machines(over_machines(records))
    assert found is not None
    return found


def layers(found: Figure, panel: int = 0) -> list[list[dict[str, Any]]]:
    """The data of each layer: the line at 1, intervals, points."""
    return [list(csv.DictReader(layer["data"]["values"].splitlines())) for layer in found.panels[panel].spec["layer"]]


def test_every_ratio_is_a_point_with_its_interval() -> None:
    drawn = figure(*TWO)
    _, intervals, points = layers(drawn)
    (comparison,) = over_machines(TWO).comparisons
    ratios = [ratio for each in comparison.conclusions for ratio in each.ratios.values()]
    assert [float(point["x"]) for point in points] == pytest.approx([ratio.value for ratio in ratios], rel=1e-3)
    pieces = [piece for piece in intervals if piece["y"] == piece["y2"]]
    ends = [end for ratio in ratios for end in (ratio.low, ratio.high)]
    assert [float(piece[x]) for piece in pieces for x in ("x", "x2")] == pytest.approx(ends, rel=1e-3)
    heights = [float(point["y"]) for point in points]
    assert heights == sorted({*heights})


def test_each_machine_has_its_shape_and_colour_and_the_key_names_it() -> None:
    records = [on(f"cpu {number}", other=0.1 * number + 0.1) for number in range(MOST)]
    drawn = figure(*records)
    looks = [(point["shape"], point["colour"]) for point in layers(drawn)[-1]]
    assert len({*looks}) == MOST
    (panel,) = drawn.panels
    key = panel.key[:MOST]
    assert [(sign.glyph, f"var(--{sign.colour})") for sign in key] == looks
    assert [sign.text for sign in key[:2]] == ["A: cpu 0, 1 CPU, Linux", "B: cpu 1, 1 CPU, Linux"]


def test_the_verdict_over_machines_stands_under_the_name_and_the_factor_beside_the_mark() -> None:
    (panel,) = figure(*TWO).panels
    texts = [label.text for label in panel.labels]
    assert texts[texts.index("slow") + 1] == "slower on all"
    assert texts[texts.index("fast") + 1] == "opposite"
    assert texts[texts.index("none") + 1] == "not shown on all"
    assert {"A 1.65x slower", "B 1.49x slower", "A not separated"} <= {*texts}
    assert "slow on B: 1.49x slower (1.4" in panel.text


def test_its_data_name_machines_and_verdicts() -> None:
    lines = list(csv.DictReader(data_of(figure(*TWO)).splitlines()))
    assert len(lines) == 6
    assert {line["machine"] for line in lines} == {"A: one, 1 CPU, Linux", "B: two, 1 CPU, Linux"}
    (fast,) = (line for line in lines if line["implementation"] == "fast" and line["machine"].startswith("B"))
    assert (fast["verdict"], fast["over machines"]) == ("slower", "opposite")
    assert float(fast["ratio"]) == pytest.approx(1.35, abs=0.005)


def test_more_machines_than_have_room_are_not_drawn_and_that_is_said() -> None:
    records = [on(f"cpu {number}", other=0.5) for number in range(MOST + 1)]
    drawn = figure(*records)
    assert len(layers(drawn)[-1]) == MOST
    assert drawn.text.endswith(f"Only the first {MOST} machines are drawn.")


def test_it_stands_in_a_view_and_no_view_has_the_name_of_a_figure() -> None:
    assert figure(*TWO).name in FIGURES["machines"]
    assert not {name for names in FIGURES.values() for name in names} & FIGURES.keys()


def test_it_is_valid_and_there_is_none_without_a_comparison() -> None:
    for panel in figure(*TWO).panels:
        alt.Chart.from_dict(panel.spec)
    assert machines(over_machines(TWO[:1])) is None
