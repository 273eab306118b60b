"""The driver's handle of one worker: a process that runs `pytest benchmark.py` for one implementation."""

import contextlib
import socket
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from time import monotonic, sleep

from xorbench import affinity, descendants, environment, places, progress
from xorbench.clock.messages import Answers, Ended, Failed, Message, Preparing, Ready, Times, checked, of_rounds
from xorbench.clock.system_counters import Account, account
from xorbench.clock.timed_implementation import Turn
from xorbench.contract import Implementation
from xorbench.failure import ended
from xorbench.judging.trouble import last_written, shortened
from xorbench.line import Closed, Line, Silent
from xorbench.measures import Measure
from xorbench.streams import Log

BENCHMARK = places.PACKAGE / "clock" / "benchmark.py"

SECONDS_OF_SILENCE = 120.0
"""The time in which a worker must send a message at its start or at the end of a workload."""

SECONDS_TO_END = 10
"""The time in which a worker that has closed its connection must end."""

SECONDS_TO_CLOSE = 60.0
"""The time in which workers that started processes must end after their last message, as programs do."""

SECONDS_OF_HELPERS = 3.0
"""The time in which processes that such workers started must end after them."""


class Lost(Exception):  # noqa: N818  a state of a worker, not a mistake
    """Raised when a worker raised, ended, sent no message in time or sent an invalid one; the message says which."""


class Worker:
    """A fresh process that times `workloads`, and the connection to it. It starts on `cpus`, with as many threads.

    `measure` is what it times. Every method that waits for the process raises Lost.
    """

    def __init__(
        self, implementation: Implementation, workloads: Sequence[str], cpus: Sequence[int], measure: Measure = "epoch"
    ) -> None:
        self._log = Log()
        self._number = len(workloads)
        ours, theirs = socket.socketpair()
        self._line = Line(ours)
        arguments = [
            f"--file={implementation.path.absolute()}",
            *(f"--workload={workload}" for workload in workloads),
            f"--measure={measure}",
            f"--turns={theirs.fileno()}",
            f"--text={implementation.source_sha256}",
        ]
        interpreter = implementation.interpreter
        with affinity.started_on(*cpus), theirs:
            self._process = descendants.watch(
                subprocess.Popen(
                    [interpreter.executable, "-P", "-m", "pytest", str(BENCHMARK), *_PYTEST, *arguments],
                    cwd=places.no_code(),
                    env=interpreter.variables_with_harness(len(cpus)),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=self._log.fileno(),
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C reaches the driver only, which ends its workers
                )
            )

    def move_to(self, cpus: Sequence[int]) -> None:
        """Move the process to `cpus`."""
        affinity.set_affinity(self._process.pid, *cpus)

    def account(self) -> Account | None:
        """Return the system's counters of the process; None where they are not available."""
        return account(self._process.pid)

    def wait_until_ready(self, times: int = 1) -> None:
        """Wait until everything is imported and compiled; each workload may take so many `times` SECONDS_OF_SILENCE."""
        for _ in range(self._number + 1):
            if isinstance(self._hear(times * SECONDS_OF_SILENCE, Preparing, Ready), Ready):
                return
        raise Lost(f"it began to prepare a workload {self._number + 1} times, expected {self._number}")

    def begin(self, rounds: int, epochs: Sequence[int]) -> None:
        """Send the number of rounds of the next workload and the numbers of `epochs` that will be trained; wait."""
        self._tell({"rounds": rounds, "epochs": [*epochs]})
        self._hear(SECONDS_OF_SILENCE, Ready)

    def take_turn(self, turn: Turn, seconds: float) -> list[float | None]:
        """Send a turn, which may take `seconds`, and return the final parameters of its round."""
        self._tell(asdict(turn))
        message = self._hear(seconds, Ended)
        assert isinstance(message, Ended)
        return message.end

    def times(self, rounds: int) -> Times:
        """Return the times and the ledger that the worker sends after the last of `rounds` rounds of a workload."""
        message = self._hear(SECONDS_OF_SILENCE, Times)
        assert isinstance(message, Times)
        try:
            of_rounds(message, rounds)
        except ValueError as error:
            raise Lost(f"it sent invalid times: {error}") from error
        return message

    def answers(self, rows: Sequence[Sequence[float]]) -> list[list[float | None]]:
        """Send the parameters `rows` after the times, and return the gradient, predictions and loss at each of them.

        Without rows, which are (points, entries), the implementation is not called.
        """
        self._tell({"rows": rows})
        message = self._hear(SECONDS_OF_SILENCE, Answers)
        assert isinstance(message, Answers)
        return message.rows

    def stop(self) -> None:
        """End the process and all processes that it started."""
        stop([self])

    def _tell(self, message: dict[str, object]) -> None:
        try:
            self._line.send(message)
        except OSError as error:
            raise Lost(self._why()) from error

    def _hear(self, seconds: float, *expected: type[Message]) -> Message:
        try:
            message = checked(self._line.receive(seconds))
        except Silent as error:
            raise Lost(f"no message within {seconds:.0f} s{last_written(self._log)}") from error
        except ValueError as error:
            raise Lost(f"it sent an invalid message: {shortened(str(error))}") from error
        except (Closed, OSError) as error:
            raise Lost(self._last_words()) from error
        if isinstance(message, Failed):
            raise Lost(_reason(message))
        if not isinstance(message, expected):
            raise Lost(f"it sent an unexpected message, {message.says!r}")
        return message

    def _why(self) -> str:
        """Return the failure that the worker reported before it closed the connection, else how its process ended."""
        with contextlib.suppress(Closed, Silent, ValueError, OSError):
            while True:
                message = checked(self._line.receive(0))
                if isinstance(message, Failed):
                    return _reason(message)
        return self._last_words()

    def _last_words(self) -> str:
        """Return the last error that pytest printed, else how the process ended, without the paths of this machine."""
        try:
            code = self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return f"it closed its connection to the driver but did not end within {SECONDS_TO_END} s"
        errors = [line[1:].strip() for line in self._log.lines() if line.startswith("E  ")]
        if errors:
            return environment.without_folders(shortened(errors[-1]))
        return f"its process {ended(code)}{last_written(self._log)}"


