"""The rules that a consistent record satisfies, and the reading of records that are held against them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from xorbench.consistency import (
    call,
    counts,
    identity,
    judged,
    rounds,
    texts,
    times,
    trained,
    verdicts,
    versions,
    workers,
)
from xorbench.record import store
from xorbench.record.checking import one_line
from xorbench.record.run import Record

MOST_TOLD = 5
"""The largest number of contradictions with one rule that are yielded."""

RULES: Sequence[Callable[[Record], Iterator[str]]] = tuple(
    rule
    for module in (identity, call, versions, texts, rounds, times, workers, verdicts, trained, judged, counts)
    for rule in module.RULES
)
"""Functions that yield the contradictions of a record with one rule, each with its place, in one line."""


def contradictions(record: Record) -> Iterator[str]:
    """Yield the contradictions in a record, each with its place, in one line.

    Later rules rely on earlier ones. Therefore only contradictions with the first broken rule are yielded, and at most
    MOST_TOLD of them.
    """
    for rule in RULES:
        found = list(islice(rule(record), MOST_TOLD))
        yield from map(one_line, found)
        if found:
            return


def read(path: Path) -> Record:
    """Return the record in a file. Raises OSError; ValueError, in one line, if it is invalid or contradicts itself."""
    record = store.read(path)
    for contradiction in contradictions(record):
        raise ValueError(f"{path} contradicts itself: {contradiction}")
    return record
