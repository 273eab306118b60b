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

from benchmarks.contract import Contract, load, read
from benchmarks.environment import end_with_parent, without_folders


def main() -> None:
    """The life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process
    end_with_parent()
    path, questions = pickle.load(sys.stdin.buffer)
    with Connection(int(sys.argv[1])) as connection:
        answer(Path(path), questions, connection)


def answer(path: Path, questions: Sequence[bytes], connection: "Connection[Any, Any]") -> None:
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
                    module = load(read(path))
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
    """An exception in one line, without the folders of this machine."""
    text = without_folders(" ".join(str(error).split()))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


if __name__ == "__main__":
    main()
