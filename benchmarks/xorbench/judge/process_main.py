"""The other side of a hearing: a process in which one implementation answers, in whatever Python it runs in.

The file and the pickled questions come on standard input, so that none is lost with another that cannot be read there;
the replies go to the file descriptor that is the argument.
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
from typing import Any, BinaryIO

import numpy as np

from xorbench.contract import Contract, load, read
from xorbench.environment import end_with_parent, without_folders


def main() -> None:
    """The life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process
    end_with_parent()
    path, source_sha256, questions = pickle.load(sys.stdin.buffer)
    with Connection(int(sys.argv[1])) as connection:
        answer(Path(path), source_sha256, questions, connection)


def answer(
    path: Path, source_sha256: str | None, questions: Sequence[bytes], connection: "Connection[Any, Any]"
) -> None:
    """Send, for each question, what is being done, and in the end (answer, trouble, what was printed)."""
    with ExitStack() as stack:
        printed = stack.enter_context(tempfile.TemporaryFile())
        os.dup2(printed.fileno(), 1)  # standard output is the report's
        module: Contract | None = None
        for question in questions:
            found, trouble = None, None
            try:
                if module is None:
                    connection.send("importing it")
                    implementation = read(path)
                    implementation.must_be(source_sha256)
                    module = load(implementation)
                # Where a sigmoid saturates exp overflows and 1 / inf = 0 is right; what isn't, the judge will see.
                with np.errstate(all="ignore"):
                    found = pickle.loads(question).put_to(module, connection.send)
            except BaseException as error:  # noqa: BLE001  anyone's file may raise anything, SystemExit too
                trouble = describe(error)
            connection.send((found, trouble, _taken(printed)))


def _taken(printed: BinaryIO) -> str:
    """What was printed since the last time: its beginning, in one line."""
    with suppress(OSError, ValueError):  # it may have been closed
        sys.stdout.flush()
    printed.seek(0)
    text = printed.read(60).decode(errors="replace")
    printed.seek(0)
    printed.truncate()
    return " ".join(text.split()) or text[:1]


def describe(error: BaseException) -> str:
    """An exception in one line of printable characters, without the folders of this machine."""
    try:
        text = without_folders(shortened(str(error)))
    except Exception as its_own:  # noqa: BLE001  its class may be anyone's
        text = f"its text cannot be shown: {type(its_own).__name__}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


LONGEST = 300
"""Characters of a text that somebody else wrote."""


def shortened(text: str) -> str:
    """One line of at most LONGEST characters that can be encoded; what is left out is marked with an ellipsis."""
    line = " ".join(text[: 10 * LONGEST].encode("utf-8", "replace").decode().split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


if __name__ == "__main__":
    main()
