"""A part of a plan on the host that measures it: a subprocess of this process, whose results are kept under a key.

The key is made of the host, the plan, the call of the client and the part. A part that is finished is never measured
again under its key, and one that was interrupted goes on from its journal.
"""

import fcntl
import json
import os
import select
import shlex
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from xorbench import environment
from xorbench.fleet import cache, tethered, units
from xorbench.fleet import plan as plans
from xorbench.fleet.aside import all_cpus, aside
from xorbench.fleet.plan import FleetPlan
from xorbench.fleet.tethered import SECONDS_BETWEEN_LOOKS
from xorbench.record import store

FINISHED = (0, 1)
"""The exit codes of a command that has written its records."""

HOSTS = "hosts"
"""The folder of the folders of plans of which a host measures parts."""

LONGEST_LOG = 100_000
"""The most bytes of a log that are sent to the client: its end."""


@dataclass(frozen=True)
class Order:
    """A part of a plan, by its number, that a host is to measure for a call of the client.

    `call` tells the calls of one plan apart, and `host` is the scheduler's name of the host.
    """

    plan: FleetPlan
    part: int
    call: str
    host: str

    @property
    def host_key(self) -> str:
        """The name of this host in names of folders and files: a hash, from which the host is not known."""
        return environment.host(self.host)

    @property
    def folder(self) -> Path:
        """The folder of the part on this host."""
        return folder(self.plan.sha256) / self.call / self.host_key / str(self.part)

    @property
    def output(self) -> Path:
        """The folder of the records of the part on this host."""
        return self.folder / "output"


Command = Callable[[Order], list[str]]
"""A function that returns the command that measures a part, or continues it with --resume, if it is not finished.

Its first word is the path of a program.
"""


def command(order: Order) -> list[str]:
    """Return the command of this package that measures a part of the plan in the folder of the part."""
    plan = order.plan
    words = [plan.kind, f"--plan={order.folder / plans.NAME}", f"--part={plan.named(order.part)}"]
    return [sys.executable, "-P", "-m", "xorbench", *words, f"--output={order.output}"]


@dataclass(frozen=True)
class Result:
    """The result of a part on its host: the exit code of its command, its compressed files by path, and its log."""

    part: int
    host_key: str
    code: int
    files: dict[str, bytes]
    log: str

    def is_finished(self, plan: FleetPlan) -> bool:
        """Return whether the command has measured this part of a plan: it says so, and its records are there.

        A command that ends with an exception has the exit code 1, too, and writes no record.
        """
        return self.code in FINISHED and len(self.files) >= len(units.shares(plan, self.part))


def folder(plan_sha256: str) -> Path:
    """Return the folder of the parts of a plan on this host."""
    return cache.folder(HOSTS) / plan_sha256


def forget(plan_sha256: str, call: str) -> None:
    """Remove what is kept of a call on this host, which the client has now."""
    of_plan = folder(plan_sha256)
    shutil.rmtree(of_plan / call, ignore_errors=True)
    with suppress(OSError):  # there is another call
        of_plan.rmdir()


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
    folder(order.plan.sha256).touch()  # it is in use
    cache.remove_old(HOSTS)
    with _locked(place / "lock", is_wanted) as lock:
        if lock is None:
            return None
        finished = place / "finished.json"
        if finished.exists():
            return _left(order, json.loads(finished.read_bytes())["code"])
        order.output.mkdir(exist_ok=True)
        plans.write(order.plan, place / plans.NAME)
        code = _run([*command(order), "--wait", "--resume"], place / "log.txt", lock, heard, is_wanted)
        if code is None:
            return None
        left = _left(order, code)
        if left.is_finished(order.plan):
            store.write_whole(finished, json.dumps({"code": code}), new=True)
        return left


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
    files = {
        path.relative_to(order.output).as_posix(): zlib.compress(path.read_bytes())
        for path in store.paths(order.output)
    }
    log = (order.folder / "log.txt").read_bytes()[-LONGEST_LOG:].decode(errors="replace")
    return Result(order.part, order.host_key, code, files, log)


def _run(
    command: list[str],
    log: Path,
    lock: int,
    heard: Callable[[str], object],
    is_wanted: Callable[[], bool],
) -> int | None:
    """Return the exit code of a command, whose output goes to a log; None if it was ended because it isn't wanted."""
    reading, writing = os.pipe()
    with log.open("ab") as written, os.fdopen(reading, "rb", 0) as lines:
        written.write(f"$ {shlex.join(command)}\n".encode())
        written.flush()
        try:
            process = tethered.started(
                command,
                environment.driver_variables(),
                output=written.fileno(),
                errors=writing,
                passed=lock,
                cpus=all_cpus(),
            )
        finally:
            os.close(writing)
        try:
            with aside():
                text = b""
                while True:
                    if select.select([lines], [], [], SECONDS_BETWEEN_LOOKS)[0]:
                        read = lines.read(2**16)
                        if not read:
                            return process.wait()
                        written.write(read)
                        written.flush()
                        *whole, text = (text + read).split(b"\n")
                        for line in whole:
                            heard(line.decode(errors="replace"))
                    elif (code := process.poll()) is not None:  # what it has started may have its standard error open
                        return code
                    if not is_wanted():
                        return None
        finally:
            tethered.end(process)
