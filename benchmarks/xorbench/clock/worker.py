"""The driver's handle of one worker: a process that runs `pytest benchmark.py` for one implementation."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import asdict

from xorbench import environment, places
from xorbench.clock.line import Closed, Line, Silent
from xorbench.clock.messages import Answers, Ended, Failed, Message, Preparing, Ready, Times, checked, of_rounds
from xorbench.clock.subject import Turn
from xorbench.clock.system_counters import Account, account
from xorbench.contract import Implementation
from xorbench.judging.trouble import last_written, shortened
from xorbench.measures import Measure
from xorbench.places import IMPLEMENTATIONS
from xorbench.streams import Log

BENCHMARK = places.PACKAGE / "clock" / "benchmark.py"

SECONDS_OF_SILENCE = 120.0
"""The time in which a worker must send a message at its start or at the end of a workload."""

SECONDS_TO_END = 10
"""The time in which a worker that has closed its connection must end."""


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
        ours, theirs = socket.socketpair()
        self._line = Line(ours)
        arguments = [
            f"--implementation={implementation.path.stem}",
            *(f"--workload={workload}" for workload in workloads),
            f"--measure={measure}",
            f"--turns={theirs.fileno()}",
            f"--text={implementation.source_sha256}",
        ]
        if implementation.path.parent != IMPLEMENTATIONS:
            arguments.append(f"--with={implementation.path.absolute()}")
        interpreter = implementation.interpreter
        with environment.started_on(*cpus), theirs:
            self._process = subprocess.Popen(
                [interpreter.executable, "-P", "-m", "pytest", str(BENCHMARK), *_PYTEST, *arguments],
                cwd=places.no_code(),
                env=interpreter.variables_with_harness(len(cpus)),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._log.fileno(),
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the driver only, which ends its workers
            )

    def move_to(self, cpus: Sequence[int]) -> None:
        """Move the process to `cpus`."""
        environment.set_affinity(self._process.pid, *cpus)

    def account(self) -> Account | None:
        """Return the system's counters of the process; None where they are not available."""
        return account(self._process.pid)

    def wait_until_ready(self, times: int = 1) -> None:
        """Wait until everything is imported and compiled; each workload may take so many `times` SECONDS_OF_SILENCE."""
        while not isinstance(message := self._hear(times * SECONDS_OF_SILENCE, Preparing, Ready), Ready):
            assert isinstance(message, Preparing)

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
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._line.close()
        self._log.close()

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
            raise Lost(environment.without_folders(shortened(message.reason)))
        if not isinstance(message, expected):
            raise Lost(f"it sent an unexpected message, {message.says!r}")
        return message

    def _why(self) -> str:
        """Return the failure that the worker reported before it closed the connection, else how its process ended."""
        with contextlib.suppress(Closed, Silent, ValueError, OSError):
            while True:
                message = checked(self._line.receive(0))
                if isinstance(message, Failed):
                    return environment.without_folders(shortened(message.reason))
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
        return f"its process ended with code {code}{last_written(self._log)}"


_PYTEST = (
    *("-c", str(BENCHMARK.with_name("pytest.ini")), "--rootdir", str(BENCHMARK.parent)),  # ignores a user's project
    *("--disable-plugin-autoload", "--noconftest", "--import-mode=importlib", "-p", "xorbench.clock.plugin"),
    *("-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider", "--tb=short", "-q", "-x"),
    *("--capture=no", "-p", "no:faulthandler"),  # what a library writes before it aborts is the last line of the log
    "--benchmark-disable-gc",
)