def _reason(message: Failed) -> str:
    return environment.without_folders(shortened(message.reason)) or "it failed, and gave no reason"


def stop(workers: Iterable[Worker]) -> None:
    """End workers and all processes that they started.

    Processes that are left of workers that ended before, and that no worker is known to have started, are ended, too;
    one line names them.
    """
    workers = [*workers]
    if ended := descendants.end(*(worker._process for worker in workers)):
        progress.say(f"xorbench: ended what a process that was lost had left running: {', '.join(ended)}")
    for worker in workers:
        worker._line.close()
        worker._log.close()


def left_running(workers: Mapping[int, Worker]) -> dict[int, list[str]]:
    """Wait for the end of workers that have sent their last message, and of all processes that they started.

    Return the names of the processes that have not ended, by the key of their worker. Workers that started none, or
    whose processes have all ended, are not waited for.
    """
    keys = {worker._process.pid: key for key, worker in workers.items()}
    waiting = {keys[pid]: workers[keys[pid]]._process for pid, found in descendants.started_by(keys).items() if found}
    if not waiting:
        return {}
    until = monotonic() + SECONDS_TO_CLOSE
    for process in waiting.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - monotonic()))
    until = monotonic() + SECONDS_OF_HELPERS
    while True:
        left = descendants.started_by(process.pid for process in waiting.values())
        if not any(left.values()) or monotonic() > until:
            return {keys[pid]: descendants.names(one.name for one in found) for pid, found in left.items() if found}
        sleep(0.01)  # a process that was told to end takes some milliseconds


_PYTEST = (
    *("-c", str(BENCHMARK.with_name("pytest.ini")), "--rootdir", str(BENCHMARK.parent)),  # ignores a user's project
    *("--disable-plugin-autoload", "--noconftest", "--import-mode=importlib", "-p", "xorbench.clock.plugin"),
    *("-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider", "--tb=short", "-q", "-x"),
    *("--capture=no", "-p", "no:faulthandler"),  # what a library writes before it aborts is the last line of the log
    "--benchmark-disable-gc",
)
