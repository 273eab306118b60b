"""Ranges of whole numbers, such as those of the points that are judged."""

import itertools
from collections.abc import Iterator, Sequence

Ranges = Sequence[tuple[int, int]]
"""Ranges (first, end), where `end` is not in the range, in ascending order and with gaps between them."""


def added(ranges: Ranges, first: int, end: int) -> list[tuple[int, int]]:
    """Return `ranges` with the numbers from `first` to `end` - 1. Raises ValueError if one of them is there already."""
    found: list[tuple[int, int]] = []
    for one in sorted([*ranges, (first, end)]):
        if found and one[0] < found[-1][1]:
            raise ValueError(f"{first} to {end - 1} is there already, in part or whole")
        if found and one[0] == found[-1][1]:
            found[-1] = found[-1][0], one[1]
        else:
            found.append(one)
    return found


def are_inside(ranges: Ranges, first: int, end: int) -> bool:
    """Return whether `ranges` are ascending, apart, not empty, and hold only numbers from `first` to `end` - 1."""
    ends = [first - 1, *itertools.chain.from_iterable(ranges), end + 1]
    return all(one < other for one, other in itertools.pairwise(ends))


def gaps(ranges: Ranges, first: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the numbers from `first` to `end` - 1 that are not in `ranges`."""
    for start, stop in ranges:
        if first < start:
            yield first, min(start, end)
        first = stop
    if first < end:
        yield first, end


def size(ranges: Ranges) -> int:
    """Return how many numbers the ranges have."""
    return sum(end - first for first, end in ranges)
