"""Texts from outside the project in the words of a failure: one line of printable characters."""

import pytest

from xorbench.judging.trouble import describe, foreign, shortened


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\x1b[2J\n\tb", "a [2J b"), ("\ud800a\u202eb", "?a b"), ("\x07", ""), ("µ × –", "µ × –"), ("123456", "1234…")],
)
def test_a_shortened_text_is_a_line_of_printable_characters(text: str, line: str) -> None:
    assert shortened(text, 5 if line.endswith("…") else 100) == line
    assert foreign(text) == line or line.endswith("…")


def test_an_exception_is_described_in_printable_characters() -> None:
    assert describe(ValueError("\x1b[2Jno\n")) == "ValueError: [2Jno"
