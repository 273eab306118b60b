"""The curves of a sweep: a panel for each axis and number of threads, colours that hold over the whole album."""

import pytest

from tests.planted import planted
from tests.swept import planted_sweep, straight
from xorbench.charts import album, picture, style
from xorbench.charts.crossover import crossover
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis

COSTS = {REFERENCE: straight(1e6, 0), "other": straight(0, 5e4)}
NAMES = [REFERENCE, "other"]


def test_there_is_a_panel_for_each_axis_and_number_of_threads() -> None:
    figure = crossover([planted_sweep(COSTS), planted_sweep(COSTS, threads=2)], NAMES)
    assert figure is not None
    assert [panel.title for panel in figure.panels] == [
        *("width, at batch 4, 1 thread", "batch, at width 8, 1 thread"),
        *("width, at batch 4, 2 threads", "batch, at width 8, 2 threads"),
    ]
    assert figure.panels[0].text.startswith(f"{REFERENCE} and other cross at ")
    assert figure.panels[0].text.endswith(", 8 to 32, other is faster below.")
    assert figure.panels[1].text == "no crossover point."


def test_it_can_be_drawn() -> None:
    figure = crossover([planted_sweep(COSTS)], NAMES)
    assert figure is not None
    drawn = picture.svg(figure)
    assert "width, at batch 4, 1 thread" in drawn
    assert drawn.count("<path") > 4
    assert f"a: {REFERENCE} and other cross at " in drawn


def test_an_album_of_a_run_has_the_sweeps_beside_it_with_one_colour_for_each_name() -> None:
    run = planted({"mine": [0.5] * 6, "other": [0.2] * 6})
    by_name = {figure.name: figure for figure in album.of_record(run, [planted_sweep(COSTS)])}
    assert {"ratios", "crossover"} <= by_name.keys()
    panel = by_name["crossover"].panels[0]
    assert {*panel.numbers["implementation"]} == {REFERENCE, "other"}  # mine was not swept
    assert {mark.stroke for mark in panel.marks if mark.tip and mark.stroke} == {style.colour(0), style.colour(2)}


def test_a_sweep_alone_has_its_curves_and_nothing_that_grows_with_its_points() -> None:
    sweep = planted_sweep(COSTS)
    assert [figure.name for figure in album.of_record(sweep, [sweep])] == ["crossover"]


@pytest.mark.parametrize("sweeps", [[], [planted({})]])
def test_without_points_there_is_no_picture(sweeps: list[Analysis]) -> None:
    assert crossover(sweeps, NAMES) is None
