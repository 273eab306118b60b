"""Exceptions that an implementation raised: one line for tables, the verdict that follows, and the full traceback."""

import dis
import re
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

from xorbench.contract.implementation import MODULE
from xorbench.environment import without_folders
from xorbench.places import IMPLEMENTATIONS
from xorbench.record.parts import Part, Text
from xorbench.record.report import FAILED, NOT_OFFERED
from xorbench.streams import Log

LONGEST = 300
"""The largest number of characters shown of a text from outside this project, such as the message of an exception."""

LONGEST_TRACEBACK = 20_000
"""The largest number of characters kept of a traceback: its end, where the exception is."""


LONGEST_WRITTEN = 160
"""The largest number of characters of a line that a process wrote, to standard error or to the judge."""

DELETED = re.compile(r"(buffer|array) has been deleted", re.IGNORECASE)
"""What is said where an array is used whose memory the compiler was allowed to give to a result."""

COPY_FIRST = "; copy the arrays in begin before they are donated"

MOST_LINES = 20
"""The largest number of lines that a process wrote, below a traceback."""


@dataclass(frozen=True)
class Trouble(Part):
    """Why there is no answer, or only a part of one: the reason in one line, the verdict, and the full traceback.

    `traceback` is followed by what the process wrote to standard error; it is empty where neither is known.
    """

    reason: Text
    verdict: Literal["failed", "not offered"] = FAILED
    traceback: Text = ""


def trouble(error: BaseException, doing: str = "") -> Trouble:
    """Return what an exception means; `doing` begins the reason of a failure.

    The verdict is "not offered" for a NotImplementedError that a `raise` in the text of an implementation raises. One
    that a library raises is a failure, because the author did not mean it.
    """
    raised = "".join(traceback.format_exception(error))[-LONGEST_TRACEBACK:]
    if isinstance(error, NotImplementedError) and _was_meant(error):
        return Trouble(_message(error) or type(error).__name__, NOT_OFFERED, raised)
    return Trouble(f"{doing}{describe(error)}", FAILED, raised)


def describe(error: BaseException) -> str:
    """Return an exception as one line of printable characters, without the folders of this machine.

    Where it passed through the text of an implementation, function, file and line there are named, and then the point
    that `note_point` noted.
    """
    place = _place(error) + _point(error)
    text = _message(error, LONGEST - len(place))
    if DELETED.search(text):
        text = _message(error, LONGEST - len(place) - len(COPY_FIRST)).rstrip(".") + COPY_FIRST
    return (f"{type(error).__name__}: {text}" if text else type(error).__name__) + place


class _Point(str):
    """A note of an exception that says at which point of the judge it was raised."""


def note_point(error: BaseException, label: str) -> None:
    """Note in an exception the label of the point at which it was raised, for `describe` and its traceback."""
    with suppress(Exception):  # a foreign exception may refuse notes
        error.add_note(_Point(f"at {label}"))


def _point(error: BaseException) -> str:
    """Return the point that was noted last, as in " at mean output logit -710"; "" if none was."""
    notes = getattr(error, "__notes__", None)
    found = [note for note in notes if isinstance(note, _Point)] if isinstance(notes, list) else []
    return f" {found[-1]}" if found else ""


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return `text` as one line of at most `longest` printable characters, with an ellipsis if it was cut."""
    start = text[: 10 * longest].encode("utf-8", "replace").decode()
    line = " ".join("".join(character if character.isprintable() else " " for character in start).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def last_written(log: Log) -> str:
    """Return the end of a reason that quotes the last line in the log of a process; "" where the log is empty."""
    lines = log.lines()
    return f"; the last line that it wrote is {foreign(lines[-1])!r}" if lines else ""


def all_written(log: Log) -> str:
    """Return the last lines in the log of a process, for the end of a traceback; "" where the log is empty."""
    lines = [foreign(line) for line in log.lines()[-MOST_LINES:]]
    return "".join(f"{line}\n" for line in ["Written by its process:", *lines]) if lines else ""


def foreign(text: str) -> str:
    """Return a text from outside this project as one line of printable characters, LONGEST_WRITTEN at most.

    The folders of this machine are left out.
    """
    return without_folders(shortened(text, LONGEST_WRITTEN))


def _message(error: BaseException, longest: int = LONGEST) -> str:
    try:
        return without_folders(shortened(str(error), longest))
    except Exception as its_own:  # noqa: BLE001  str() of a foreign exception may raise
        return f"its message cannot be shown: {type(its_own).__name__}"


def _place(error: BaseException) -> str:
    """Return the innermost place in the text of an implementation, as in " (gradient, mine.py line 93)"; else ""."""
    ours = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__) if _is_of_implementation(frame)]
    if not ours:
        return ""
    frame, line = ours[-1]
    functions = [name for each, _ in ours if not (name := each.f_code.co_name).startswith("<")]  # no <module>, <lambda>
    return f" ({', '.join([*functions[-1:], f'{Path(frame.f_code.co_filename).name} line {line}'])})"


def _was_meant(error: BaseException) -> bool:
    """Return whether a `raise` in the text of an implementation raised the exception."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    if last is None or not _is_of_implementation(last.tb_frame):
        return False
    return dis.opname[last.tb_frame.f_code.co_code[last.tb_lasti]] == "RAISE_VARARGS"


def _is_of_implementation(frame: FrameType) -> bool:
    """Return whether a frame runs the file of an implementation, or one in the project's folder that it imports."""
    name = str(frame.f_globals.get("__name__", ""))
    return name.startswith(MODULE) or Path(frame.f_code.co_filename).parent == IMPLEMENTATIONS
