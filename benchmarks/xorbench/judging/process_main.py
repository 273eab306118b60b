"""The process in which one implementation answers questions, under the Python interpreter of its environment.

The path of the file, its SHA-256 and the questions come on standard input. Each question is pickled by itself, so that
one that cannot be unpickled in that environment does not affect the others. Replies go to the file descriptor whose
number is the argument.
"""

import os
import pickle
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from xorbench.contract import Contract, load, read
from xorbench.environment import end_with_parent, without_folders

if TYPE_CHECKING:
    from xorbench.judging.processes import Line


def main() -> None:
    """Read the questions from standard input, answer all of them, and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C and ends this process
    end_with_parent()
    os.environ.pop("PYTHONHASHSEED", None)  # it was read at the start; the clock's processes do not have it
    path, source_sha256, questions = pickle.load(sys.stdin.buffer)
    with Connection(int(sys.argv[1])) as connection:
        answer(Path(path), source_sha256, questions, connection)


def answer(path: Path, source_sha256: str | None, questions: Sequence[bytes], connection: "Line") -> None:
    """Send over `connection`, for each question, texts that say what is being done, then the reply.

    A reply is a tuple of the answer, the error as one line, and what was printed; the first two may be None.
    """
    with ExitStack() as stack:
        printed = stack.enter_context(tempfile.TemporaryFile())
        os.dup2(printed.fileno(), 1)  # what an implementation prints must not get into the report
        # Where a sigmoid saturates, exp overflows and 1 / inf = 0 is right; the judge finds wrong results.
        stack.enter_context(np.errstate(all="ignore"))
        module: Contract | None = None
        for question in questions:
            found, trouble = None, None
            try:
                if module is None:
                    connection.send("importing the implementation")
                    implementation = read(path)
                    implementation.must_be(source_sha256)
                    module = load(implementation)
                found = pickle.loads(question).put_to(module, connection.send)
            except BaseException as error:  # noqa: BLE001  an implementation may raise anything, also SystemExit
                trouble = describe(error)
            connection.send((found, trouble, _taken(printed)))


def _taken(printed: BinaryIO) -> str:
    """Return the beginning of what was printed since the last call, in one line, and empty the file."""
    with suppress(OSError, ValueError):  # it may have been closed
        sys.stdout.flush()
    printed.seek(0)
    text = printed.read(60).decode(errors="replace")
    printed.seek(0)
    printed.truncate()
    return " ".join(text.split()) or text[:1]


def describe(error: BaseException) -> str:
    """Return an exception as one line of printable characters, without the folders of this machine."""
    try:
        text = without_folders(shortened(str(error)))
    except Exception as its_own:  # noqa: BLE001  str() of a foreign exception may raise
        text = f"its message cannot be shown: {type(its_own).__name__}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


LONGEST = 300
"""The largest number of characters shown of a text from outside this project, such as the message of an exception."""


def shortened(text: str) -> str:
    """Return `text` as one line of at most LONGEST characters that can be encoded, with an ellipsis if it was cut."""
    line = " ".join(text[: 10 * LONGEST].encode("utf-8", "replace").decode().split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


if __name__ == "__main__":
    main()
