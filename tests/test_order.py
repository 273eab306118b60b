"""Balanced order: everybody at every place, and after everybody else, equally often."""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from xorbench.clock import order


@given(st.integers(1, 12))
def test_everybody_comes_at_every_place_equally_often(workers: int) -> None:
    rows = order.square(workers)
    assert all(sorted(row) == list(range(workers)) for row in rows)
    for place in range(workers):
        assert set(Counter(row[place] for row in rows).values()) == {len(rows) // workers}


@given(st.integers(2, 12))
def test_everybody_follows_everybody_else_equally_often(workers: int) -> None:
    follows = Counter(pair for row in order.square(workers) for pair in itertools.pairwise(row))
    assert len(follows) == workers * (workers - 1)
    assert len(set(follows.values())) == 1


def test_an_even_number_needs_one_square_and_an_odd_one_two() -> None:
    assert [len(order.square(workers)) for workers in (1, 2, 3, 4, 5)] == [2, 2, 6, 4, 10]
    assert [order.block(workers) for workers in (1, 2, 3, 4, 5)] == [4, 4, 12, 8, 20]  # one for each length of rounds


@given(st.lists(st.integers(), min_size=1, max_size=6, unique=True), st.integers(0, 99))
def test_blocks_are_shuffled_squares_of_the_workers(workers: list[int], seed: int) -> None:
    block = order.block(len(workers))
    turns = list(itertools.islice(order.rounds(workers, random.Random(seed)), 3 * block))
    for start in range(0, len(turns), block):
        of_block = turns[start : start + block]
        for length, place in itertools.product((of_block[::2], of_block[1::2]), range(len(workers))):
            assert len(set(Counter(row[place] for row in length).values())) == 1


def test_blocks_differ() -> None:
    turns = list(itertools.islice(order.rounds([1, 2, 3, 4], random.Random(0)), 40))
    assert len({tuple(row) for row in turns}) > 4


T = TypeVar("T")


class KeepsNames(random.Random):
    """It shuffles, and samples nothing anew: workers keep their names."""

    def sample(self, population: Sequence[T], k: int, *, counts: Iterable[int] | None = None) -> list[T]:
        assert (k, counts) == (len(population), None)
        return [*population]


def test_rows_come_in_another_order_in_each_block() -> None:
    turns = list(itertools.islice(order.rounds([0, 1, 2, 3], KeepsNames(0)), 80))
    blocks = [turns[start : start + 8 : 2] for start in range(0, 80, 8)]  # of the rounds of one length
    assert all(sorted(block) == sorted(order.square(4)) for block in blocks)
    assert len({str(block) for block in blocks}) > 4  # of 24 orders
