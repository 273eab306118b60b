"""One process for each implementation: one that raises, exits, hangs or prints does not affect the others.

What a process sends is not trusted: whatever is no valid message is the failure of that implementation alone.
"""

import pickle
import selectors
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar, cast

from xorbench import descendants, places
from xorbench.contract import Contract, Implementation
from xorbench.environment import allowed_cpus, set_affinity, started_on
from xorbench.failure import HarnessError
from xorbench.judging.codec import longest_message
from xorbench.judging.trouble import Trouble, all_written, foreign, last_written, shortened
from xorbench.line import Closed, Line
from xorbench.record.report import FAILED
from xorbench.streams import Log

SECONDS_TO_ANSWER = 300.0

SECONDS_BETWEEN_WARNINGS = 30.0
"""The seconds of silence after which an implementation is named, again and again until it is ended."""

SECONDS_TO_END = 10
"""The seconds in which a process that has closed its connection must end."""

A = TypeVar("A")
Answer = TypeVar("Answer", covariant=True)


class Question(Protocol[Answer]):
    """A question about an implementation; it is pickled, sent to the process of the implementation, and put there."""

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> Answer:
        """Return the answer; call `doing` with a text that says what the implementation is about to be asked.

        The text is part of the error message if the implementation never returns.
        """

    @property
    def numbers(self) -> int:
        """The most numbers of an answer, which limit the length of the message with it."""

    def received(self, text: str) -> Answer:
        """Return the answer whose text, of `codec.encoded`, the process sent.

        Raises ValueError, in one line, if it is no answer to this question: the process is not trusted.
        """


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
    question: Question[object]
    answer: object
    trouble: Trouble | None = None
    printed: str = ""

    def to(self, question: Question[A]) -> A | None:
        """Return the answer to `question`, which must be the question of this reply; None if there is none."""
        assert question == self.question
        return cast("A | None", self.answer)  # because `question.received` returned it

    @property
    def troubles(self) -> list[Trouble]:
        """Why there is no answer, or what is missing in it."""
        return [found for found in (self.trouble, getattr(self.answer, "trouble", None)) if found]


STARTING = "starting"
"""The state of a process before it imports the implementation; a failure in it is one of the harness."""


@dataclass(eq=False)
class _Hearing:
    """One process, the line to it, what it writes to standard error, its unanswered questions, and what it is doing.

    It may use `cpus`. `heard` is the time of its last message, `warnings` the number of warnings since, `replies` that
    of its replies.
    """

    witness: Witness
    process: "subprocess.Popen[bytes]"
    line: Line
    log: Log
    unanswered: list[Question[object]]
    cpus: list[int]
    replies: int = 0
    heard: float = 0.0
    doing: str = STARTING
    warnings: int = 0

    @property
    def patience(self) -> float:
        """The seconds of silence until the next warning."""
        return (1 + self.warnings) * SECONDS_BETWEEN_WARNINGS

    def end(self) -> None:
        """End the process and its children."""
        descendants.end(self.process)

    def close(self) -> None:
        """End the process, and close the line and the log."""
        self.end()
        self.line.close()
        self.log.close()


