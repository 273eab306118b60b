"""Standard input, output and error, which a shell may close (`>&-`)."""

import io
import os
import subprocess
import sys
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


def error_stream() -> int:
    """Return this process's standard error for a child process, or the null device where it is closed."""
    try:
        os.fstat(2)
    except OSError:
        return subprocess.DEVNULL
    return 2
