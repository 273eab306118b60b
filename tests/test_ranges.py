"""Ranges of points: each number is in them once."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorbench.fleet import ranges


@given(st.lists(st.integers(1, 99), unique=True, max_size=8).map(sorted), st.data())
def test_ranges_that_are_added_in_any_order_become_one(cuts: list[int], data: st.DataObject) -> None:
    pieces = list(zip([0, *cuts], [*cuts, 100], strict=True))
    order = data.draw(st.permutations(pieces))
    found: list[tuple[int, int]] = []
    for place, piece in enumerate(order, start=1):
        found = ranges.added(found, *piece)
        there = {number for first, end in found for number in range(first, end)}
        assert there == {number for first, end in order[:place] for number in range(first, end)}
        assert ranges.size(found) == len(there)
        missing = {number for first, end in ranges.gaps(found, 0, 100) for number in range(first, end)}
        assert missing == {*range(100)} - there
        assert all(one[1] < other[0] for one, other in itertools.pairwise(found))
    assert found == [(0, 100)]


@pytest.mark.parametrize("piece", [(0, 1), (5, 7), (9, 10), (0, 20), (8, 11)])
def test_a_number_that_is_there_is_refused(piece: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is there already"):
        ranges.added([(0, 10)], *piece)


def test_gaps_begin_and_end_where_they_are_told_to() -> None:
    assert [*ranges.gaps([(10, 12)], 10, 15)] == [(12, 15)]
    assert [*ranges.gaps([], 10, 15)] == [(10, 15)]
    assert [*ranges.gaps([(2, 4), (90, 120)], 0, 100)] == [(0, 2), (4, 90)]
    assert [*ranges.gaps([(0, 100)], 0, 50)] == []
    assert [*ranges.gaps([], 0, 3)] == [(0, 3)]
    assert [*ranges.gaps([(60, 70)], 0, 50)] == [(0, 50)]
