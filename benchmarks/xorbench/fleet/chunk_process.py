"""A process that judges chunks of points for its parent; an implementation that crashes it or hangs fails alone."""

import os
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from xorbench import descendants, places
from xorbench.environment import worker_variables
from xorbench.failure import HarnessError
from xorbench.fleet.chunk_messages import LONGEST, QUESTIONS, Answered, Doing, Failed, Questions, answer
from xorbench.judging.chunks import Chunk, Found, contradiction, of_json
from xorbench.judging.trouble import foreign, last_written
from xorbench.line import Closed, Line, Silent
from xorbench.streams import Log
from xorbench.workloads import named

SECONDS_TO_START = 300.0
"""The time that the process may take until it is ready, on a busy machine with a slow disk."""

SECONDS_BETWEEN_LOOKS = 0.2
"""The time after which it is looked whether the answer is still wanted."""

SECONDS_TO_END = 10.0

ending = threading.Lock()
"""It is held while processes are ended, because `descendants` knows no threads."""


@dataclass(frozen=True)
class Judged:
    """What was found in a chunk, compressed, and the seconds and CPU seconds that it took."""

    document: bytes
    seconds: float
    cpu_seconds: float

    @property
    def found(self) -> Found:
        """What was found. Raises ValueError, in one line, where the document is not valid."""
        unpacked = zlib.decompressobj()
        text = unpacked.decompress(self.document, LONGEST)
        if unpacked.unconsumed_tail:
            raise ValueError(f"it has more than {LONGEST:,} bytes")
        return of_json(text)


class _Ended(Exception):  # noqa: N818  a state of the process, not a mistake
    """Raised where the process has ended or is silent; the message says how."""


class ChunkProcess:
    """A process that answers `questions`, started when it is needed; it ends with this process."""

    def __init__(self, questions: Questions) -> None:
        self.questions = questions
        self._process: subprocess.Popen[bytes] | None = None
        self._doing = ""

    def judged(self, chunk: Chunk, is_wanted: Callable[[], bool] = lambda: True) -> Judged | None:
        """Return what is found in a chunk; None if it is not wanted any more, which ends the process.

        An implementation with which the process ends or is silent for too long fails at all points of the chunk. Raises
        HarnessError if the process fails where no implementation is at fault.
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
        if self._process is not None:
            with ending:
                descendants.end(self._process)
            self._line.close()
            self._log.close()
        self._process = None

    def _start(self) -> None:
        self._log = Log()
        ours, theirs = socket.socketpair()
        self._line = Line(ours)
        with theirs:
            self._process = descendants.watch(
                subprocess.Popen(
                    [
                        *(sys.executable, "-P", "-m", "xorbench.fleet.chunk_main"),
                        *(str(theirs.fileno()), str(os.getpid())),
                    ],
                    cwd=places.no_code(),
                    env=worker_variables() | {"PYTHONHASHSEED": "0"},
                    stdin=subprocess.DEVNULL,
                    stdout=self._log.fileno(),
                    stderr=self._log.fileno(),
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            )
        with suppress(OSError):  # it has ended already, which is seen when it is listened to
            self._line.send(QUESTIONS.dump_python(self.questions), LONGEST)

    def _asked(self, chunk: Chunk, lost: dict[str, str], is_wanted: Callable[[], bool]) -> Judged | None:
        patience = self.questions.seconds_to_answer
        if self._process is None:
            self._start()
            patience += SECONDS_TO_START
        with suppress(OSError):
            self._line.send({"chunk": vars(chunk), "lost": lost}, LONGEST)
        heard = monotonic()
        while True:
            try:
                message = answer(self._line.receive(SECONDS_BETWEEN_LOOKS, LONGEST))
            except Silent:
                if not is_wanted():
                    self.close()
                    return None
                if monotonic() - heard > patience:
                    raise _Ended(f"was silent for {patience:g} s{last_written(self._log)}") from None
                continue
            except (Closed, OSError):
                raise _Ended(f"{self._end()}{last_written(self._log)}") from None
            except ValueError as error:
                raise _Ended(f"sent an invalid message: {foreign(str(error))}") from None
            heard, patience = monotonic(), self.questions.seconds_to_answer
            match message:
                case Doing():
                    self._doing = message.what
                case Failed():
                    self.close()
                    raise HarnessError(f"points can't be judged: {foreign(message.reason)}")
                case Answered():
                    self._must_answer(chunk, message.found)
                    document = zlib.compress(message.found.encode(), 1)
                    return Judged(document, message.seconds, message.cpu_seconds)

    def _must_answer(self, chunk: Chunk, text: str) -> None:
        """Raise _Ended if a document is no result at the points of a chunk: an implementation can send one, too."""
        try:
            workloads = [*map(named, self.questions.workloads)]
            complaint = contradiction(
                of_json(text), [(chunk.first, chunk.end)], self.questions.implementations, workloads
            )
        except ValueError as error:
            complaint = str(error)
        if complaint:
            raise _Ended(f"sent an invalid result: {foreign(complaint)}")

    def _end(self) -> str:
        assert self._process is not None
        try:
            return f"ended with code {self._process.wait(SECONDS_TO_END)}"
        except subprocess.TimeoutExpired:
            return "closed its connection"
