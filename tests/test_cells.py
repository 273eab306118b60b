"""Numbers as text, with as many digits as they deserve."""

import pytest

from benchmarks.tables import cells


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
