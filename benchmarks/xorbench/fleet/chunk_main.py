"""The process that judges chunks of the points of a plan: `python -m xorbench.fleet.chunk_main SOCKET FOLDER`.

SOCKET is the file descriptor of a connected socket, and FOLDER has the plan; the files that travel with it are written
there. The process ends where no chunk comes for IDLE_SECONDS.
"""

import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from time import perf_counter, process_time

from xorbench.failure import HarnessError
from xorbench.fleet import plan as plans
from xorbench.fleet import preflight, units
from xorbench.fleet.chunk_messages import ASKED, LONGEST
from xorbench.judging.chunk_judge import judge_chunk
from xorbench.judging.chunks import as_json
from xorbench.judging.trouble import describe
from xorbench.line import Closed, Line, Silent
from xorbench.messages import validated
from xorbench.streams import guard_output
from xorbench.workloads import named

IDLE_SECONDS = 60.0
"""The seconds without a chunk after which the process ends."""


def main() -> None:
    """Judge chunks until the other end of the socket is closed; what fails in this package is sent as a failure."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client handles Ctrl-C
    descriptor, folder = sys.argv[1:]
    guard_output()
    os.environ.pop("PYTHONHASHSEED", None)
    line = Line(socket.socket(fileno=int(descriptor)))
    with suppress(Closed, OSError):
        try:
            _serve(line, Path(folder))
        except HarnessError as error:
            line.send({"says": "failed", "reason": str(error)})
        except (ValueError, RuntimeError, ArithmeticError) as error:
            line.send({"says": "failed", "reason": describe(error)})


def _serve(line: Line, folder: Path) -> None:
    plan = plans.read(folder / plans.NAME)
    if reasons := preflight.unfit(plan, folder):
        raise HarnessError(preflight.told(reasons))
    implementations, seed = plans.implementations(plan, folder), plan.number("seed", least=0)
    workloads = [named(name) for name in units.workloads(plan)]
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
            seed,
            doing=lambda name: line.send({"says": "doing", "what": name}),
            lost=asked.lost,
        )
        seconds, cpu_seconds = perf_counter() - began, process_time() - began_cpu
        text = as_json(found).decode()
        line.send({"says": "found", "found": text, "seconds": seconds, "cpu_seconds": cpu_seconds}, LONGEST)


if __name__ == "__main__":
    main()
