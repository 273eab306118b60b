"""The order of turns: Williams squares, with each row equally often at each position and after each other row.

Source: E. J. Williams, "Experimental designs balanced for the estimation of residual effects of treatments",
Australian Journal of Scientific Research A 2 (1949).
"""

import random
from collections.abc import Iterator, Sequence


def square(number: int) -> list[list[int]]:
    """Return the rows of a Latin square of 0, 1, ..., `number` - 1.

    Each of these follows each other equally often. An odd `number` needs twice as many rows: each row and its mirror
    image.
    """
    zigzag = [0]
    for step in range(1, number):
        zigzag.append((zigzag[-1] + (step if step % 2 else -step)) % number)
    rows = [[(place + shift) % number for place in zigzag] for shift in range(number)]
    return rows if number % 2 == 0 else [*rows, *(row[::-1] for row in rows)]


def block(number: int) -> int:
    """Return the number of rounds after which the orders of both the long and the short rounds are balanced."""
    return 2 * len(square(number))


def rounds(workers: Sequence[int], shuffler: random.Random) -> Iterator[list[int]]:
    """Yield the order of the workers in each round, endlessly; even and odd rounds are balanced separately."""
    both = _squares(workers, shuffler), _squares(workers, shuffler)
    while True:
        yield from map(next, both)


def _squares(workers: Sequence[int], shuffler: random.Random) -> Iterator[list[int]]:
    """Yield the rows of one square after another, with workers and rows shuffled again for each square."""
    while True:
        names = shuffler.sample(workers, len(workers))
        rows = square(len(workers))
        shuffler.shuffle(rows)
        for row in rows:
            yield [names[place] for place in row]
