"""Drivers of short runs for the study of faults, their folders, and the processes and files that they leave."""

import json
import os
import select
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import psutil

from xorbench.contract import REFERENCE
from xorbench.places import IMPLEMENTATIONS
from xorbench.temporary import REMOVE

VICTIM = "victim"
"""The name of the implementation beside the reference, a copy of it."""

LAUNCHES = 3

ROWS = ((REFERENCE, False), (REFERENCE, True), (VICTIM, False))
"""The rows of a launch: an implementation, and whether it is the second copy."""

WORKER, JUDGE, POOL, OTHER = "worker", "judge", "pool", "other"
"""The kinds of processes that a driver starts."""

SECONDS_TO_END = 5.0
"""The time after the end of a driver in which all processes that it started must end, too."""

COMMAND = (sys.executable, "-m", "xorbench.cli")


@dataclass(frozen=True)
class Place:
    """The folders of one or several runs: home, temporary files, cache, output, and the file of the victim.

    The home folder is in the environment of every process of these runs, also of those that are not given the other
    variables of the driver; processes of these runs are recognised by it.
    """

    root: Path

    @cached_property
    def home(self) -> Path:
        """The home folder."""
        return self.root / "home"

    @cached_property
    def temporary(self) -> Path:
        """The folder of temporary files."""
        return self.root / "temporary"

    @cached_property
    def cache(self) -> Path:
        """The folder in which the suite keeps its cache."""
        return self.root / "cache"

    @cached_property
    def output(self) -> Path:
        """The folder of records."""
        return self.root / "output"

    @cached_property
    def victim(self) -> Path:
        """The file of the implementation VICTIM."""
        return self.root / f"{VICTIM}.py"

    def make(self) -> None:
        """Make the folders and write the victim's file, which is a copy of the reference."""
        for folder in (self.home, self.temporary, self.cache, self.output):
            folder.mkdir(exist_ok=True)
        shutil.copyfile(IMPLEMENTATIONS / f"{REFERENCE}.py", self.victim)

    def variables(self) -> dict[str, str]:
        """Return the environment variables of a driver."""
        return os.environ | {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "XDG_CACHE_HOME": str(self.cache),
        }

    def arguments(self, seed: int) -> list[str]:
        """Return the arguments of a short run into the output folder."""
        fixed = ["--quick", f"--launches={LAUNCHES}", "--rounds=12", "--workload=neuron"]
        chosen = [f"--implementation={REFERENCE}", f"--with={self.victim}", f"--output={self.output}"]
        return ["run", *fixed, *chosen, f"--seed={seed}"]

    def processes(self, but: Collection[int] = ()) -> list[psutil.Process]:
        """Return all running processes of these runs, except those whose numbers are in `but`."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                ours = process.pid not in but and process.status() != psutil.STATUS_ZOMBIE
                if ours and process.environ().get("HOME") == str(self.home):
                    found.append(process)
        return found

    def left(self, but: Collection[int] = (), seconds: float | None = None) -> list[str]:
        """Return the names of the processes of these runs that have not ended within `seconds`, and end them.

        Without `seconds` it is SECONDS_TO_END.
        """
        until = time.monotonic() + (SECONDS_TO_END if seconds is None else seconds)
        while (found := self.processes(but)) and time.monotonic() < until:
            time.sleep(0.1)
        names = []
        for process in found:
            with suppress(psutil.Error):
                names.append(process.name())
                process.kill()
        return names

    def files(self) -> set[str]:
        """Return the names of temporary files: those in the temporary folder, and unfinished ones in the output."""
        unfinished = [path for path in self.output.rglob(".*") if path.is_file()] if self.output.is_dir() else []
        there = [*self.temporary.iterdir()] if self.temporary.is_dir() else []
        return {path.name for path in (*there, *unfinished) if path.name not in NO_LEFTOVERS}


NO_LEFTOVERS = ("xorbench.lock", "filler")
"""The names of files that may stay in a temporary folder: the lock of the host, and the file that fills a disk."""


class Driver(Protocol):
    """A driver that performs a run."""

    pid: int

    def ended(self) -> int | None:
        """Return the exit code of the run, the negative number of the signal that ended it, or None while it runs."""

    def kill(self) -> None:
        """End the driver at once."""


START = 'exec "$@"'
"""What a shell does to start a driver."""


class Fresh:
    """A driver that is a process of its own, which a shell starts as `shell` says: with other streams or limits.

    With `piped`, the standard stream of that number, 1 or 2, is a pipe, whose reading end is `reader`.
    """

    def __init__(self, place: Place, command: Sequence[str], shell: str = START, piped: int | None = None) -> None:
        reader, writer = os.pipe()
        self.reader: int | None = reader
        with (place.root / "out.txt").open("ab") as out, (place.root / "err.txt").open("ab") as err:
            self._process = subprocess.Popen(
                ["sh", "-c", shell, "sh", *command],
                cwd=place.root,
                env=place.variables(),
                stdin=subprocess.DEVNULL,
                stdout=writer if piped == 1 else out,
                stderr=writer if piped == 2 else err,
                start_new_session=True,
            )
        os.close(writer)
        self.pid = self._process.pid

    def ended(self) -> int | None:
        """Return the exit code, or None while it runs: see `Driver`."""
        return self._process.poll()

    def kill(self) -> None:
        """End the driver at once."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Close the reading end of the pipe, as a reader does that stops early."""
        if self.reader is not None:
            os.close(self.reader)
            self.reader = None


