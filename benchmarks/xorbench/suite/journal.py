"""Journals on the disk of the finished parts of runs and sweeps, from which an interrupted one continues.

A journal is a file of JSON lines, `<user cache>/xorbench/journals/<plan_sha256>.jsonl`. The first line is the head,
whose SHA-256 is the name of the file; each further line is a finished part. It is locked while a process writes it.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from xorbench import progress
from xorbench.places import user_cache
from xorbench.record.checking import one_line
from xorbench.suite.parts import Head, Line, as_json, head_of, line_of

DAYS_KEPT = 30
"""The days after which a journal to which nothing was added is deleted when a new one is begun."""

LONGEST_HEAD = 2**24
"""The most bytes of a head that are read."""

_OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


class Journal:
    """The journal of one run, open and locked until it is closed or deleted. No method but `begun` raises OSError."""

    def __init__(self, path: Path, head: Head, descriptor: int, end: int = 0) -> None:
        """Take an open and locked file, of which the first `end` bytes are valid."""
        self.path = path
        self.head = head
        self._descriptor = descriptor
        self._end = end
        self._waiting = b""
        self._warned = False
        self._complete = True

    @classmethod
    def begun(cls, head: Head) -> "Journal":
        """Return a new journal with this head. Raises OSError where it cannot be written."""
        there = folder()
        there.mkdir(parents=True, exist_ok=True)
        _delete_old(there)
        path = there / f"{head.sha256}.jsonl"
        journal = cls(path, head, os.open(path, _OPEN | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            fcntl.flock(journal._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            journal._write(head.text.encode() + b"\n")
            _flush(there)
        except OSError:
            journal.delete()
            raise
        return journal

    def note(self, line: Line) -> None:
        """Append a finished part, which is on the disk when this returns.

        Where it cannot be written, a warning is printed once, and it is written with the next part if that can be.
        """
        if not self._complete:
            return
        try:
            self._write(as_json(line) + b"\n")
        except OSError as error:
            self._warn(str(error.strerror))
        except ValueError as error:
            self._complete = False  # what follows would not fit to what is there
            self._warn(one_line(str(error)))

    @property
    def holds_parts(self) -> bool:
        """Whether the file is there and holds a finished part, so that an interrupted run can be continued."""
        return self._end > len(self.head.text.encode()) + 1 and self._is_there()

    def close(self) -> None:
        """Close the file and release its lock; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def delete(self) -> None:
        """Delete the file, if it is there, and close it."""
        if self._descriptor >= 0 and self._is_there():
            with suppress(OSError):
                self.path.unlink()
        self.close()

    def _warn(self, reason: str) -> None:
        if not self._warned:
            progress.say(
                f"xorbench: {self.path} can't be written: {reason}; the run goes on, but what it finishes from now on "
                "is lost if it is killed"
            )
        self._warned = True

    def _is_there(self) -> bool:
        """Return whether the open file still has its name."""
        try:
            return self._descriptor >= 0 and os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except OSError:
            return False

    def _write(self, line: bytes) -> None:
        """Write what is waiting and `line` behind the valid bytes, at once, and wait until it is on the disk."""
        self._waiting += line
        os.ftruncate(self._descriptor, self._end)
        written = 0
        while written < len(self._waiting):
            written += os.pwrite(self._descriptor, self._waiting[written:], self._end + written)
        os.fsync(self._descriptor)
        self._end += len(self._waiting)
        self._waiting = b""


def folder() -> Path:
    """Return the folder of the journals."""
    return user_cache() / "journals"


@dataclass(frozen=True)
class Kept:
    """An unfinished journal, open and locked, and the finished parts in it."""

    journal: Journal
    lines: list[Line]

    @property
    def head(self) -> Head:
        """The head of the journal."""
        return self.journal.head


def newest(head: Head) -> Kept | None:
    """Return the newest journal of the call that `head` describes, or None.

    Journals that another process writes or continues are left out.
    """
    found = [(path, other) for path, other in _heads() if other.is_same_call(head)]
    for path, other in sorted(found, key=lambda each: each[1].created, reverse=True):
        with suppress(OSError):  # it is locked, or was deleted meanwhile
            return _opened(path, other)
    return None


def _heads() -> Iterator[tuple[Path, Head]]:
    """Yield each journal with its head; a file whose name is not the SHA-256 of its first line is none."""
    for path in sorted(folder().glob("*.jsonl")):
        with suppress(OSError, ValueError):
            with path.open("rb") as file:
                first, line_break, _ = file.readline(LONGEST_HEAD).partition(b"\n")
            if line_break and hashlib.sha256(first).hexdigest() == path.stem:
                yield path, head_of(first)


def _opened(path: Path, head: Head) -> Kept:
    """Return the journal at `path`, locked. Raises OSError where it is locked, gone or cannot be written."""
    descriptor = os.open(path, _OPEN)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(descriptor), path.stat()):
            raise FileNotFoundError(path)
        with open(descriptor, "rb", closefd=False) as file:
            lines, end = _lines(path, file.read())
    except BaseException:
        os.close(descriptor)
        raise
    return Kept(Journal(path, head, descriptor, end), lines)


def _lines(path: Path, content: bytes) -> tuple[list[Line], int]:
    """Return the parts in a journal, and the number of its bytes up to the end of the last one.

    They end before a line that is incomplete, or that is not valid, which is printed.
    """
    head, *others = content.split(b"\n")[:-1]  # behind the last line break is an incomplete line, or nothing
    found: list[Line] = []
    end = len(head) + 1
    for number, text in enumerate(others, start=2):
        try:
            found.append(line_of(text))
        except ValueError as error:
            progress.say(f"xorbench: line {number} of {path} is no part of a run and ends it: {_reason(error)}")
            break
        end += len(text) + 1
    return found, end


def _reason(error: ValueError) -> str:
    """Return the first thing that is wrong with a line, in one line."""
    if not isinstance(error, ValidationError):
        return one_line(str(error))
    first = error.errors(include_url=False, include_input=False)[0]
    return one_line(f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}")


def is_old(path: Path) -> bool:
    """Return whether a file or folder was not changed for DAYS_KEPT days. Raises OSError where it is not there."""
    return path.lstat().st_mtime < time.time() - DAYS_KEPT * 24 * 60 * 60


def _delete_old(there: Path) -> None:
    """Delete journals to which nothing was added for DAYS_KEPT days, unless a process has locked them."""
    for path in there.glob("*.jsonl"):
        with suppress(OSError):
            if is_old(path):
                descriptor = os.open(path, _OPEN)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                finally:
                    os.close(descriptor)


def _flush(there: Path) -> None:
    """Wait until the names of the files in a folder are on the disk."""
    descriptor = os.open(there, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
