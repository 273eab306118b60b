"""One worker as the driver sees it: a `pytest benchmarks/bench_train.py` of one implementation, and the line to it."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from multiprocessing import Pipe
from typing import Any

from benchmarks import environment
from benchmarks.contract import FOLDER, Implementation

SECONDS_OF_SILENCE = 120
"""How long a worker may say nothing, at its start or in its turn, before it is given up."""

SECONDS_TO_END = 10
"""How long a worker that has closed its line may take to end."""


class Lost(Exception):  # noqa: N818  a state of a worker, not a mistake
    """A worker that ended or fell silent; the message says why in one line."""


class Worker:
    """A fresh process that waits at one end of a pipe: "preparing" and "ready" come out of it, "go" goes in.

    It starts on these CPUs, with as many threads.
    """

    def __init__(self, implementation: Implementation, workloads: Sequence[str], cpus: Sequence[int]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by stop()
        self._line, theirs = Pipe()
        arguments = [
            f"--implementation={implementation.path.stem}",
            *(f"--workload={workload}" for workload in workloads),
            f"--turns={theirs.fileno()}",
        ]
        if implementation.path.parent != FOLDER:
            arguments.append(f"--with={implementation.path.absolute()}")
        interpreter = implementation.interpreter
        with environment.started_on(*cpus), theirs:
            self._process = subprocess.Popen(
                [interpreter.executable, "-m", "pytest", "benchmarks/bench_train.py", *_PYTEST, *arguments],
                cwd=environment.ROOT,
                env=interpreter.variables_with_harness(len(cpus)) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is the driver's: it ends its workers, and keeps what is finished
            )

    def move_to(self, cpus: Sequence[int]) -> None:
        """Let it run on these CPUs from now on."""
        environment.move(self._process.pid, *cpus)

    def tell(self, message: Any) -> None:
        """Say something to it. Raises Lost."""
        try:
            self._line.send(message)
        except OSError as error:
            raise Lost(self._last_words()) from error

    def hear(self) -> Any:
        """What it says next but "preparing", waited for. Raises Lost where it ends first, or is silent for too long."""
        said = "preparing"
        while said == "preparing":
            if not self._line.poll(SECONDS_OF_SILENCE):
                raise Lost(f"silent for {SECONDS_OF_SILENCE} s")
            try:
                said = self._line.recv()
            except (EOFError, OSError) as error:
                raise Lost(self._last_words()) from error
        return said

    def stop(self) -> None:
        """End it and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._line.close()
        self._log.close()

    def _last_words(self) -> str:
        """The last error that pytest printed, else how the process ended; without any path of this machine."""
        try:
            code = self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return "it closed its line to the driver, and did not end"
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        errors = [line[1:].strip() for line in lines if line.startswith("E  ")]
        words = errors[-1] if errors else f"its process ended with code {code}"
        return environment.without_folders(words)


_PYTEST = (
    *("-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider", "--tb=short", "-q", "-x"),
    *("-o", "filterwarnings=default"),  # what a framework warns of is not for the clock to judge
    "--benchmark-disable-gc",
)
