"""Raw rounds are drawn as they came; where there are too many, evenly, and it is said."""

import csv
import itertools
import math

import pytest

from tests.planted import planted
from xorbench.charts.rounds import MOST_POINTS, rounds
from xorbench.estimates.analysis import Analysis


def drawn(analysis: Analysis) -> tuple[str, list[dict[str, str]], list[dict[str, str]]]:
    figure = rounds(analysis)
    assert figure is not None
    layers = figure.panels[0].spec["layer"]
    lines, dots = (list(csv.DictReader(layer["data"]["values"].splitlines())) for layer in layers[-2:])
    return figure.text, lines, dots


def test_few_rounds_are_all_drawn_with_their_ratios() -> None:
    text, lines, dots = drawn(planted({"other": [0.1 * launch for launch in range(6)]}))
    assert text.startswith("Every round as the ratio")
    assert len(lines) == 6 * 11
    for point in lines:
        assert float(point["ratio"]) == pytest.approx(math.exp(0.1 * int(float(point["at"]))), rel=1e-3)
    assert [float(dot["ratio"]) for dot in dots] == pytest.approx([math.exp(0.1 * n) for n in range(6)], rel=1e-4)


def test_many_rounds_are_thinned_evenly_whatever_their_time() -> None:
    text, lines, _ = drawn(planted({"other": [0.5] * 6}, rounds=4002))  # of which half are long
    assert text.startswith("One round in 4 as the ratio ")
    assert len(lines) == 3002 <= MOST_POINTS
    places = [float(point["at"]) for point in lines]
    assert [b - a for a, b in itertools.pairwise(places)] == pytest.approx([4 / 2001] * 3001, abs=1e-3)


def test_the_baseline_has_no_rounds_beside_itself() -> None:
    assert rounds(planted({})) is None
