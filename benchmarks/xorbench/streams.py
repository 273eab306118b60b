"""Standard input, output and error, which a shell may close (`>&-`), and those of child processes."""

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def open_standard_streams() -> None:
    """Open what is closed of standard input, output and error as the null device.

    Else the next file or connection that is opened would have the number of one of them, and `print` would write there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115  until the end


class _Pipe(io.FileIO):
    """A file to whose reader nothing more is written after it has stopped reading."""

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write `data`; if no one reads any more, turn the file into the null device."""
        try:
            return super().write(data)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(memoryview(data))


def forgive_closed_pipes() -> None:
    """Let a reader of standard output or error stop early, as in `| head`: what comes later is dropped silently.

    Streams that are not those of this process, because a caller has replaced them, are left as they are.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__") and isinstance(stream, io.TextIOWrapper):
            stream.flush()
            raw = _Pipe(stream.fileno(), "w", closefd=False)
            text = io.TextIOWrapper(
                io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=stream.line_buffering
            )
            setattr(sys, name, text)


class Log:
    """A file for what a child process writes to standard output or standard error, given to it by its number.

    It has no name, so it disappears with the last process that has it open, and unlike a pipe it cannot fill up and
    block the child.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()

    def fileno(self) -> int:
        """Return the number of the file descriptor."""
        return self._file.fileno()

    def lines(self) -> list[str]:
        """Return the last lines that were written, of at most TAIL_BYTES, without those of no letter and no digit."""
        size = os.fstat(self.fileno()).st_size
        tail = os.pread(self.fileno(), TAIL_BYTES, max(0, size - TAIL_BYTES))  # the child shares the file's position
        return [line for line in tail.decode(errors="replace").splitlines() if any(map(str.isalnum, line))]

    def close(self) -> None:
        """Close the file in this process."""
        self._file.close()


TAIL_BYTES = 2**16
"""The bytes at the end of a log that are read: a child may write much."""


@contextmanager
def written_to(log: Log) -> Iterator[None]:
    """Let processes that are started in this context write to `log` in place of standard output and standard error."""
    open_standard_streams()
    with ExitStack() as stack:
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            stream.flush()
            kept = os.dup(number)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, number)
            os.dup2(log.fileno(), number)
        yield
