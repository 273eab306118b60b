"""The order of turns: Williams squares, with each row equally often at each position and after each other row.

Source: E. J. Williams, "Experimental designs balanced for the estimation of residual effects of treatments",
Australian Journal of Scientific Research A 2 (1949).
"""

import random
from collections.abc import Iterator, Sequence


def square(players: int) -> list[list[int]]:
    """Return the rows of a Latin square of 0, 1, ..., `players` - 1.

    Each number follows each other equally often. An odd number of players needs twice as many
    rows: each row and its mirror image.
    """
    zigzag = [0]
    for step in range(1, players):
        zigzag.append((zigzag[-1] + (step if step % 2 else -step)) % players)
    rows = [[(place + shift) % players for place in zigzag] for shift in range(players)]
    return rows if players % 2 == 0 else [*rows, *(row[::-1] for row in rows)]


def block(players: int) -> int:
    """Return the number of rounds after which the orders of both the long and the short rounds are balanced."""
    return 2 * len(square(players))


def rounds(players: Sequence[int], shuffler: random.Random) -> Iterator[list[int]]:
    """Yield the order of the players in each round, endlessly; even and odd rounds are balanced separately."""
    both = _squares(players, shuffler), _squares(players, shuffler)
    while True:
        yield from map(next, both)


def _squares(players: Sequence[int], shuffler: random.Random) -> Iterator[list[int]]:
    """Yield the rows of one square after another, with players and rows shuffled again for each square."""
    while True:
        names = shuffler.sample(players, len(players))
        rows = square(len(players))
        shuffler.shuffle(rows)
        for row in rows:
            yield [names[place] for place in row]
