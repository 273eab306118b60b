"""What a network learned is drawn as it is: known networks have known surfaces."""

from dataclasses import replace

import numpy as np
import pytest

from tests.marked import places
from tests.planted import changed, implementation, planted
from tests.shown import FLAT, OR, VALLEY, report
from xorbench.charts import style, surfaces
from xorbench.charts.figure import Figure
from xorbench.charts.surfaces import HIGH, LOW
from xorbench.estimates.analysis import Analysis
from xorbench.record.parts import Numbers


def learned(layers: list[int], *parameters: list[list[Numbers]] | None) -> Analysis:
    """A record in which each set of parameters was learned by another implementation."""
    analysis = planted({})
    (workload,) = analysis.record.workloads
    names = [f"number_{n}" for n in range(len(parameters))]
    ends = [
        replace(end, parameters=tensors) for end, tensors in zip(report(tuple(names)).endings, parameters, strict=True)
    ]
    return changed(
        analysis,
        workloads=[replace(workload, layer_sizes=layers)],
        implementations=[implementation(name) for name in names],
        gradients=replace(analysis.record.gradients, endings=ends),
    )


def bands(figure: Figure, panel: int = 0) -> set[int]:
    """Which bands of height are drawn."""
    colours = {style.role(f"band-{number}"): number for number in range(style.BANDS)}
    return {colours[mark.fill] for mark in figure.panels[panel].marks if mark.fill in colours}


def test_a_neuron_with_zero_weights_is_flat_at_one_half() -> None:
    figure = surfaces.surfaces(learned([2, 1], FLAT))
    assert figure is not None
    assert figure.panels[0].title == "hidden, 2-1: flat at 0.500"
    assert max(bands(figure)) == 5  # the one in the middle of eleven


def test_the_xor_valley_is_low_on_two_corners_and_high_on_the_others() -> None:
    figure = surfaces.surfaces(learned([2, 4, 1], VALLEY))
    assert figure is not None
    assert "(0.0, 0.0) gives 0.000" in figure.panels[0].text
    assert "(0.0, 1.0) gives 1.000" in figure.panels[0].text
    assert "(1.0, 1.0) gives 0.000" in figure.panels[0].text
    assert bands(figure) == set(range(11))


def test_surfaces_that_cannot_be_told_apart_are_one_panel() -> None:
    nearly = [(np.array(tensor) + 1e-9).tolist() for tensor in OR]
    figure = surfaces.surfaces(learned([2, 1], OR, nearly, FLAT, None))
    assert figure is not None
    assert len(figure.panels) == 2
    assert "number_0, number_1" in figure.panels[0].text
    assert "number_2" in figure.panels[1].text


@pytest.mark.parametrize("layers", [[3, 1], [2, 2]])
def test_what_is_no_surface_over_a_square_is_not_drawn(layers: list[int]) -> None:
    assert surfaces.surfaces(learned(layers, OR)) is None


def test_a_hole_in_a_band_is_cut_out() -> None:
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0.0]])
    holes = [np.array([[x, 1], [x, 2], [x + 1, 2], [x + 1, 1], [x, 1.0]]) for x in (1, 2.5)]
    path = surfaces._path(np.concatenate([square, *holes]), np.array([0, 5, 10, 15]))
    x, y = path[:, 0], path[:, 1]
    area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    assert area == 16 - 1 - 1


def test_a_sample_is_filled_if_its_target_is_one_and_stands_where_its_inputs_are() -> None:
    figure = surfaces.surfaces(learned([2, 4, 1], VALLEY))
    assert figure is not None
    samples = [mark for mark in figure.panels[0].marks if mark.tip]
    fills = {mark.tip.rpartition(" gives ")[0]: mark.fill for mark in samples}
    full, empty = style.role("ink"), style.role("raised")
    assert fills == {"(0, 0)": empty, "(0, 1)": full, "(1, 0)": full, "(1, 1)": empty}
    assert samples[0].path.startswith("M70.5,225a")  # (0, 0): a quarter of the side from the left and from below
    assert max(figure.panels[0].marks.index(mark) for mark in samples) == len(figure.panels[0].marks) - 1


def test_the_line_where_the_answer_changes_is_where_the_output_is_one_half() -> None:
    figure = surfaces.surfaces(learned([2, 1], OR))
    assert figure is not None
    (line,) = (mark for mark in figure.panels[0].marks if mark.stroke and not mark.fill)
    pixels = np.array(places(line)) / surfaces.SIDE
    points = LOW + (HIGH - LOW) * np.stack([pixels[:, 0], 1 - pixels[:, 1]], axis=1)
    np.testing.assert_allclose(20 * points.sum(axis=1), 10, atol=0.02)
    assert points.min() >= LOW
    assert points.max() <= HIGH
