"""Random changes of records, in their JSON and in their text."""

import copy
import functools
import json
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xorbench.contract import REFERENCE

Json = dict[str, Any]
"""A JSON object, as it was read."""

Place = tuple[str | int, ...]
"""The keys and positions that lead to a value in JSON."""

Change = tuple[str, int, int, Any, float, bool]
"""A change: its kind, the numbers of a pattern and of a place, a value, a factor, and whether it is made everywhere."""

ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 7, 60, 10**6, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400),
    *(0.0, -0.0, 0.5, -1.5, 1e-320, 1e-9, 1e9, 1e300, -1e300),
    *("", "x", "neuron", "hidden", "width-4-batch-4", "inside", "outside", "missing", "failed", "not offered"),
    *(REFERENCE, "jax_grad", "float32", "float64", "compiled", "eager", "tuned", "sweep", "9999-12-31T23:59:59Z"),
    *("a\nb", "\x1b[2J", "\ud8ff", "</script><script>", "$x$", "`|*_", "% & #", "../..", "ü" * 100, "y" * 60_000),
    *([], {}, [0], [None], [[]], [0.5], ["x"], [1] * 2000, {"x": "y"}, {"python": "3"}),
]
"""Values that a reader may not expect: of other types, at and beyond the limits, and texts that mean something else."""

KINDS = ("delete", "replace", "rename", "append", "copy", "shorten", "swap", *("scale",) * 3, *("like",) * 6)
"""The kinds of changes, each as often as it is drawn. "like" replaces a value by another one of the same type."""

FACTORS = (0.5, 0.999, 1.001, 2.0, -1.0, 1e-3, 1e3, 1e12)

MOST_PLACES = 2_000
"""The most places at which a change that is made everywhere is made, so that it does not add gigabytes."""

MOST_NUMBER = 10**6
"""The largest number of a pattern or a place in a change; it is taken modulo the number of those that there are."""


