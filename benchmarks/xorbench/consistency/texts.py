"""The rule on the characters in the texts of a record."""

import re
from collections.abc import Iterator

from xorbench.record.run import Record

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than the tabulator and the line feed, and halves of surrogate pairs."""

NUMBERS = (int, float, type(None))


def texts(record: Record) -> Iterator[str]:
    """Texts have no control characters, except line breaks in scripts and in reasons."""
    yield from _unprintable(record, "$")


def _unprintable(part: object, place: str) -> Iterator[str]:
    """Yield a line for each text inside `part` that has a control character or a lone surrogate."""
    if isinstance(part, str):
        if not part.isprintable() and (bad := CONTROL.search(part)):
            yield f"{place}: holds the character {bad[0]!r}, expected printable ones"
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _unprintable(key, f"{place}.{key[:40]!r}")
            if not _is_plain(value):
                yield from _unprintable(value, f"{place}.{key[:40]}")
    elif isinstance(part, list):
        if part and not isinstance(part[0], NUMBERS):
            for number, value in enumerate(part):
                if not _is_plain(value):
                    yield from _unprintable(value, f"{place}[{number}]")
    elif not isinstance(part, NUMBERS):
        for name, value in vars(part).items():
            if not _is_plain(value):
                yield from _unprintable(value, f"{place}.{name}")


def _is_plain(value: object) -> bool:
    """Return whether a value is a number, nothing, or a text of printable characters, as nearly all in a record are."""
    return isinstance(value, NUMBERS) or (isinstance(value, str) and value.isprintable())


RULES = (texts,)
