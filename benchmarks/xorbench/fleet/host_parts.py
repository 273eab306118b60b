"""A part of a plan on the host that measures it: a subprocess of this process, whose results are kept under a key.

The key is made of the host, the plan, the call of the client and the part. A part that is finished is never measured
again under its key, and one that was interrupted goes on from its journal.
"""

import fcntl
import hashlib
import json
import os
import platform
import select
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xorbench import descendants, environment, places
from xorbench.fleet.chunk_process import ending
from xorbench.record import store

FINISHED = (0, 1)
"""The exit codes of a command that has written its record."""

USAGE = 2
"""The exit code of a command that there is nothing to continue for."""

SECONDS_BETWEEN_LOOKS = 0.2
"""The time after which it is looked whether the part is still wanted."""

LONGEST_LOG = 100_000
"""The most bytes of a log that are sent to the client: its end."""


class Command(Protocol):
    """A function that returns the command that measures a part of a plan, such as `plan.command`."""

    def __call__(self, plan_path: Path, number: int, output: Path, /) -> list[str]:
        """Return the command, whose first word is the path of a program."""


@dataclass(frozen=True)
class Order:
    """A part of a plan, by its number, that a host is to measure for a call of the client.

    `plan` is the text of the plan, `call` tells the calls of one plan apart, and `host` is the scheduler's name of the
    host.
    """

    plan: str
    plan_sha256: str
    part: int
    call: str
    host: str

    @property
    def host_key(self) -> str:
        """The first digits of the SHA-256 of the names of this host, which do not tell these names."""
        return hashlib.sha256(f"{platform.node()} {self.host}".encode()).hexdigest()[:12]

    @property
    def folder(self) -> Path:
        """The folder of the part on this host."""
        return folder(self.plan_sha256) / self.call / self.host_key / str(self.part)


@dataclass(frozen=True)
class Result:
    """The result of a part on its host: the exit code of its command, its compressed files by path, and its log."""

    part: int
    host_key: str
    code: int
    files: dict[str, bytes]
    log: str


def folder(plan_sha256: str) -> Path:
    """Return the folder of the parts of a plan on this host."""
    return places.user_cache() / "fleet" / plan_sha256


def forget(plan_sha256: str, call: str) -> None:
    """Remove what is kept of a call on this host, which the client has now."""
    shutil.rmtree(folder(plan_sha256) / call, ignore_errors=True)


def measured(
    order: Order,
    command: Command,
    heard: Callable[[str], object] = lambda _line: None,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Result | None:
    """Measure a part, unless it is finished, and return what it has left; None if it is not wanted any more.

    The command ends with this process, which keeps off the CPU that is timed. `heard` is called with each line that the
    command writes to standard error. Raises OSError where the folder of the part can't be written.
    """
    place = order.folder
    place.mkdir(parents=True, exist_ok=True)
    with _locked(place / "lock", is_wanted) as lock:
        if lock is None:
            return None
        finished = place / "finished.json"
        if finished.exists():
            return _left(order, json.loads(finished.read_bytes())["code"])
        code = _performed(order, command, heard, is_wanted, lock)
        if code is None:
            return None
        if code in FINISHED:
            store.write_whole(finished, json.dumps({"code": code}), new=True)
        return _left(order, code)


@contextmanager
def _locked(path: Path, is_wanted: Callable[[], bool]) -> Iterator[int | None]:
    """Yield an open file that is locked, when no other process measures the part; None if it is not wanted any more.

    The command has it open, too, so that a repeated task waits until the command of the first one has ended.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while is_wanted():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                select.select([], [], [], SECONDS_BETWEEN_LOOKS)
                continue
            yield file
            return
        yield None
    finally:
        os.close(file)


def _left(order: Order, code: int) -> Result:
    output = order.folder / "output"
    files = {
        path.relative_to(output).as_posix(): zlib.compress(path.read_bytes()) for path in sorted(store.paths(output))
    }
    log = (order.folder / "log.txt").read_bytes()[-LONGEST_LOG:].decode(errors="replace")
    return Result(order.part, order.host_key, code, files, log)


def _performed(
    order: Order, command: Command, heard: Callable[[str], object], is_wanted: Callable[[], bool], lock: int
) -> int | None:
    """Return the exit code of the command of a part; None if it was ended because it is not wanted any more.

    It continues what an earlier command has begun. Where there is nothing to continue although there are complete
    records, the earlier command has finished.
    """
    place, output = order.folder, order.folder / "output"
    output.mkdir(exist_ok=True)
    store.write_whole(place / "plan.json", order.plan)
    given = [*command(place / "plan.json", order.part, output), "--wait"]
    timed = environment.allowed_cpus()[-1]  # the default of --cpu
    if (place / "begun").exists():
        code = _run([*given, "--resume"], place, lock, timed, heard, is_wanted)
        if code != USAGE:
            return code
        if _holds_complete_records(output):
            return 0
    (place / "begun").touch()
    return _run(given, place, lock, timed, heard, is_wanted)


def _holds_complete_records(output: Path) -> bool:
    records = [store.read(path) for path in store.paths(output)]
    return bool(records) and not any(record.partial for record in records)


def _run(
    command: Sequence[str],
    place: Path,
    lock: int,
    timed_cpu: int,
    heard: Callable[[str], object],
    is_wanted: Callable[[], bool],
) -> int | None:
    """Return the exit code of a command, whose output goes to a log; None if it was ended because it isn't wanted."""
    reading, writing = os.pipe()
    with (place / "log.txt").open("ab") as log, os.fdopen(reading, "rb", 0) as lines:
        log.write(f"$ {' '.join(command[1:])}\n".encode())
        log.flush()
        try:
            process = descendants.watch(
                subprocess.Popen(
                    [sys.executable, "-P", "-m", "xorbench.fleet.tethered", str(os.getpid()), *command],
                    cwd=places.no_code(),
                    env=environment.driver_variables(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=writing,
                    pass_fds=[lock],
                    start_new_session=True,
                )
            )
        finally:
            os.close(writing)
        try:
            with _beside(timed_cpu):
                text = b""
                while True:
                    if select.select([lines], [], [], SECONDS_BETWEEN_LOOKS)[0]:
                        read = lines.read(2**16)
                        if not read:
                            return process.wait()
                        log.write(read)
                        log.flush()
                        *whole, text = (text + read).split(b"\n")
                        for line in whole:
                            heard(line.decode(errors="replace"))
                    elif (code := process.poll()) is not None:  # what it has started may have its standard error open
                        return code
                    if not is_wanted():
                        return None
        finally:
            with ending:
                descendants.end(process)


@contextmanager
def _beside(timed_cpu: int) -> Iterator[None]:
    """Move this process off a CPU inside the context, so that it does not disturb what is timed there. Linux only."""
    allowed = environment.allowed_cpus()
    others = environment.cpus_on_other_cores(timed_cpu) or [cpu for cpu in allowed if cpu != timed_cpu]
    if not others or not hasattr(os, "sched_setaffinity"):
        yield
        return
    environment.set_affinity(os.getpid(), *others)
    try:
        yield
    finally:
        environment.set_affinity(os.getpid(), *allowed)
