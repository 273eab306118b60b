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

from xorbench import descendants, places
from xorbench.affinity import allowed_cpus, set_affinity, started_on
from xorbench.failure import HarnessError, ended
from xorbench.judging.codec import longest_message
from xorbench.judging.questions import ProcessSpec, Question, Reply
from xorbench.judging.trouble import Trouble, all_written, foreign, last_written, shortened
from xorbench.line import Closed, Line
from xorbench.record.report import FAILED
from xorbench.streams import Log

SECONDS_TO_ANSWER = 300.0

SECONDS_BETWEEN_WARNINGS = 30.0
"""The seconds of silence after which an implementation is named, again and again until it is ended."""

SECONDS_TO_END = 10
"""The seconds in which a process that has closed its connection must end."""

STARTING = "starting"
"""The state of a process before it imports the implementation; a failure in it is one of the harness."""


@dataclass(eq=False)
class _Process:
    """One process, the line to it, what it writes to standard error, its unanswered questions, and what it is doing.

    It may use `cpus`. `heard` is the time of its last message, `warnings` the number of warnings since, `replies` that
    of its replies.
    """

    spec: ProcessSpec
    popen: "subprocess.Popen[bytes]"
    line: Line
    log: Log
    unanswered: list[Question[object]]
    cpus: list[int]
    replies: int = 0
    heard: float = 0.0
    doing: str = STARTING
    warnings: int = 0

    @property
    def seconds_until_warning(self) -> float:
        """The seconds of silence until the next warning."""
        return (1 + self.warnings) * SECONDS_BETWEEN_WARNINGS

    def end(self) -> None:
        """End the process and its children."""
        descendants.end(self.popen)

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
def replies_to(
    questions: Mapping[ProcessSpec, Sequence[Question[object]]],
    seconds_to_answer: float = SECONDS_TO_ANSWER,
    say: Callable[[str], object] = lambda _line: None,
    begins: Callable[[ProcessSpec], object] = lambda _spec: None,
) -> Iterator[Iterator[Reply]]:
    """Start a process for each key of `questions`, and yield an iterator of the replies to them as they arrive.

    All processes work at the same time; each imports its framework once. Where one has answered all its questions,
    another one is moved to its CPU, so that no CPU is idle while several processes share another.

    A process of which no complete message arrives for `seconds_to_answer` while its reply is awaited, or an invalid
    one, gets replies without an answer; `say` is called before, with one line that says how long it has been silent.
    `begins` is called where a process begins another part of an answer. All processes are killed at the end of the
    context.

    The iterator raises HarnessError if a process fails where no implementation is at fault.
    """
    cpus = allowed_cpus()
    processes: list[_Process] = []
    try:
        for number, (spec, put) in enumerate(questions.items()):
            turn = number % len(cpus)
            processes.append(_started(spec, put, [*cpus[turn:], *cpus[:turn]]))
        yield _replies(processes, seconds_to_answer, say, begins)
    finally:
        for process in processes:
            process.close()


MAIN = ("-m", "xorbench.judging.process_main")
"""The script that the Python of an implementation runs to answer the questions of the judge."""


