"""Standard input, output and error, which may be closed, full or without UTF-8, and those of child processes."""

import codecs
import io
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress


def open_standard_streams() -> None:
    """Open what is closed of standard input, output and error as the null device, for child processes too.

    Else the next file or connection that is opened would have the number of one of them, and `print` would write there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            os.set_inheritable(number, True)
            stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115  until the end
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def guard_output() -> None:
    """Let nothing about standard output and error end the process that writes to them.

    A reader may stop early, as in `| head`: what comes later is dropped silently. What comes after a failure, such as
    that of a full disk, is dropped too, and `failure_of_output` returns it. A character that the encoding of the
    terminal lacks is written in ASCII. Streams that are not those of this process, because a caller has replaced them,
    are left as they are.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__") and isinstance(stream, io.TextIOWrapper):
            with suppress(OSError):
                stream.flush()
            setattr(sys, name, _Text(stream))


def failure_of_output() -> OSError | None:
    """Write what is not written yet, and return why standard output could not be written, None if it could.

    That it has no reader any more is not a failure.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return sys.stdout.failure if isinstance(sys.stdout, _Text) else None


class _Text(io.TextIOWrapper):
    """A standard stream to which nothing more is written after a failure, nor after its reader has stopped reading.

    ASCII stands in place of what its encoding lacks.
    """

    failure: OSError | None = None

    def __init__(self, stream: io.TextIOWrapper) -> None:
        file = open(stream.fileno(), "wb", closefd=False)  # noqa: SIM115  until the end
        at_once = stream.line_buffering or stream.write_through
        super().__init__(file, stream.encoding, _IN_ASCII, line_buffering=at_once)

    @property
    def buffer(self) -> object:  # type: ignore[override]
        """The binary stream below this one; None where the encoding is ASCII, because typer would write UTF-8 to it."""
        return None if codecs.lookup(self.encoding).name == "ascii" else super().buffer

    def write(self, text: str, /) -> int:
        """Write `text`, if that is possible."""
        try:
            return super().write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Write what is not written yet, if that is possible."""
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """Turn the file into the null device, which also takes what is not written yet."""
        if not isinstance(error, BrokenPipeError):
            self.failure = error
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.fileno())
        os.close(null)
        super().flush()


def printable(text: str) -> str:
    """Return `text` with � for each control character but tabs and ends of lines, because a terminal would obey it."""
    return "".join(c if c in "\t\n" or unicodedata.category(c)[0] != "C" else "�" for c in text)


def in_one_line(text: str) -> str:
    """Return `text` with � for each character that is not printable, ends of lines and tabs among them."""
    return "".join(character if character.isprintable() else "�" for character in text)


def in_ascii(text: str) -> str:
    """Return `text` with ASCII characters alone: a few signs have others in their place, an accent is left out.

    A character for which there is none becomes a question mark.
    """
    return "".join(character if character.isascii() else _sign(character) for character in text)


def _sign(character: str) -> str:
    if unicodedata.combining(character):
        return ""
    base = unicodedata.normalize("NFD", character).encode("ascii", "ignore").decode()
    return SIGNS.get(character) or base or "?"


SIGNS = {
    **dict.fromkeys("µμ", "u"),  # of Latin-1, and of Greek
    **dict.fromkeys("–—−‐‑━─", "-"),
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    "×": "x",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "→": ">",
    "←": "<",
    "●": "o",
    "·": ".",
    "…": "...",
    "\N{NO-BREAK SPACE}": " ",
}
"""The ASCII text that replaces each sign; one character for signs that may stand in a column of a table."""

_IN_ASCII = "xorbench in ASCII"


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return in_ascii(error.object[error.start : error.end]), error.end


codecs.register_error(_IN_ASCII, _replaced)


class Log:
    """A file for what a child process writes to standard output or standard error, given to it by its number.

    It has no name, so it disappears with the last process that has it open, and unlike a pipe it cannot fill up and
    block the child.
    """

    def __init__(self) -> None:
        open_standard_streams()  # before the process, whose connections must not have the numbers of these streams
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
    with ExitStack() as stack:
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            stream.flush()
            kept = os.dup(number)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, number)
            os.dup2(log.fileno(), number)
        yield
