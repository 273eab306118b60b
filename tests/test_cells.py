"""Numbers as text, with as many digits as they deserve."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorbench.estimates.intervals import Interval
from xorbench.tables import cells


@pytest.mark.parametrize(
    ("width", "decimals"), [(0.2, 2), (0.02, 3), (2.0, 1), (20.0, 0), (2000.0, -2), (1e-9, 4), (0.0, 4)]
)
def test_an_interval_shows_two_digits_of_its_half_width(width: float, decimals: int) -> None:
    assert cells.decimals(width) == decimals


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.487, "9.49"), (94.87, "94.9"), (948.7, "949"), (9487.0, "9,487"), (0.0123, "0.0123"), (0.0, "0"), (None, "–")],
)
def test_three_digits(value: float | None, text: str) -> None:
    assert cells.three_digits(value) == text


@pytest.mark.parametrize(
    ("measured", "texts"),
    [
        (Interval(0.12, 0.00002, 700), ("0.1", "2e-05 to 700")),
        (Interval(10, 0.3, 700), ("10", "0.3 to 700")),
        (Interval(4, 0.0123, 2_300_000), ("4", "0.01 to 2,300,000")),
        (Interval(0.00004, 0.00003, 0.00006), ("4e-05", "3e-05 to 0.0001")),
        (Interval(0.3, -700, 700), ("0.3", "-700 to 700")),
        (Interval(0.0, 0.0, 700), ("0", "0 to 700")),
        (Interval(1.5, 1.0, 2.0), ("1.50", "1.00 to 2.00")),
        (Interval(9_487, 8_000, 11_000), ("9,500", "8,000 to 11,000")),
        (Interval(1.5, None, None), ("1.50", "–")),
        (None, ("–", "–")),
    ],
)
def test_a_number_and_its_interval(measured: Interval | None, texts: tuple[str, str]) -> None:
    assert cells.with_ends(measured) == texts


positive = st.floats(1e-12, 1e12)


@given(positive, positive, positive)
def test_no_wide_interval_makes_a_positive_number_0(one: float, two: float, three: float) -> None:
    low, value, high = sorted((one, two, three))
    digits = cells.decimals(high - low)
    shown, ends = cells.with_ends(Interval(value, low, high))
    for number, text in zip((value, low, high), (shown, *ends.split(" to ")), strict=True):
        read = float(text.replace(",", ""))
        assert read > 0
        assert text == cells.rounded(number, digits) or math.isclose(read, number, rel_tol=0.5)


@pytest.mark.parametrize(("width", "decimals"), [(0.15, 3), (1.5, 2), (1.9, 2), (2.1, 1), (15.0, 1), (150.0, 0)])
def test_a_half_width_below_a_power_of_ten_shows_one_decimal_more(width: float, decimals: int) -> None:
    assert cells.decimals(width) == decimals


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (99_949.0, "99,949"),
        (99_999.0, "99,999"),
        (100_000.0, "1.00e+05"),
        (123_456.0, "1.23e+05"),
        (-123_456.0, "-1.23e+05"),
        (0.001, "0.00100"),
        (0.000_99, "9.90e-04"),
    ],
)
def test_three_digits_are_a_power_of_ten_from_100000_and_below_a_thousandth(value: float, text: str) -> None:
    assert cells.three_digits(value) == text
