"""One process for each implementation: one that raises, exits, hangs or prints does not affect the others."""

import pickle
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Protocol

from xorbench import descendants, places
from xorbench.contract import Contract, Implementation
from xorbench.environment import allowed_cpus, started_on
from xorbench.failure import HarnessError
from xorbench.judging.trouble import Trouble, all_written, last_written
from xorbench.record.report import FAILED
from xorbench.streams import Log

SECONDS_TO_ANSWER = 300.0

SECONDS_BETWEEN_WARNINGS = 30.0
"""The seconds of silence after which an implementation is named, again and again until it is ended."""


class Question(Protocol):
    """A question about an implementation; it is pickled, sent to the process of the implementation, and put there."""

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> Any:
        """Return the answer; call `doing` with a text that says what the implementation is about to be asked.

        The text is part of the error message if the implementation never returns.
        """


if TYPE_CHECKING:
    Line = Connection[Any, Any]


@dataclass(frozen=True)
class Surroundings:
    """The conditions of a process: the seed of Python's hashes, and the number of CPUs and threads it may use."""

    hash_seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class Witness:
    """One process: an implementation in certain surroundings; `place` is the name of these."""

    implementation: Implementation
    place: str = "here"
    surroundings: Surroundings = Surroundings()


@dataclass(frozen=True)
class Reply:
    """The reply of a process to a question.

    `answer` is None if there is none; then `trouble` says why. `printed` is the beginning of what was printed to
    standard output.
    """

    witness: Witness
    question: Question
    answer: Any
    trouble: Trouble | None = None
    printed: str = ""

    @property
    def troubles(self) -> list[Trouble]:
        """Why there is no answer, or what is missing in it."""
        return [found for found in (self.trouble, getattr(self.answer, "trouble", None)) if found]


STARTING = "starting"
"""The state of a process before it imports the implementation; a failure in it is one of the harness."""


@dataclass
class _Hearing:
    """One process, what it writes to standard error, its unanswered questions, what it is doing, and its last message.

    `heard` is when that arrived, `warnings` the number of warnings since.
    """

    witness: Witness
    process: "subprocess.Popen[bytes]"
    log: Log
    unanswered: list[Question]
    heard: float = 0.0
    doing: str = STARTING
    warnings: int = 0

    @property
    def patience(self) -> float:
        """The seconds of silence until the next warning."""
        return (1 + self.warnings) * SECONDS_BETWEEN_WARNINGS


@contextmanager
def asked(
    questions: Mapping[Witness, Sequence[Question]],
    seconds_to_answer: float = SECONDS_TO_ANSWER,
    say: Callable[[str], object] = lambda _line: None,
    begins: Callable[[Witness], object] = lambda _witness: None,
) -> Iterator[Iterator[Reply]]:
    """Start a process for every witness with its questions, and yield an iterator of the replies as they arrive.

    All processes work at the same time; each imports its framework once. A witness that sends nothing for
    `seconds_to_answer` while its reply is awaited gets replies without an answer; `say` is called before, with one line
    that says how long it has been silent. `begins` is called where a witness begins another part of an answer. All
    processes are killed at the end of the context.

    The iterator raises HarnessError if a process fails where no implementation is at fault.
    """
    cpus = allowed_cpus()
    hearings: dict[Line, _Hearing] = {}
    try:
        for number, (witness, put) in enumerate(questions.items()):
            turn = number % len(cpus)
            log = Log()
            connection, process = _started(witness, put, [*cpus[turn:], *cpus[:turn]], log)
            hearings[connection] = _Hearing(witness, process, log, list(put))
        yield _replies(dict(hearings), seconds_to_answer, say, begins)
    finally:
        descendants.end(*(hearing.process for hearing in hearings.values()))
        for connection, hearing in hearings.items():
            hearing.log.close()
            connection.close()


