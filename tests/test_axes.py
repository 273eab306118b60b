"""Axes: round ticks that fit, plain numbers, and the place of each value."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorbench.charts import axes
from xorbench.charts.axes import Axis
from xorbench.charts.style import width_of

lows = st.floats(-1e6, 1e6, allow_subnormal=False)


def texts(axis: Axis) -> list[str]:
    return [text for _, text in axis.ticks]


def test_a_linear_axis_has_round_ticks_without_exponents() -> None:
    assert texts(axes.linear("µs", 0, 304)) == ["0", "100", "200", "300"]
    assert texts(axes.linear("share", 0, 1.02, 4)) == ["0.0", "0.5", "1.0"]
    assert texts(axes.linear("large", 0, 5e6)) == ["0", "1,000,000", "2,000,000", "3,000,000", "4,000,000", "5,000,000"]


@given(lows, st.floats(1e-3, 1e6))
def test_a_linear_axis_has_few_ticks_inside_and_none_has_an_exponent(low: float, span: float) -> None:
    axis = axes.linear("x", low, low + span * max(1, abs(low)))
    assert 1 <= len(axis.ticks) <= 7
    slack = 1e-6 * (axis.high - axis.low)
    assert all(axis.low - slack <= value <= axis.high + slack for value, _ in axis.ticks)
    assert not any(re.search(r"\de", text) for text in texts(axis))
    assert all(float(text.replace(",", "")) == pytest.approx(value, rel=1e-9, abs=1e-9) for value, text in axis.ticks)


def test_a_logarithmic_axis_has_the_ticks_for_which_there_is_room() -> None:
    assert texts(axes.log("t", 1, 50, 200, True)) == ["1", "2", "5", "10", "20", "50"]
    assert texts(axes.log("t", 1, 10_000, 200, True)) == ["1", "10", "100", "1,000", "10k"]
    assert texts(axes.log("t", 1e-16, 1e-2, 170, False))[0] == "1e-16"
    assert texts(axes.log("t", 1.02, 1.04, 170, False)) == ["1.020", "1.025", "1.030", "1.035", "1.040"]


@given(st.floats(1e-12, 1e6), st.floats(1, 1e9), st.floats(60, 300), st.booleans())
def test_texts_of_a_logarithmic_axis_do_not_meet(low: float, factor: float, pixels: float, across: bool) -> None:
    axis = axes.log("x", low, low * factor, pixels, across)
    room = [(axis.share(value) * pixels, width_of(text) if across else 14) for value, text in axis.ticks]
    assert all(b - a >= (one + other) / 2 for (a, one), (b, other) in itertools.pairwise(room))


@pytest.mark.parametrize("kind", ["linear", "log", "symlog"])
def test_the_ends_are_at_the_ends(kind: axes.Kind) -> None:
    axis = Axis("x", 0.5, 200.0, [], kind)
    assert (axis.share(0.5), axis.share(200)) == (0, 1)
    assert 0 < axis.share(10) < 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.05, "0.05"), (2_000, "2,000"), (50_000, "50k"), (161_000, "161k"), (1e6, "1M"), (1e-16, "1e-16")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert axes.number(value) == text
