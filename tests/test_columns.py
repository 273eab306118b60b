"""Which columns there is room for, and sentences that wrap between words only."""

from hypothesis import given
from hypothesis import strategies as st

from xorbench.tables.layout import expendable, kept, shortened, wrapped


def test_columns_are_left_out_in_the_order_that_is_given_until_the_others_fit() -> None:
    widths = {"a": 10, "b": 20, "c": 5}
    assert kept(widths, 39, 2, ["b", "c"]) == ["a", "b", "c"]  # 10 + 2 + 20 + 2 + 5
    assert kept(widths, 38, 2, ["b", "c"]) == ["a", "c"]
    assert kept(widths, 38, 2, ["c", "b"]) == ["a", "b"]
    assert kept(widths, 1, 2, ["c", "b"]) == ["a"]


def test_the_first_go_before_those_on_the_right_and_some_never() -> None:
    heads = ["name", "execution", "x", "verdict", "y"]
    assert expendable(heads, ("verdict",), ("execution",)) == [1, 4, 2]
    assert expendable(heads, ()) == [4, 3, 2, 1]


words = st.text("abc_/", min_size=1, max_size=30)


@given(st.lists(words, min_size=1), st.integers(1, 60))
def test_no_word_is_broken(found: list[str], width: int) -> None:
    lines = wrapped(" ".join(found), width)
    assert " ".join(lines).split() == found
    assert all(len(line) <= width or " " not in line for line in lines)


@given(st.lists(words, min_size=1), st.integers(5, 60), st.integers(1, 3))
def test_what_is_too_long_ends_with_a_sign_and_whole_words(found: list[str], width: int, lines: int) -> None:
    short = shortened(" ".join(found), width, lines)
    assert 1 <= len(short) <= lines
    shown = " ".join(short).split()
    if shown != found:
        assert shown.pop() == "…"
    assert shown == found[: len(shown)]
