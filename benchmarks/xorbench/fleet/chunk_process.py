"""A process that judges chunks of points for its parent; an implementation that crashes it or hangs fails alone."""

import socket
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from xorbench.environment import worker_variables
from xorbench.failure import HarnessError, ended
from xorbench.fleet import plan as plans
from xorbench.fleet import tethered, units
from xorbench.fleet.chunk_messages import LONGEST, Answered, Doing, Failed, answer
from xorbench.fleet.compression import decompressed
from xorbench.fleet.plan import FleetPlan
from xorbench.fleet.tethered import SECONDS_BETWEEN_LOOKS
from xorbench.judging.chunks import Chunk, Found, contradiction, of_json
from xorbench.judging.processes import SECONDS_TO_ANSWER
from xorbench.judging.trouble import foreign, last_written
from xorbench.line import Closed, Line, Silent
from xorbench.streams import Log
from xorbench.temporary import Temporary
from xorbench.workloads import named

SECONDS_TO_START = 300.0
"""The time that the process may take until it is ready, on a busy machine with a slow disk."""

SECONDS_TO_END = 10.0
"""The time in which a process that has closed its connection must end."""


@dataclass(frozen=True)
class Judged:
    """The result of a chunk, compressed, and the seconds and CPU seconds that it took."""

    document: bytes
    seconds: float
    cpu_seconds: float

    @property
    def found(self) -> Found:
        """The result, decompressed. Raises ValueError, in one line, if the document is not valid."""
        return of_json(decompressed(self.document, LONGEST))


class _Ended(Exception):  # noqa: N818  a state of the process, not a mistake
    """Raised if the process has ended or is silent; the message says which, and how."""


class ChunkProcess:
    """A process that judges chunks of the points of a plan, started when it is needed; it ends with this process.

    An implementation that gives no sign for `seconds_to_answer` is ended.
    """

    def __init__(self, plan: FleetPlan, seconds_to_answer: float = SECONDS_TO_ANSWER) -> None:
        self.plan = plan
        self.seconds_to_answer = seconds_to_answer
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = ExitStack()
        """The stack of callbacks that end the process and remove its folder and open files, called by `close`."""
        self._doing = ""

    def judged(self, chunk: Chunk, is_wanted: Callable[[], bool] = lambda: True) -> Judged | None:
        """Return what is found in a chunk; None if it is not wanted any more, which ends the process.

        An implementation with which the process ends or is silent for too long fails at all points of the chunk. Raises
        HarnessError if the process fails where no implementation is at fault, and OSError.
        """
        lost: dict[str, str] = {}
        was_used = self._process is not None
        while True:
            try:
                return self._asked(chunk, lost, is_wanted)
            except _Ended as why:
                self.close()
                if self._doing:
                    lost[self._doing] = f"no answer: its process {why}"
                elif not was_used:  # else it may have ended because it was not used for long
                    raise HarnessError(f"a process that judges points {why}") from None
                was_used, self._doing = False, ""

    def close(self) -> None:
        """End the process and all that it has started, if it is there."""
        self._ending.close()
        self._process = None

    def _start(self) -> None:
        """Start the process. Where that fails, nothing is left of what was made for it."""
        with ExitStack() as ending:
            # This process removes the folder, because that one is killed.
            folder = ending.enter_context(Temporary())
            plans.write(self.plan, Path(folder) / plans.NAME)
            self._log = ending.enter_context(closing(Log()))
            ours, theirs = socket.socketpair()
            self._line = ending.enter_context(closing(Line(ours)))
            with theirs:
                self._process = tethered.started(
                    [sys.executable, "-P", "-m", "xorbench.fleet.chunk_main", str(theirs.fileno()), folder],
                    worker_variables() | {"PYTHONHASHSEED": "0"},
                    output=self._log.fileno(),
                    errors=self._log.fileno(),
                    passed=theirs.fileno(),
                )
            ending.callback(tethered.end, self._process)
            self._ending = ending.pop_all()

    def _asked(self, chunk: Chunk, lost: dict[str, str], is_wanted: Callable[[], bool]) -> Judged | None:
        patience = self.seconds_to_answer
        if self._process is None:
            self._start()
            patience += SECONDS_TO_START
        with suppress(OSError):
            self._line.send({"chunk": vars(chunk), "lost": lost}, LONGEST)
        heard = monotonic()
        while is_wanted():
            try:
                message = answer(self._line.receive(SECONDS_BETWEEN_LOOKS, LONGEST))
            except Silent:
                if monotonic() - heard > patience:
                    raise _Ended(f"was silent for {patience:g} s{last_written(self._log)}") from None
                continue
            except (Closed, OSError):
                raise _Ended(f"{self._end()}{last_written(self._log)}") from None
            except ValueError as error:
                raise _Ended(f"sent an invalid message: {foreign(str(error))}") from None
            heard, patience = monotonic(), self.seconds_to_answer
            match message:
                case Doing():
                    if message.what and (message.what not in self.plan.implementations or message.what in lost):
                        raise _Ended(f"sent an invalid message: it does not call {foreign(message.what)!r}")
                    self._doing = message.what
                case Failed():
                    self.close()
                    raise HarnessError(f"points can't be judged: {foreign(message.reason)}")
                case Answered():
                    self._must_answer(chunk, message.found)
                    document = zlib.compress(message.found.encode(), 1)
                    return Judged(document, message.seconds, message.cpu_seconds)
        self.close()
        return None

    def _must_answer(self, chunk: Chunk, text: str) -> None:
        """Raise _Ended if a document is no result of a chunk, because an implementation could have sent it."""
        try:
            workloads = [*map(named, units.workloads(self.plan))]
            complaint = contradiction(of_json(text), [(chunk.first, chunk.end)], self.plan.implementations, workloads)
        except ValueError as error:
            complaint = str(error)
        if complaint:
            raise _Ended(f"sent an invalid result: {foreign(complaint)}")

    def _end(self) -> str:
        assert self._process is not None
        try:
            return ended(self._process.wait(SECONDS_TO_END))
        except subprocess.TimeoutExpired:
            return "closed its connection"
