"""A scheduler of Dask, its workers and its clients as processes on loopback, for a study and for tests."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from xorbench import places
from xorbench.fleet.dask_cluster import SETTINGS

Process = subprocess.Popen[str]

SECONDS_TO_END = 60.0

BYTES_OF_A_PIPE = 2**20
"""What a process may write that is not read until it ends: enough for its log."""


class Cluster:
    """A scheduler and workers; everything that is started is ended with `stack`, with all that it has started.

    `folder` is the temporary folder and has the caches of all these processes, by which they are known. `paths` are
    further folders of modules.
    """

    def __init__(self, stack: ExitStack, folder: Path, paths: Sequence[Path] = ()) -> None:
        self._stack = stack
        self.folder = folder
        self.variables = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, [places.PACKAGE.parent, *paths])),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "DASK_TEMPORARY_DIRECTORY": str(folder / "dask"),
            "TMPDIR": str(folder),
            **{"DASK_" + key.upper().replace(".", "__").replace("-", "_"): str(SETTINGS[key]) for key in SETTINGS},
        }
        self.processes: list[Process] = []
        self.address = ""
        self.scheduler = self.start_scheduler()

    def start_scheduler(self) -> Process:
        """Start the scheduler, again at the same port if there was one, and return it when it listens."""
        port = self.address.rpartition(":")[2] or "0"
        options = ("--host", "127.0.0.1", "--port", port, "--no-dashboard", "--no-show")
        self.scheduler = self.started([*_program("scheduler"), *options], errors=subprocess.STDOUT)
        self.address = said(self.scheduler, r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)")
        return self.scheduler

    def start_worker(self, *options: str, host: str = "127.0.0.1", **variables: str) -> Process:
        """Start a worker with one thread, by default under a nanny, and return its first process when it is there."""
        given = ("--nthreads", "1", "--no-dashboard", "--host", host, *options)
        worker = self.started([*_program("worker"), self.address, *given], variables, subprocess.STDOUT)
        said(worker, r"Registered to:\s+(\S+)")
        return worker

    def started(
        self, command: Sequence[str], variables: Mapping[str, str] | None = None, errors: int = subprocess.PIPE
    ) -> Process:
        """Start a process in a session of its own, which ends with this process, and return it."""
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "xorbench.fleet.tethered", str(os.getpid()), "", *command],
            cwd=self.folder,
            env={**self.variables, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
            pipesize=BYTES_OF_A_PIPE,
        )
        self.processes.append(process)
        return self._stack.enter_context(_ended(process))

    def orphans(self) -> list[psutil.Process]:
        """Return the processes that came from those of the cluster and are below none of them that is alive."""
        live = [process.pid for process in self.processes if process.poll() is None]
        known = {*live}
        for number in live:
            with suppress(psutil.NoSuchProcess):
                known |= {child.pid for child in psutil.Process(number).children(recursive=True)}
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                is_ours = process.environ().get("TMPDIR") == str(self.folder)
                if is_ours and process.pid not in known and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


def _program(name: str) -> tuple[str, ...]:
    return sys.executable, "-m", f"distributed.cli.dask_{name}"


@contextmanager
def _ended(process: Process) -> Iterator[Process]:
    """Yield a process, and end it and all that it has started."""
    try:
        yield process
    finally:
        below = []
        with suppress(psutil.NoSuchProcess):
            below = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for one in below:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(below, timeout=SECONDS_TO_END)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def said(process: Process, pattern: str, to_errors: bool = False) -> str:
    """Return the first group of a pattern, as soon as a process has written a line that it matches.

    The line is one of standard output, or of standard error. Raises RuntimeError if the process ends before.
    """
    stream = process.stderr if to_errors else process.stdout
    assert stream
    lines = []
    for line in stream:
        lines.append(line)
        if found := re.search(pattern, line):
            return found[1]
    raise RuntimeError(f"a process ended without saying {pattern}: {''.join(lines[-20:])}")


def worker_of(nanny: Process) -> psutil.Process:
    """Return the worker process under a nanny."""
    (found,) = (one for one in psutil.Process(nanny.pid).children() if "spawn_main" in " ".join(one.cmdline()))
    return found
