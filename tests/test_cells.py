"""Numbers as text, with as many digits as they deserve."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorbench.estimates.intervals import Interval
from xorbench.tables import cells


@pytest.mark.parametrize(
    ("low", "high", "decimals"),
    [
        (0.9, 1.1, 2),
        (0.99, 1.01, 3),
        (9.0, 11.0, 1),
        (90.0, 110.0, 0),
        (9_000.0, 11_000.0, -2),
        (-0.1, 0.1, 2),
        (1.0, 1.0 + 1e-9, 4),  # at most five significant digits
        (1.0, 1.0, 4),
        (123_456.7, 123_456.7, -1),
        (0.0, 0.0, 4),
    ],
)
def test_an_interval_shows_two_digits_of_its_half_width(low: float, high: float, decimals: int) -> None:
    assert cells.decimals(low, high) == decimals


@pytest.mark.parametrize(("processes", "decimals"), [(4, 2), (5, 3)])
def test_fewer_than_five_processes_give_at_most_four_digits(processes: int, decimals: int) -> None:
    assert cells.decimals(40.3145, 40.3339, processes) == decimals


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.487, "9.49"), (94.87, "94.9"), (948.7, "949"), (9487.0, "9,487"), (0.0123, "0.0123"), (0.0, "0"), (None, "–")],
)
def test_three_digits(value: float | None, text: str) -> None:
    assert cells.three_digits(value) == text


@pytest.mark.parametrize(
    ("measured", "texts"),
    [
        (Interval(0.41, 0.0002, 700), ("0.4", cells.WIDE)),
        (Interval(4_321, 0.0123, 2_300_000), ("4,000", cells.WIDE)),
        (Interval(10, 0.99, 10), ("10", cells.WIDE)),
        (Interval(3.0, 1.0, 10.0), ("3.0", "1.0 to 10.0")),
        (Interval(0.00004, 0.00003, 0.00006), ("4.0e-05", "3.0e-05 to 6.0e-05")),
        (Interval(0.3, -700, 700), ("0.3", "-700 to 700")),
        (Interval(18.2, -26.1, 61.4), ("18", "-26 to 61")),
        (Interval(1.5, 1.0, 2.0), ("1.50", "1.00 to 2.00")),
        (Interval(9_487, 8_000, 11_000), ("9,500", "8,000 to 11,000")),
        (Interval(0.5178, 0.5137, 0.5220), ("0.518", "0.5137 to 0.5220")),
        (Interval(13.166, 13.159, 13.173), ("13.17", "13.159 to 13.173")),  # 13.2 is not in its interval
        (Interval(2_315, 2_250, 2_380), ("2,320", "2,250 to 2,380")),
        (Interval(1.5, None, None), ("1.50", "–")),
        (Interval(0.0012, None, None), ("0.00120", "–")),
        (None, ("–", "–")),
    ],
)
def test_a_number_and_its_interval(measured: Interval | None, texts: tuple[str, str]) -> None:
    assert cells.with_ends(measured) == texts


def test_three_cold_starts_do_not_give_six_digits() -> None:
    assert cells.between(Interval(40.3242, 40.3145, 40.3339), processes=3) == "40.32 (40.31 to 40.33)"
    assert cells.between(Interval(0.2, 0.1951, 0.2050), 1e3, 3) == "200 (195.1 to 205.0)"


def test_a_quantity_that_may_be_negative_has_its_ends_in_numbers_too() -> None:
    assert cells.between(Interval(27.0, 3.0, 51.0), signed=True) == "27 (3 to 51)"
    assert cells.between(Interval(27.0, 3.0, 51.0)) == f"30 ({cells.WIDE})"


def test_a_wide_interval_is_words_in_brackets_and_is_explained_under_the_table() -> None:
    text = cells.between(Interval(0.41, 0.0002, 700))
    assert text == "0.4 (over a factor of ten)"
    ends = cells.with_ends(Interval(0.41, 0.0002, 700))[1]
    table = cells.Table("title", pd.DataFrame([{"95 % interval": ends}]))
    assert table.notes == [f"{cells.WIDE}: the upper end of the interval is more than ten times its lower end."]


positive = st.floats(1e-12, 1e12)


def read(text: str) -> float:
    return float(text.replace(",", ""))


@given(positive, positive, positive, st.sampled_from([None, 3, 20]))
def test_a_positive_number_is_never_0_and_lies_in_its_interval(
    one: float, two: float, three: float, processes: int | None
) -> None:
    low, value, high = sorted((one, two, three))
    shown, ends = cells.with_ends(Interval(value, low, high), processes)
    assert math.isclose(read(shown), value, rel_tol=0.5)
    if high > 10 * low:
        assert ends == cells.WIDE
    else:
        first, last = map(read, ends.split(" to "))
        assert 0 < first <= read(shown) <= last
        assert math.isclose(first, low, rel_tol=0.25)
        assert math.isclose(last, high, rel_tol=0.05)


@given(st.floats(0.01, 100), st.floats(1.0, 3.0), st.floats(1.0, 3.0))
def test_a_factor_is_above_1_and_in_its_interval_on_the_side_of_the_verdict(
    value: float, below: float, above: float
) -> None:
    ratio = Interval(value, value / below, value * above)
    text, ends = cells.factor(ratio), cells.ends(ratio)
    if ratio.verdict == "not separated":
        assert text == cells.plain_factor(ratio) == "not separated"
        return
    number, direction = text.split("x ")
    assert direction == ratio.verdict
    if ends != cells.WIDE:
        low, high = map(read, ends.split(" to "))
        assert 1 <= low <= read(number) <= high
    assert cells.plain_factor(ratio).endswith(f"x {ratio.verdict}")


@pytest.mark.parametrize(
    ("ratio", "factor", "ends", "in_a_sentence"),
    [
        (Interval(0.5178, 0.5137, 0.5220), "1.93x faster", "1.916 to 1.947", "1.9x faster"),
        (Interval(6.289, 6.226, 6.353), "6.29x slower", "6.226 to 6.353", "6.3x slower"),
        (Interval(0.0585, 0.0575, 0.0595), "17.1x faster", "16.81 to 17.39", "17x faster"),
        (Interval(88.7, 86.0, 91.6), "88.7x slower", "86.0 to 91.6", "89x slower"),
        (Interval(1.003, 0.983, 1.023), "not separated", "0.983 to 1.023", "not separated"),
        (Interval(0.96, 0.5, 1.0), "not separated", "0.50 to 1.00", "not separated"),
        (Interval(1.04, 1.03, 1.05), "1.04x slower", "1.030 to 1.050", "1.04x slower"),
        (Interval(9.96, 9.0, 11.0), "10.0x slower", "9.0 to 11.0", "10x slower"),
        (Interval(124.0, 120.0, 128.0), "124x slower", "120.0 to 128.0", "120x slower"),
        (Interval(0.02, 0.001, 0.5), "50x faster", cells.WIDE, "50x faster"),
        (Interval(0.5, None, None), "about 2.00x faster", "–", "about 2.0x faster"),
        (Interval(1.0, None, None), "about 1.00x slower", "–", "about 1.0x slower"),
    ],
)
def test_how_many_times_faster_or_slower(ratio: Interval, factor: str, ends: str, in_a_sentence: str) -> None:
    assert (cells.factor(ratio), cells.ends(ratio), cells.plain_factor(ratio)) == (factor, ends, in_a_sentence)


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


@pytest.mark.parametrize(
    ("most", "text"),
    [(None, "a, b, c and d"), (4, "a, b, c and d"), (3, "a, b, c and 1 more"), (1, "a and 3 more")],
)
def test_of_many_parts_the_first_are_named_and_the_others_are_counted(most: int | None, text: str) -> None:
    assert cells.listed(["a", "b", "c", "d"], most) == text


def test_letters_go_on_after_the_last_one() -> None:
    assert [cells.letter(number, "abc") for number in (0, 2, 3, 5, 11, 12)] == ["a", "c", "aa", "ac", "cc", "aaa"]
