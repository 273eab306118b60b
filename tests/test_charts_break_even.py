"""Costs over epochs: lines from the beginnings and the steps, which cross where the table says."""

import csv

import numpy as np
import pytest

from tests.planted import changed, planted
from xorbench.charts.break_even import payback
from xorbench.contract import REFERENCE


def test_the_lines_cross_at_the_break_even() -> None:
    analysis = planted({"faster": [-0.5 + 0.001 * launch for launch in range(6)]})
    figure = payback(analysis)
    found = next(cost.break_even for cost in analysis.costs if cost.implementation == "faster")
    assert figure is not None
    assert found is not None
    assert found.epochs is not None
    assert found.verdict == "after"
    layers = figure.panels[0].spec["layer"]
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in csv.DictReader(layers[0]["data"]["values"].splitlines()):
        lines.setdefault(row["implementation"], []).append((float(row["epoch"]), float(row["seconds"])))
    ours, base = (np.array(lines[name]) for name in ("faster", REFERENCE))
    ahead = ours[:, 1] < base[:, 1]
    assert not ahead[ours[:, 0] < found.epochs].any()
    assert ahead[ours[:, 0] > found.epochs].all()
    (point,) = csv.DictReader(layers[2]["data"]["values"].splitlines())
    assert float(point["epoch"]) == pytest.approx(found.epochs, rel=1e-3)
    assert np.interp(found.epochs, base[:, 0], base[:, 1]) == pytest.approx(float(point["seconds"]), rel=1e-2)
    assert "faster is faster after" in figure.panels[0].text


def test_who_never_pays_has_a_line_and_no_point() -> None:
    figure = payback(planted({"slower": [0.5] * 6}))
    assert figure is not None
    assert len(figure.panels[0].spec["layer"]) == 1
    assert figure.panels[0].text == "slower: break-even never."


def test_without_cold_starts_nothing_is_drawn() -> None:
    assert payback(changed(planted({"other": [0.5] * 6}), cold_starts=[])) is None
