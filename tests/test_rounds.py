"""Raw rounds are drawn as they came; where there are too many, evenly, and it is said."""

import itertools
import math

import pytest

from tests.marked import places
from tests.planted import planted
from xorbench.charts.figure import Panel
from xorbench.charts.rounds import MOST_POINTS, rounds
from xorbench.estimates.analysis import Analysis


def drawn(analysis: Analysis) -> tuple[str, Panel]:
    figure = rounds(analysis)
    assert figure is not None
    return figure.text, figure.panels[0]


def raw(panel: Panel) -> list[tuple[float, float]]:
    """The launch and the ratio of each round as it is drawn; a round is a line of length 0."""
    (dots,) = (mark for mark in panel.marks if mark.round_ends)
    assert panel.x is not None
    assert panel.y is not None
    begins, ends = places(dots)[::2], places(dots)[1::2]
    assert begins == ends
    low, high = math.log(panel.y.low), math.log(panel.y.high)
    return [(x / panel.width * panel.x.high, math.exp(high - y / panel.height * (high - low))) for x, y in begins]


def test_few_rounds_are_all_drawn_with_their_ratios() -> None:
    text, panel = drawn(planted({"other": [0.1 * launch for launch in range(6)]}))
    assert text.startswith("Every round as the ratio")
    assert len(raw(panel)) == len(panel.numbers["ratio"]) == 6 * 11
    for (at, ratio), launch, number in zip(raw(panel), panel.numbers["launch"], panel.numbers["ratio"], strict=True):
        assert (at, ratio) == pytest.approx((launch, number), abs=0.01)
        assert number == pytest.approx(math.exp(0.1 * int(at)), rel=1e-3)
    medians = [mark.tip.split()[-1] for mark in panel.marks if mark.tip]
    assert [float(median) for median in medians] == pytest.approx([math.exp(0.1 * n) for n in range(6)], abs=0.006)


def test_many_rounds_are_thinned_evenly_whatever_their_time() -> None:
    text, panel = drawn(planted({"other": [0.5] * 6}, rounds=4002))  # of which half are long
    assert text.startswith("One round in 4 as the ratio ")
    launches = [float(at or 0) for at in panel.numbers["launch"]]
    assert len(raw(panel)) == len(launches) == 3002 <= MOST_POINTS
    assert [b - a for a, b in itertools.pairwise(launches)] == pytest.approx([4 / 2001] * 3001, abs=1e-3)


def test_the_baseline_has_no_rounds_beside_itself() -> None:
    assert rounds(planted({})) is None
