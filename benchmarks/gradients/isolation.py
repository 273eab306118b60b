"""Each implementation answers in a process of its own: one that raises, exits, hangs or prints harms nobody else."""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, BinaryIO, Protocol

import numpy as np

from benchmarks.contract import Contract, Implementation, load
from benchmarks.environment import allowed_cpus, for_threads, started_on, without_folders

SECONDS_TO_ANSWER = 300.0


class Question(Protocol):
    """Something to be found out about an implementation; it travels to that one's process, and is put there."""

    def put_to(self, module: Contract, doing: Callable[[str], None]) -> Any:
        """The answer. `doing` tells what is asked of the implementation now, should it never come back."""


@dataclass(frozen=True)
class Surroundings:
    """What a process is started with: the seed of Python's hashes, and how many CPUs and threads it may use."""

    hash_seed: int = 0
    threads: int = 1

    @contextmanager
    def made(self, cpus: Sequence[int]) -> Iterator[None]:
        """Processes started inside have these surroundings, on some of these CPUs."""
        variables = {"PYTHONHASHSEED": str(self.hash_seed), **for_threads(self.threads)}
        before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        try:
            with started_on(*cpus[: self.threads]):
                yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@dataclass(frozen=True)
class Witness:
    """An implementation in certain surroundings, and what to call these: one process."""

    implementation: Implementation
    place: str = "here"
    surroundings: Surroundings = Surroundings()


@dataclass(frozen=True)
class Reply:
    """The answer to a question; None where there is none, and `trouble` says why. `printed` went to standard output."""

    witness: Witness
    question: Question
    answer: Any
    trouble: str | None = None
    printed: str = ""


@dataclass
class _Hearing:
    """One process, what it has still to answer, what it is doing, and when it was last heard."""

    witness: Witness
    process: SpawnProcess
    unanswered: list[Question]
    heard: float = 0.0
    doing: str = "starting"


@contextmanager
def asked(
    questions: Mapping[Witness, Sequence[Question]], seconds_to_answer: float = SECONDS_TO_ANSWER
) -> Iterator[Iterator[Reply]]:
    """Start every witness on its questions; inside are their replies, as they come.

    All witnesses work at the same time; each imports its framework once. One that is silent for `seconds_to_answer`
    while its reply is waited for is ended; all are ended at the end.
    """
    context = multiprocessing.get_context("spawn")
    cpus = allowed_cpus()
    hearings: dict[Connection[Any, Any], _Hearing] = {}
    try:
        for number, (witness, put) in enumerate(questions.items()):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_answer, args=(witness.implementation, put, theirs), daemon=True)
            turn = number % len(cpus)
            with witness.surroundings.made([*cpus[turn:], *cpus[:turn]]):
                process.start()
            theirs.close()
            hearings[ours] = _Hearing(witness, process, list(put))
        yield _replies(dict(hearings), seconds_to_answer)
    finally:
        for hearing in hearings.values():
            hearing.process.kill()
            hearing.process.join()


def _replies(hearings: "dict[Connection[Any, Any], _Hearing]", seconds_to_answer: float) -> Iterator[Reply]:
    for hearing in hearings.values():
        hearing.heard = time.monotonic()
    while hearings:
        patience = min(h.heard for h in hearings.values()) + seconds_to_answer - time.monotonic()
        ready = wait(list(hearings), max(0, patience))
        for connection, hearing in list(hearings.items()):
            if connection in ready:
                yield from _heard(connection, hearing)
            elif time.monotonic() - hearing.heard >= seconds_to_answer:
                yield from _silence(hearing, f"silent for {seconds_to_answer:g} s")
            if not hearing.unanswered:
                del hearings[connection]


def _heard(connection: "Connection[Any, Any]", hearing: _Hearing) -> Iterator[Reply]:
    try:
        message = connection.recv()
    except EOFError:
        hearing.process.join()
        yield from _silence(hearing, f"its process ended with code {hearing.process.exitcode}")
        return
    hearing.heard = time.monotonic()
    if isinstance(message, str):
        hearing.doing = message
    else:
        yield Reply(hearing.witness, hearing.unanswered.pop(0), *message)


def _silence(hearing: _Hearing, why: str) -> Iterator[Reply]:
    while hearing.unanswered:
        trouble = f"no answer: {why} while {hearing.doing}"
        yield Reply(hearing.witness, hearing.unanswered.pop(0), None, trouble)


def _answer(implementation: Implementation, questions: Sequence[Question], connection: "Connection[Any, Any]") -> None:
    """The life of the other process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process
    with ExitStack() as stack:
        printed = stack.enter_context(tempfile.TemporaryFile())
        os.dup2(printed.fileno(), 1)  # standard output is the report's
        module: Contract | None = None
        for question in questions:
            answer, trouble = None, None
            try:
                if module is None:
                    connection.send("importing it")
                    module = load(implementation)
                # Where a sigmoid saturates exp overflows and 1 / inf = 0 is right; what isn't, the judge will see.
                with np.errstate(all="ignore"):
                    answer = question.put_to(module, connection.send)
            except BaseException as error:  # noqa: BLE001  anyone's file may raise anything, SystemExit too
                trouble = describe(error)
            connection.send((answer, trouble, _taken(printed)))


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