class _Lost(Exception):  # noqa: N818  a state of a process, not a mistake
    """Raised where a process will not reply any more; `why` says why, and `hint` what can be done."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


@contextmanager
def asked(
    questions: Mapping[Witness, Sequence[Question[object]]],
    seconds_to_answer: float = SECONDS_TO_ANSWER,
    say: Callable[[str], object] = lambda _line: None,
    begins: Callable[[Witness], object] = lambda _witness: None,
) -> Iterator[Iterator[Reply]]:
    """Start a process for every witness with its questions, and yield an iterator of the replies as they arrive.

    All processes work at the same time; each imports its framework once. Where one has answered all its questions,
    another one is moved to its CPU, so that no CPU is idle while several processes share another.

    A witness of which no complete message arrives for `seconds_to_answer` while its reply is awaited, or an invalid
    one, gets replies without an answer; `say` is called before, with one line that says how long it has been silent.
    `begins` is called where a witness begins another part of an answer. All processes are killed at the end of the
    context.

    The iterator raises HarnessError if a process fails where no implementation is at fault.
    """
    cpus = allowed_cpus()
    hearings: list[_Hearing] = []
    try:
        for number, (witness, put) in enumerate(questions.items()):
            turn = number % len(cpus)
            hearings.append(_started(witness, put, [*cpus[turn:], *cpus[:turn]]))
        yield _replies(hearings, seconds_to_answer, say, begins)
    finally:
        for hearing in hearings:
            hearing.close()


MAIN = ("-m", "xorbench.judging.process_main")
"""The script that the Python of an implementation runs to answer the questions of the judge."""


def _started(witness: Witness, questions: Sequence[Question[object]], cpus: Sequence[int]) -> _Hearing:
    """Start a process on the first of `cpus`, one for each thread.

    What it writes to standard error goes to a log: libraries write there from C++, too, which would tear the progress.
    """
    implementation, surroundings = witness.implementation, witness.surroundings
    used = [*cpus[: surroundings.threads]]
    log = Log()
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as job, theirs, started_on(*used):
        asked_of = str(implementation.path.absolute()), implementation.source_sha256
        pickle.dump((*asked_of, [pickle.dumps(question) for question in questions]), job)
        job.seek(0)
        process = subprocess.Popen(
            [implementation.interpreter.executable, "-P", *MAIN, str(theirs.fileno())],
            cwd=places.no_code(),
            env=implementation.interpreter.variables_with_harness(surroundings.threads)
            | {"PYTHONHASHSEED": str(surroundings.hash_seed)},
            stdin=job,
            stdout=subprocess.DEVNULL,
            stderr=log.fileno(),
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return _Hearing(witness, descendants.watch(process), Line(ours), log, list(questions), used)


def _replies(
    hearings: Sequence[_Hearing],
    seconds_to_answer: float,
    say: Callable[[str], object],
    begins: Callable[[Witness], object],
) -> Iterator[Reply]:
    waiting = [hearing for hearing in hearings if hearing.unanswered]
    with selectors.DefaultSelector() as selector:
        for hearing in waiting:
            hearing.heard = time.monotonic()
            selector.register(hearing.line, selectors.EVENT_READ)
        while waiting:
            until = min(hearing.heard + min(hearing.patience, seconds_to_answer) for hearing in waiting)
            ready = {key.fd for key, _ in selector.select(max(0, until - time.monotonic()))}
            for hearing in waiting:
                for reply in _heard(hearing, hearing.line.fileno() in ready, seconds_to_answer, say, begins):
                    left = time.monotonic()
                    yield reply
                    away = time.monotonic() - left  # nobody was silent while nobody listened
                    for other in waiting:
                        other.heard += away
                if not hearing.unanswered:
                    selector.unregister(hearing.line)
            if not all(hearing.unanswered for hearing in waiting):
                waiting = [hearing for hearing in waiting if hearing.unanswered]
                _spread(waiting, allowed_cpus())


def _spread(waiting: Sequence[_Hearing], cpus: Sequence[int]) -> None:
    """Move processes of one CPU each until no two of `cpus` differ by more than one process.

    Of the processes on a CPU, that with the most unanswered questions is moved.
    """
    number = Counter(dict.fromkeys(cpus, 0))
    number.update(cpu for hearing in waiting for cpu in hearing.cpus)
    while True:
        most, least = max(cpus, key=number.__getitem__), min(cpus, key=number.__getitem__)
        movable = [hearing for hearing in waiting if hearing.cpus == [most]]
        if number[most] - number[least] < 2 or not movable:
            return
        moved = max(movable, key=lambda hearing: len(hearing.unanswered))
        moved.cpus = [least]
        set_affinity(moved.process.pid, least)
        number.update({most: -1, least: 1})


def _heard(
    hearing: _Hearing,
    ready: bool,
    seconds_to_answer: float,
    say: Callable[[str], object],
    begins: Callable[[Witness], object],
) -> Iterator[Reply]:
    """Yield the replies of one process that are complete, or, where it is lost, replies without an answer to all."""
    try:
        if ready:
            _read(hearing)
        while hearing.unanswered and (message := _next(hearing)) is not None:
            hearing.heard, hearing.warnings = time.monotonic(), 0
            if isinstance(message, Reply):
                hearing.replies += 1
                del hearing.unanswered[0]
                yield message
            elif message != hearing.doing:  # the same text again is a sign of life
                hearing.doing = message
                begins(hearing.witness)
        silent = time.monotonic() - hearing.heard
        if hearing.unanswered and silent >= seconds_to_answer:
            raise _Lost(f"silent for {seconds_to_answer:g} s", _MORE_TIME)
        if hearing.unanswered and silent >= hearing.patience:
            hearing.warnings += 1
            say(
                f"{hearing.witness.implementation.name} is {hearing.doing}, silent for {silent:.0f} s; "
                f"it is ended after {seconds_to_answer - silent:.0f} s more"
            )
    except _Lost as lost:
        reason = f"no answer: {lost.why} while {hearing.doing}{lost.hint}{last_written(hearing.log)}"
        trouble = Trouble(reason, traceback=all_written(hearing.log))
        hearing.end()
        while hearing.unanswered:
            yield Reply(hearing.witness, hearing.unanswered.pop(0), None, trouble)


_MORE_TIME = "; a longer --time-limit of xorbench gradients allows more"


def _read(hearing: _Hearing) -> None:
    """Read what has arrived from a process. Raises _Lost where it has closed its end of the line."""
    try:
        hearing.line.read()
    except (Closed, OSError):
        try:
            ended = f"ended with code {hearing.process.wait(SECONDS_TO_END)}"
        except subprocess.TimeoutExpired:
            ended = f"closed its connection to the judge and did not end within {SECONDS_TO_END} s"
        if hearing.doing == STARTING:
            raise HarnessError(
                f"the process of the judge for {hearing.witness.implementation.name} {ended} "
                f"before it imported the implementation{last_written(hearing.log)}"
            ) from None
        raise _Lost(f"its process {ended}") from None


def _next(hearing: _Hearing) -> Reply | str | None:
    """Return the next reply of a process, or what it is doing; None if no further message is complete.

    Raises _Lost where the message is not valid, and HarnessError where the process failed before it imported the
    implementation.
    """
    from xorbench.judging.messages import Doing, Failed, checked  # with pydantic, which other environments may lack

    question = hearing.unanswered[0]
    try:
        text = hearing.line.next(longest_message(question.numbers))
        if text is None:
            return None
        message = checked(text)
        if isinstance(message, Doing):
            return shortened(message.what)
        if isinstance(message, Failed):
            if hearing.doing == STARTING:
                name = hearing.witness.implementation.name
                raise HarnessError(f"the process of the judge for {name} failed: {foreign(message.reason)}")
            raise _Lost(f"its process failed with {foreign(message.reason)}")
        if message.question != hearing.replies:
            raise ValueError(f"a reply to question {message.question}, expected one to {hearing.replies}")
        trouble = message.trouble
        if trouble and trouble.verdict == FAILED:
            trouble = replace(trouble, traceback=trouble.traceback + all_written(hearing.log))
        answer = None if message.answer is None else question.received(message.answer)
    except ValueError as error:
        raise _Lost(f"it sent an invalid message: {foreign(str(error))}") from error
    return Reply(hearing.witness, question, answer, trouble, message.printed)
