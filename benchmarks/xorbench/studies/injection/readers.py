"""Everything that reads records, for records and files that may be wrong: each is read, or refused in one line."""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from xorbench import api
from xorbench.cli import show
from xorbench.consistency.rules import read
from xorbench.estimates import comparison, instructions
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.measured_points import table
from xorbench.estimates.recommendation import ranking
from xorbench.exports import foreign
from xorbench.exports.document import document
from xorbench.exports.frames import load
from xorbench.publication.contribution import examined
from xorbench.record import store
from xorbench.record.run import Record
from xorbench.tables import changes, recommendation
from xorbench.tables.catalogue import tables
from xorbench.tables.formats import FORMATS
from xorbench.tables.summary import summary

Value = TypeVar("Value")

LONGEST_LINE = 2_000
"""The number of characters up to which a message about a record counts as one line."""


class Timed(Protocol):
    """A function that makes a call and returns what it returns."""

    def __call__(self, call: Callable[[], Value], /) -> Value:
        """Make a call and return what it returns."""


def at_once(call: Callable[[], Value]) -> Value:
    """Make a call, and return what it returns."""
    return call()


def is_a_line(text: str, most: int = LONGEST_LINE) -> bool:
    """Return whether a message is one line of printable characters, shorter than `most`."""
    return len(text.splitlines()) == 1 and text.isprintable() and len(text) < most


def refusal(call: Callable[[], object]) -> str | None:
    """Return the message with which a call refuses a record, None if it does not.

    Raises AssertionError if the message is not one line, and whatever the call raises beside ValueError.
    """
    try:
        call()
    except ValueError as error:
        message = str(error)
    else:
        return None
    assert is_a_line(message), f"a message that is no line: {message[:200]!r}"
    return message


def shown(analysis: Analysis) -> None:
    """Print all that `show` can print, and what `run --json` prints."""
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
        for width in (40, 80):
            show.lines(summary(analysis, width))
        found = tables(analysis)
        show.tables(found)
        for write in FORMATS.values():
            print(write(found))
        print(json.dumps(document(analysis), allow_nan=False))


def compared(before: Analysis, after: Analysis) -> None:
    """Write what `compare` prints."""
    notes = comparison.notes(before, after)
    if before.record.counts:
        found = instructions.changes(before.record, after.record)
        sections = changes.of_counts(found, [*notes, *instructions.notes(before.record, after.record)], 0.005, [])
    else:
        found = comparison.changes(before, after, 0.02)
        sections = changes.sections(found, notes, 0.02, [])
    comparison.failures(found, comparison.Limits(0.05, {}))
    "\n".join(changes.text(sections)).encode()
    changes.markdown(sections).encode()
    json.dumps([asdict(change) for change in found], allow_nan=False)


def recommended(analysis: Analysis, warm: bool) -> None:
    """Write what `recommend` prints."""
    "\n".join(recommendation.lines(ranking(table([analysis]), 4, 4, 1000, warm))).encode()


def viewed(path: Path, record: Record, unchanged: Analysis, timed: Timed = at_once) -> None:
    """Send a record, which is in the file `path`, through all commands that show, compare or export it.

    Each call that a command makes is made by `timed`.
    """
    analysis = Analysis(record)
    calls: Sequence[Callable[[], object]] = (
        lambda: store.as_text(record),
        lambda: shown(analysis),
        lambda: compared(unchanged, analysis),
        lambda: compared(analysis, unchanged),
        lambda: refusal(lambda: foreign.pytest_benchmark([analysis])),
        lambda: refusal(lambda: foreign.github_action_benchmark([analysis])),
        lambda: load(path),
        lambda: refusal(lambda: recommended(analysis, warm=False)),
        lambda: refusal(lambda: recommended(analysis, warm=True)),
    )
    for call in calls:
        timed(call)


def checked(path: Path) -> Sequence[str]:
    """Send a file through `check` and return its complaints.

    Raises AssertionError if a complaint or a mark is not one line with the path.
    """
    found = examined(path)
    for line in (*found.complaints, *found.marks):
        assert is_a_line(line), f"a complaint that is no line: {line[:200]!r}"
        assert line.startswith(str(path)), f"a complaint without the file: {line[:200]!r}"
    return found.complaints


def read_or_refused(path: Path, unchanged: Analysis, timed: Timed = at_once) -> str | None:
    """Send a file through every command that reads records, and return the refusal of all, None if it is read.

    Each call that a command makes is made by `timed`. Raises AssertionError where they differ, or a refusal is not one
    line, and whatever a command raises that it must not.
    """
    timed(lambda: checked(path))
    found: list[Record] = []
    if told := timed(lambda: refusal(lambda: found.append(read(path)))):
        for call in (
            lambda: load(path),
            lambda: api.compare(path, path),
            lambda: api.recommend(4, 4, 10, records=[path]),
        ):
            assert timed(partial(refusal, call)) == told, f"refused by one command only: {told}"
        return told
    viewed(path, found[0], unchanged, timed)
    return None