class Lasting:
    """A driver that performs several runs, one after the other, and whose memory and open files are read after each.

    `memory` and `descriptors` have one number for each finished run, in MiB and as a count. No other driver has its
    `name`.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.name = uuid.uuid4().hex
        self.memory: list[float] = []
        self.descriptors: list[int] = []
        ours, theirs = os.pipe()
        self._answers: int | None = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "xorbench.studies.injection.soak", str(theirs)],
            cwd=place.root,
            env=place.variables(),
            stdin=subprocess.PIPE,
            pass_fds=[theirs],
            text=True,
            start_new_session=True,
        )
        os.close(theirs)
        self.pid = self._process.pid
        self._code: int | None = None

    @property
    def kept(self) -> set[int]:
        """The numbers of the processes that live as long as the driver: its own, and those that clean up after it."""
        found = {self.pid}
        with suppress(psutil.Error):
            for child in psutil.Process(self.pid).children():
                words = child.cmdline()
                if REMOVE in words or "resource_tracker" in " ".join(words):
                    found.add(child.pid)
        return found

    def begin(self, arguments: Sequence[str]) -> None:
        """Begin a run; the last one must have ended."""
        output, error = self.place.root / "out.txt", self.place.root / "err.txt"
        assert self._process.stdin
        job = {"arguments": [*arguments], "output": str(output), "error": str(error)}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        self._code = None

    def ended(self) -> int | None:
        """Return the exit code, or None while it runs: see `Driver`. Memory and open files are noted at the end."""
        ours = self._answers
        if self._code is None and ours is not None and select.select([ours], [], [], 0)[0]:
            answer = os.read(ours, 100)
            if answer:
                self._code = int(answer)
                process = psutil.Process(self.pid)
                self.memory.append(round(process.memory_info().rss / 2**20, 1))
                self.descriptors.append(process.num_fds())
            else:
                self._code = self._process.wait()
        return self._code

    def kill(self) -> None:
        """End the driver at once, if it has not ended."""
        if self.alive:
            self._process.kill()
        with self._process:  # closes the pipe to it, and waits
            pass
        if self._answers is not None:
            os.close(self._answers)
            self._answers = None

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None


@dataclass(frozen=True)
class Started:
    """A process that a driver has started: what kind it is, and which implementation it runs, if any."""

    process: psutil.Process
    kind: str
    implementation: str | None = None


def started(pid: int) -> list[Started]:
    """Return the processes that the driver of number `pid` has started and that have not ended."""
    found = []
    with suppress(psutil.Error):
        for process in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                found.append(_described(process))
    return found


def _described(process: psutil.Process) -> Started:
    words = process.cmdline()
    implementation = next((word.partition("=")[2] for word in words if word.startswith("--implementation=")), None)
    if any(word.startswith("--turns=") for word in words):
        return Started(process, WORKER, implementation)
    if "xorbench.judging.process_main" in words:
        return Started(process, JUDGE)
    if any("spawn_main" in word for word in words):
        return Started(process, POOL)
    return Started(process, OTHER)