@dataclass(frozen=True)
class Base:
    """A record that is changed: its text, and the places of its values by what they are.

    A place belongs to the pattern that has "*" for each position, so that a rare field is changed as often as a
    frequent one.
    """

    text: str
    patterns: dict[Place, list[Place]]

    @staticmethod
    def of(content: Json) -> "Base":
        """Return the base for changes of a record, which is given as it was read from JSON."""
        patterns: dict[Place, list[Place]] = {}
        for place in places_in(content):
            patterns.setdefault(tuple("*" if isinstance(key, int) else key for key in place), []).append(place)
        return Base(json.dumps(content, separators=(",", ":")), patterns)

    @functools.cached_property
    def names(self) -> list[Place]:
        """The patterns, in the order of their first place."""
        return list(self.patterns)

    def changed(self, wanted: Sequence[Change], content: Any = None) -> Any:
        """Return the JSON of the record with changes, which are made in `content`, a copy of it, where that is given.

        A change that is impossible after those before it is left out. A copy is made at one place only: everywhere, a
        part would be copied into itself again and again, and double each time.
        """
        found = json.loads(self.text) if content is None else content
        for kind, pattern, number, value, factor, everywhere in wanted:
            of = self.patterns[self.names[pattern % len(self.names)]]
            other = (
                of[(number // 7) % len(of)] if number % 2 else self.patterns[self.names[number % len(self.names)]][0]
            )
            at_all = everywhere and kind != "copy"
            for place in reversed(of[:MOST_PLACES]) if at_all else [of[number % len(of)]]:
                try:
                    apply(found, kind, place, other, number, value, factor)
                except (LookupError, TypeError, OverflowError, AttributeError):
                    continue
        return found


def places_in(part: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value in JSON."""
    if place:
        yield place
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from places_in(value, (*place, key))


def apply(content: Any, kind: str, place: Place, other: Place, number: int, value: Any, factor: float) -> None:
    """Change the value at a place; it raises LookupError or TypeError if an earlier change removed the place."""
    parent, key = _parent_of(content, place), place[-1]
    here = parent[key]
    if isinstance(here, (bool, int, float, str)) and kind in ("append", "shorten", "swap", "rename"):
        kind = "like"
    if isinstance(here, list) and kind == "like":
        kind = ("append", "shorten", "swap")[number % 3]
    if kind == "delete":
        del parent[key]
    elif kind == "rename" and isinstance(parent, dict):
        parent[str(value)] = parent.pop(key)
    elif kind == "scale" and isinstance(here, (int, float)) and not isinstance(here, bool):
        scaled = here * factor
        parent[key] = round(scaled) if isinstance(here, int) else scaled
    elif kind == "scale" and isinstance(here, list) and here and isinstance(here[0], (int, float)):
        parent[key] = [type(number)(number * factor) for number in here]
    elif kind == "like" and isinstance(here, bool):
        parent[key] = not here
    elif kind == "like" and isinstance(here, (int, float, str)):
        alike = [odd for odd in ODD if type(odd) is type(here) and (isinstance(odd, str) or 0 <= odd < 2**63)]
        parent[key] = alike[number % len(alike)]
    elif kind == "copy":
        parent[key] = copy.deepcopy(_parent_of(content, other)[other[-1]])
    elif kind == "shorten" and isinstance(here, list):
        del here[len(here) // 2 :]
    elif kind == "append" and isinstance(here, list) and here:
        here.append(copy.deepcopy(here[-1]))
    elif kind == "swap" and isinstance(here, list) and len(here) > 1:
        here[0], here[-1] = here[-1], here[0]
    else:
        parent[key] = copy.deepcopy(value)


def _parent_of(content: Any, place: Place) -> Any:
    for key in place[:-1]:
        content = content[key]
    return content


def drawn(random_: random.Random) -> list[Change]:
    """Return one or two random changes."""
    return [
        (
            random_.choice(KINDS),
            random_.randint(0, MOST_NUMBER),
            random_.randint(0, MOST_NUMBER),
            value(random_),
            random_.choice(FACTORS),
            random_.random() < 0.5,
        )
        for _ in range(random_.randint(1, 2))
    ]


def value(random_: random.Random) -> Any:
    """Return a random value that JSON can hold: an odd one, a number or a text."""
    chance = random_.random()
    if chance < 0.4:
        return copy.deepcopy(random_.choice(ODD))
    if chance < 0.6:
        return random_.randint(-(10**6), 10**12)
    if chance < 0.8:
        return random_.uniform(-1, 1) * 10.0 ** random_.randint(-300, 300)
    return "".join(random_.choices(string.printable + "µ×–\u2028\ufeff", k=random_.randint(0, 20)))


PIECES = (
    *(
        b"[",
        b"]",
        b"{",
        b"}",
        b'"',
        b",",
        b":",
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\n",
    ),
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-0", b"0x1", b"1" * 5_000, b"[" * 5_000, b'{"a":' * 5_000),
)
"""Pieces of text that mean something in JSON, or nothing at all."""


def spoilt(random_: random.Random, text: bytes) -> bytes:
    """Return a text in which one to four random places were changed, whatever they mean, or which was cut off."""
    found = bytearray(text)
    for _ in range(random_.randint(1, 4)):
        place = random_.randrange(len(found) + 1)
        kind = random_.randrange(6)
        if kind == 0:
            found[place:place] = random_.choice(PIECES)
        elif kind == 1:
            del found[place : place + random_.choice((1, 2, 30, 1_000))]
        elif kind == 2:
            found[place : place + 1] = bytes([random_.randrange(256)])
        elif kind == 3:
            start = random_.randrange(len(found) + 1)
            found[place:place] = found[start : start + random_.choice((1, 10, 300))]
        elif kind == 4 and random_.random() < 0.2:
            del found[place:]
        else:
            found[place : place + 3] = random_.choice(PIECES)[:3]
    return bytes(found)