def _started(
    witness: Witness, questions: Sequence[Question], cpus: Sequence[int], log: Log
) -> "tuple[Line, subprocess.Popen[bytes]]":
    """Start a process on the first of `cpus`, one for each thread; return it with the connection for its replies.

    What it writes to standard error goes to `log`: libraries write there from C++, too, which would tear the progress.
    """
    implementation, surroundings = witness.implementation, witness.surroundings
    ours, theirs = Pipe(duplex=False)
    with tempfile.TemporaryFile() as job, theirs, started_on(*cpus[: surroundings.threads]):
        asked_of = str(implementation.path.absolute()), implementation.source_sha256
        pickle.dump((*asked_of, [pickle.dumps(question) for question in questions]), job)
        job.seek(0)
        process = subprocess.Popen(
            [implementation.interpreter.executable, "-P", "-m", "xorbench.judging.process_main", str(theirs.fileno())],
            cwd=places.no_code(),
            env=implementation.interpreter.variables_with_harness(surroundings.threads)
            | {"PYTHONHASHSEED": str(surroundings.hash_seed)},
            stdin=job,
            stdout=subprocess.DEVNULL,
            stderr=log.fileno(),
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return ours, descendants.watch(process)


def _replies(
    hearings: "dict[Line, _Hearing]",
    seconds_to_answer: float,
    say: Callable[[str], object],
    begins: Callable[[Witness], object],
) -> Iterator[Reply]:
    for hearing in hearings.values():
        hearing.heard = time.monotonic()
    while hearings:
        until = min(h.heard + min(h.patience, seconds_to_answer) for h in hearings.values())
        ready = wait(list(hearings), max(0, until - time.monotonic()))
        for connection, hearing in list(hearings.items()):
            silent = time.monotonic() - hearing.heard
            if connection in ready:
                yield from _heard(connection, hearing, begins)
            elif silent >= seconds_to_answer:
                yield from _silence(hearing, f"silent for {seconds_to_answer:g} s", _MORE_TIME)
            elif silent >= hearing.patience:
                hearing.warnings += 1
                say(
                    f"{hearing.witness.implementation.name} is {hearing.doing}, silent for {silent:.0f} s; "
                    f"it is ended after {seconds_to_answer - silent:.0f} s more"
                )
            if not hearing.unanswered:
                del hearings[connection]


def _heard(connection: "Line", hearing: _Hearing, begins: Callable[[Witness], object]) -> Iterator[Reply]:
    try:
        message = connection.recv()
    except EOFError:
        if hearing.doing == STARTING:
            raise HarnessError(
                f"the process of the judge for {hearing.witness.implementation.name} ended with code "
                f"{hearing.process.wait()} before it imported the implementation{last_written(hearing.log)}"
            ) from None
        yield from _silence(hearing, f"its process ended with code {hearing.process.wait()}")
        return
    hearing.heard, hearing.warnings = time.monotonic(), 0
    if isinstance(message, HarnessError):
        raise HarnessError(f"the process of the judge for {hearing.witness.implementation.name} failed: {message}")
    if isinstance(message, str):
        if message != hearing.doing:  # the same text again is a sign of life
            begins(hearing.witness)
        hearing.doing = message
    else:
        answer, trouble, printed = message
        if trouble and trouble.verdict == FAILED:
            trouble = replace(trouble, traceback=trouble.traceback + all_written(hearing.log))
        yield Reply(hearing.witness, hearing.unanswered.pop(0), answer, trouble, printed)


def _silence(hearing: _Hearing, why: str, hint: str = "") -> Iterator[Reply]:
    reason = f"no answer: {why} while {hearing.doing}{hint}{last_written(hearing.log)}"
    trouble = Trouble(reason, traceback=all_written(hearing.log))
    while hearing.unanswered:
        yield Reply(hearing.witness, hearing.unanswered.pop(0), None, trouble)


_MORE_TIME = "; a longer --time-limit of xorbench gradients allows more"