def _started(spec: ProcessSpec, questions: Sequence[Question[object]], cpus: Sequence[int]) -> _Process:
    """Start a process on the first of `cpus`, one for each thread.

    What it writes to standard error goes to a log: libraries write there from C++, too, between lines of progress.
    """
    implementation, surroundings = spec.implementation, spec.surroundings
    used = [*cpus[: surroundings.threads]]
    log = Log()
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as job, theirs, started_on(*used):
        asked_of = str(implementation.path.absolute()), implementation.source_sha256
        pickle.dump((*asked_of, [pickle.dumps(question) for question in questions]), job)
        job.seek(0)
        popen = subprocess.Popen(
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
    return _Process(spec, descendants.watch(popen), Line(ours), log, list(questions), used)


def _replies(
    processes: Sequence[_Process],
    seconds_to_answer: float,
    say: Callable[[str], object],
    begins: Callable[[ProcessSpec], object],
) -> Iterator[Reply]:
    waiting = [process for process in processes if process.unanswered]
    with selectors.DefaultSelector() as selector:
        for process in waiting:
            process.heard = time.monotonic()
            selector.register(process.line, selectors.EVENT_READ)
        while waiting:
            until = min(process.heard + min(process.seconds_until_warning, seconds_to_answer) for process in waiting)
            ready = {key.fd for key, _ in selector.select(max(0, until - time.monotonic()))}
            for process in waiting:
                for reply in _heard(process, process.line.fileno() in ready, seconds_to_answer, say, begins):
                    left = time.monotonic()
                    yield reply
                    away = time.monotonic() - left  # the caller's time is no silence of a process
                    for other in waiting:
                        other.heard += away
                if not process.unanswered:
                    selector.unregister(process.line)
            if not all(process.unanswered for process in waiting):
                waiting = [process for process in waiting if process.unanswered]
                _spread(waiting, allowed_cpus())


def _spread(waiting: Sequence[_Process], cpus: Sequence[int]) -> None:
    """Move processes of one CPU each until no two of `cpus` differ by more than one process.

    Of the processes on a CPU, that with the most unanswered questions is moved.
    """
    number = Counter(dict.fromkeys(cpus, 0))
    number.update(cpu for process in waiting for cpu in process.cpus)
    while True:
        most, least = max(cpus, key=number.__getitem__), min(cpus, key=number.__getitem__)
        movable = [process for process in waiting if process.cpus == [most]]
        if number[most] - number[least] < 2 or not movable:
            return
        moved = max(movable, key=lambda process: len(process.unanswered))
        moved.cpus = [least]
        set_affinity(moved.popen.pid, least)
        number.update({most: -1, least: 1})


def _heard(
    process: _Process,
    ready: bool,
    seconds_to_answer: float,
    say: Callable[[str], object],
    begins: Callable[[ProcessSpec], object],
) -> Iterator[Reply]:
    """Yield the replies of one process that are complete, or, where it is lost, replies without an answer to all."""
    try:
        if ready:
            _read(process)
        while process.unanswered and (message := _next(process)) is not None:
            process.heard, process.warnings = time.monotonic(), 0
            if isinstance(message, Reply):
                process.replies += 1
                del process.unanswered[0]
                yield message
            elif message != process.doing:  # the same text again is a sign of life
                process.doing = message
                begins(process.spec)
        silent = time.monotonic() - process.heard
        if process.unanswered and silent >= seconds_to_answer:
            raise _Lost(f"silent for {seconds_to_answer:g} s", _MORE_TIME)
        if process.unanswered and silent >= process.seconds_until_warning:
            process.warnings += 1
            say(
                f"{process.spec.implementation.name} is {process.doing}, silent for {silent:.0f} s; "
                f"it is ended after {seconds_to_answer - silent:.0f} s more"
            )
    except _Lost as lost:
        reason = f"no answer: {lost.why} while {process.doing}{lost.hint}{last_written(process.log)}"
        trouble = Trouble(reason, traceback=all_written(process.log))
        process.end()
        while process.unanswered:
            yield Reply(process.spec, process.unanswered.pop(0), None, trouble)


_MORE_TIME = "; a longer --time-limit of xorbench gradients allows more"


def _read(process: _Process) -> None:
    """Read what has arrived from a process. Raises _Lost where it has closed its end of the line."""
    try:
        process.line.read()
    except (Closed, OSError):
        try:
            how = ended(process.popen.wait(SECONDS_TO_END))
        except subprocess.TimeoutExpired:
            how = f"closed its connection to the judge and did not end within {SECONDS_TO_END} s"
        if process.doing == STARTING:
            raise HarnessError(
                f"the process of the judge for {process.spec.implementation.name} {how} "
                f"before it imported the implementation{last_written(process.log)}"
            ) from None
        raise _Lost(f"its process {how}") from None


def _next(process: _Process) -> Reply | str | None:
    """Return the next reply of a process, or what it is doing; None if no further message is complete.

    Raises _Lost where the message is not valid, and HarnessError where the process failed before it imported the
    implementation.
    """
    from xorbench.judging.messages import Doing, Failed, checked  # with pydantic, which other environments may lack

    question = process.unanswered[0]
    try:
        text = process.line.next(longest_message(question.numbers))
        if text is None:
            return None
        message = checked(text)
        if isinstance(message, Doing):
            return shortened(message.what)
        if isinstance(message, Failed):
            if process.doing == STARTING:
                name = process.spec.implementation.name
                raise HarnessError(f"the process of the judge for {name} failed: {foreign(message.reason)}")
            raise _Lost(f"its process failed with {foreign(message.reason)}")
        if message.question != process.replies:
            raise ValueError(f"a reply to question {message.question}, expected one to {process.replies}")
        trouble = message.trouble
        if trouble and trouble.verdict == FAILED:
            trouble = replace(trouble, traceback=trouble.traceback + all_written(process.log))
        answer = None if message.answer is None else question.received(message.answer)
    except ValueError as error:
        raise _Lost(f"it sent an invalid message: {foreign(str(error))}") from error
    return Reply(process.spec, question, answer, trouble, message.printed)
