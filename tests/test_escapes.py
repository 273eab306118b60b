"""Text of one format: readable where it can stay as it is, harmless where it cannot."""

import pytest

from xorbench.tables import escapes


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("numpy_backprop", "numpy_backprop"),
        ("_emphasis_", r"\_emphasis\_"),
        ("a|b", r"a\|b"),
        ("<b>", r"\<b>"),
        ("&lt;", "&amp;lt;"),
        ("$x$", r"\$x\$"),
    ],
)
def test_markdown_escapes_what_means_something(text: str, escaped: str) -> None:
    assert escapes.of_markdown(text) == escaped


@pytest.mark.parametrize(
    ("text", "escaped"), [("- a", r"\- a"), ("1. a", r"1\. a"), ("> a", r"\> a"), ("a - b", "a - b")]
)
def test_a_paragraph_begins_no_block(text: str, escaped: str) -> None:
    assert escapes.of_paragraph(text) == escaped


def test_latex_shows_by_number_what_it_cannot_set() -> None:
    assert escapes.of_latex("é_中") == r"é\_\allowbreak{}{[}U+4E2D]"
    assert escapes.of_latex("µs ≥ 1 – 2") == r"\ensuremath{\mu}s {[}U+2265] 1 -- 2"


def test_latex_may_break_a_long_word() -> None:
    assert escapes.pieces(f"a {'x' * 45} 中中") == ["a", "x" * 20, "x" * 20, "x" * 5, "中", "中"]
    assert escapes.of_latex(f"a {'x' * 25}") == rf"a {'x' * 20}\allowbreak{{}}{'x' * 5}"


@pytest.mark.parametrize("text", ["=1+1", "+1", "@x", "-x", "-1+cmd", "-1e5+cmd"])
def test_no_formula_reaches_a_spreadsheet(text: str) -> None:
    assert escapes.of_spreadsheets(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["-1.5", "-1e-05", "numpy", -1.5, None])
def test_numbers_and_names_stay(cell: object) -> None:
    assert escapes.of_spreadsheets(cell) == cell
