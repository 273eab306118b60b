"""The process in which one implementation answers questions, under the Python interpreter of its environment.

The path of the file, its SHA-256 and the questions come on standard input. Each question is pickled by itself, so that
one that cannot be unpickled in that environment does not affect the others. Messages go to the connected socket whose
file descriptor is the argument; `messages.py` describes them.
"""

import os
import pickle
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from xorbench.contract import Contract, load, read
from xorbench.judging.codec import as_json, encoded, longest_message
from xorbench.judging.trouble import describe, trouble
from xorbench.line import Line
from xorbench.orphans import end_with_parent
from xorbench.streams import guard_output

if TYPE_CHECKING:
    from xorbench.judging.questions import Question


def main() -> None:
    """Read the questions from standard input, answer all of them, and end.

    What fails in this file, and not in an implementation, is sent as a failure, which is no reply.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C and ends this process
    end_with_parent()
    guard_output()  # what can't be written to the log, as on a full disk, is no failure of an implementation
    os.environ.pop("PYTHONHASHSEED", None)  # it was read at the start; the clock's processes do not have it
    line = Line(socket.socket(fileno=int(sys.argv[1])))
    try:
        path, source_sha256, questions = pickle.load(sys.stdin.buffer)
        answer(Path(path), source_sha256, questions, line)
    except Exception as error:  # noqa: BLE001  whatever it is, it is no verdict on an implementation
        with suppress(OSError):  # the other end was closed
            line.send({"says": "failed", "reason": describe(error)})
    finally:
        line.close()


def answer(path: Path, source_sha256: str | None, questions: Sequence[bytes], line: Line) -> None:
    """Send over `line`, for each question, texts that say what is being done, then the reply."""

    def doing(text: str) -> None:
        line.send({"says": "doing", "what": text})

    with ExitStack() as stack:
        printed = stack.enter_context(tempfile.TemporaryFile())
        os.dup2(printed.fileno(), 1)  # what an implementation prints must not get into the report
        # Where a sigmoid saturates, exp overflows and 1 / inf = 0 is right; the judge finds wrong results.
        stack.enter_context(np.errstate(all="ignore"))
        module: Contract | None = None
        for number, pickled in enumerate(questions):
            found, raised, numbers = None, None, 0
            try:
                if module is None:
                    doing("importing the implementation")
                    implementation = read(path)
                    implementation.must_be(source_sha256)
                    module = load(implementation)
                question: Question[object] = pickle.loads(pickled)
                numbers = question.numbers
                found = encoded(question.ask(module, doing), numbers)
            except BaseException as error:  # noqa: BLE001  an implementation may raise anything, also SystemExit
                raised = trouble(error)
            line.send(
                {
                    "says": "replied",
                    "question": number,
                    "answer": found,
                    "trouble": as_json(raised),
                    "printed": _taken(printed),
                },
                longest_message(numbers),
            )


def _taken(printed: BinaryIO) -> str:
    """Return the beginning of what was printed since the last call, in one line, and empty the file."""
    with suppress(Exception):  # an implementation may have closed it, or put anything in its place
        sys.stdout.flush()
    printed.seek(0)
    text = printed.read(60).decode(errors="replace")
    printed.seek(0)
    printed.truncate()
    return " ".join(text.split()) or text[:1]


if __name__ == "__main__":
    main()
