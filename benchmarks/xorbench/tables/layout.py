"""Width of columns of text: which columns of a table a terminal has room for, and sentences that wrap between words."""

import textwrap
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def kept(widths: Mapping[Key, int], room: int, between: int, expendable: Sequence[Key]) -> list[Key]:
    """Return the keys of the columns that fit `room` characters, in their order.

    `widths` are the widths of the columns by key, and `between` is that of the gap between two. Columns are left out
    in the order of `expendable` until the others fit; a column that is not in it is never left out.
    """
    found = list(widths)
    for key in expendable:
        if sum(widths[each] for each in found) + between * (len(found) - 1) <= room:
            break
        found.remove(key)
    return found


def expendable(heads: Sequence[str], always: Collection[str], first: Collection[str] = ()) -> list[int]:
    """Return the places of the columns that may be left out, in this order: `first`, then from right to left.

    The leftmost column and those whose heads are in `always` are not among them.
    """
    may = [place for place, head in enumerate(heads) if place and head not in always]
    return sorted(may, key=lambda place: (heads[place] not in first, -place))


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines of at most `width` characters, broken between words only: a longer word is a line."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def shortened(text: str, width: int, lines: int) -> list[str]:
    """Return a text as `wrapped` does, but at most `lines` lines; if it is longer, the last one ends with "…"."""
    found = wrapped(text, width)
    if len(found) <= lines:
        return found
    words = found[lines - 1].split()
    while len(words) > 1 and len(" ".join(words)) + 2 > width:
        words.pop()
    return [*found[: lines - 1], f"{' '.join(words)} …"]
