"""The process that judges chunks of points: `python -m xorbench.fleet.chunk_main SOCKET PARENT`.

SOCKET is the file descriptor of a connected socket, and PARENT the number of the process that starts this one, with
which it ends. It also ends where no chunk comes for IDLE_SECONDS.
"""

import os
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from time import perf_counter, process_time

from xorbench.environment import end_with_parent
from xorbench.fleet.chunk_messages import ASKED, LONGEST, QUESTIONS
from xorbench.judging.chunks import as_json, judge_chunk
from xorbench.judging.trouble import describe
from xorbench.line import Closed, Line, Silent
from xorbench.messages import validated
from xorbench.streams import guard_output

IDLE_SECONDS = 60.0
"""The seconds without a chunk after which the process ends."""


def main() -> None:
    """Judge chunks until the other end of the socket is closed; what fails in this package is sent as a failure."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client handles Ctrl-C
    end_with_parent(int(sys.argv[2]))
    guard_output()
    os.environ.pop("PYTHONHASHSEED", None)
    line = Line(socket.socket(fileno=int(sys.argv[1])))
    with suppress(Closed, OSError):
        try:
            _serve(line)
        except (ValueError, RuntimeError, ArithmeticError) as error:
            line.send({"says": "failed", "reason": describe(error)})


def _serve(line: Line) -> None:
    with ExitStack() as stack:
        questions = validated(QUESTIONS, line.receive(longest=LONGEST))
        implementations, workloads = questions.found_here(stack)
        line.send({"says": "ready"})
        while True:
            try:
                asked = validated(ASKED, line.receive(IDLE_SECONDS, LONGEST))
            except Silent:
                return
            began, began_cpu = perf_counter(), process_time()
            found = judge_chunk(
                implementations,
                workloads,
                asked.chunk,
                questions.seed,
                doing=lambda name: line.send({"says": "doing", "what": name}),
                lost=asked.lost,
            )
            seconds, cpu_seconds = perf_counter() - began, process_time() - began_cpu
            text = as_json(found).decode()
            line.send({"says": "found", "found": text, "seconds": seconds, "cpu_seconds": cpu_seconds}, LONGEST)


if __name__ == "__main__":
    main()
