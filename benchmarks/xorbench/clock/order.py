"""Who has the turn when: Williams squares, in which everybody comes at every place, and after everybody else, alike.

Source: E. J. Williams, "Experimental designs balanced for the estimation of residual effects of treatments",
Australian Journal of Scientific Research A 2 (1949).
"""

import random
from collections.abc import Iterator, Sequence


def square(players: int) -> list[list[int]]:
    """The rows of a Latin square of 0, 1, ..., players - 1 in which each follows each other equally often.

    An odd number needs twice as many rows: each row and its mirror image.
    """
    zigzag = [0]
    for step in range(1, players):
        zigzag.append((zigzag[-1] + (step if step % 2 else -step)) % players)
    rows = [[(place + shift) % players for place in zigzag] for shift in range(players)]
    return rows if players % 2 == 0 else [*rows, *(row[::-1] for row in rows)]


def block(players: int) -> int:
    """The rounds after which everything is balanced, in both lengths."""
    return 2 * len(square(players))


def rounds(players: Sequence[int], shuffler: random.Random) -> Iterator[list[int]]:
    """The order of each round, endlessly: those of even and of odd numbers are balanced each by themselves."""
    both = _squares(players, shuffler), _squares(players, shuffler)
    while True:
        yield from map(next, both)


def _squares(players: Sequence[int], shuffler: random.Random) -> Iterator[list[int]]:
    """Square after square, with names and rows shuffled anew for each."""
    while True:
        names = shuffler.sample(players, len(players))
        rows = square(len(players))
        shuffler.shuffle(rows)
        for row in rows:
            yield [names[place] for place in row]
