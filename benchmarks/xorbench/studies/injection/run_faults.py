"""The faults that are injected into real runs: signals, processes, files, folders, disks and streams."""

import fcntl
import resource
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from xorbench.clock import host
from xorbench.studies.injection.drivers import JUDGE, POOL, START, WORKER, Driver, Fresh, Place, Started, started
from xorbench.tables.studies.faults import NO_FAULT

SECONDS_OF_A_PAUSE = 5.0

DRIVER, REFERENCE_PROCESS, ORACLE = "driver", "process of the reference", "process of the true values"
"""Kinds of processes beside those that can be told by their command."""

PAUSES = 0.1
"""The seconds between two looks at a run."""

FULL_BYTES = 8 * 2**20
"""The size of a disk that is filled during a run."""


class NotPossible(Exception):  # noqa: N818  a state of this machine, not a mistake
    """Raised where this machine does not permit a fault; the message says why."""


@dataclass
class Running:
    """A run during which a fault happens: its folders and its driver."""

    place: Place
    driver: Driver
    _timing: bool = False

    def processes(self) -> dict[str, list[Started]]:
        """Return the processes that are running now, the driver's own included, by their kind."""
        there = started(self.driver.pid)
        self._timing |= any(one.kind == WORKER for one in there)
        pool = REFERENCE_PROCESS if self._timing else ORACLE  # the reference's follows the first workers
        found = {DRIVER: [Started(psutil.Process(self.driver.pid), DRIVER)]}
        for one in there:
            found.setdefault(pool if one.kind == POOL else one.kind, []).append(one)
        return found


@dataclass(frozen=True)
class Fault:
    """A fault: what it is called, what is done and to which kind of process, and what may come of it.

    `codes` are the documented exit codes. `own` says whether rows of one implementation may be lost by it, and `every`
    whether those of all may be. `prepare` is called before the start of the run, and `mend` before it is resumed.
    `shell` and `piped` are those of the driver.
    """

    name: str
    codes: tuple[int, ...] = (0,)
    do: Callable[[Running, Started], object] | None = None
    during: str = DRIVER
    own: bool = False
    every: bool = False
    prepare: Callable[[Place, ExitStack], object] | None = None
    mend: Callable[[Place], object] | None = None
    shell: str = START
    piped: int | None = None


def send(number: int) -> Callable[[Running, Started], None]:
    """Return a fault that sends a signal to a process."""
    return lambda _running, target: target.process.send_signal(number)


def pause(running: Running, target: Started) -> None:
    """Stop a process for a while."""
    target.process.suspend()
    until = time.monotonic() + SECONDS_OF_A_PAUSE
    while time.monotonic() < until and running.driver.ended() is None:
        time.sleep(PAUSES)
    with suppress(psutil.NoSuchProcess):
        target.process.resume()


def _remove_output(running: Running, _target: Started) -> None:
    shutil.rmtree(running.place.output, ignore_errors=True)


def _output_is_a_file(running: Running, _target: Started) -> None:
    shutil.rmtree(running.place.output, ignore_errors=True)
    running.place.output.write_text("no folder\n", encoding="utf-8")


def _output_is_a_folder_again(place: Place) -> None:
    if place.output.is_file():
        place.output.unlink()


def _remove_temporary(running: Running, _target: Started) -> None:
    shutil.rmtree(running.place.temporary, ignore_errors=True)


def _remove_cache(running: Running, _target: Started) -> None:
    shutil.rmtree(running.place.cache, ignore_errors=True)


def _delete_victim(running: Running, _target: Started) -> None:
    running.place.victim.unlink()


def _change_victim(running: Running, _target: Started) -> None:
    with running.place.victim.open("a", encoding="utf-8") as file:
        file.write("# changed\n")


def _limit_files(_running: Running, target: Started) -> None:
    if not hasattr(resource, "prlimit"):
        raise NotPossible("the limits of another process cannot be set")
    _, most = resource.prlimit(target.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(target.process.pid, resource.RLIMIT_FSIZE, (4_096, most))


def _own_disk(folder: str, place: Place, stack: ExitStack) -> None:
    """Mount a small file system at a folder of a run."""
    path = getattr(place, folder)
    call = ["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "none", str(path)]
    try:
        subprocess.run(call, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotPossible("mounting a small file system is not permitted") from error
    stack.callback(subprocess.run, ["umount", "--lazy", str(path)], check=False, capture_output=True)


def _fill(folder: str, running: Running, _target: Started) -> None:
    _fill_folder(getattr(running.place, folder))


def _fill_folder(folder: Path) -> None:
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4_096))


def _free(folder: str, place: Place) -> None:
    (getattr(place, folder) / "filler").unlink(missing_ok=True)


def _reader_leaves(running: Running, _target: Started) -> None:
    assert isinstance(running.driver, Fresh)
    running.driver.close()


def _without_temporary(place: Place, _stack: ExitStack) -> None:
    place.temporary.rmdir()


def _full_temporary(place: Place, stack: ExitStack) -> None:
    _own_disk("temporary", place, stack)
    _fill_folder(place.temporary)


def _read_only_temporary(place: Place, stack: ExitStack) -> None:
    _own_disk("temporary", place, stack)
    subprocess.run(["mount", "-o", "remount,ro", str(place.temporary)], check=True, capture_output=True)


def _may_mount(_place: Place, _stack: ExitStack) -> None:
    """Raise NotPossible unless a process may have file systems of its own."""
    try:
        subprocess.run([*shlex.split(_NAMESPACE), "sh", "-c", _NO_MEMORY], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotPossible("mounting in a namespace of its own is not permitted") from error


_NAMESPACE = "unshare --mount"
_NO_MEMORY = "mount -t tmpfs -o ro none /dev/shm"


def _other_measurement(place: Place, stack: ExitStack) -> None:
    """Hold the lock of the host, as another measurement does."""
    lock = stack.enter_context((place.temporary / host.NAME).open("w"))
    fcntl.flock(lock, fcntl.LOCK_EX)


def _full(what: str, folder: str, codes: tuple[int, ...], every: bool = False) -> Fault:
    return Fault(
        f"disk full: {what}",
        codes,
        partial(_fill, folder),
        every=every,
        prepare=partial(_own_disk, folder),
        mend=partial(_free, folder),
    )


UNDISTURBED = Fault(NO_FAULT)

OF_FILES = (
    Fault("the file of an implementation is deleted", (0, 1, 2), _delete_victim, own=True),  # 2: before it is read
    Fault("the file of an implementation is changed", (0, 1), _change_victim, own=True),
)

OF_A_DRIVER = (
    Fault("SIGINT to the driver", (130,), send(signal.SIGINT)),
    Fault("SIGTERM to the driver", (143,), send(signal.SIGTERM)),
    Fault("SIGHUP to the driver", (129,), send(signal.SIGHUP)),
    Fault("SIGKILL to the driver", (-signal.SIGKILL,), send(signal.SIGKILL)),
    Fault("SIGSTOP to the driver, and SIGCONT after 5 s", (0,), pause),
    *OF_FILES,
    Fault("the output folder is removed", (0, 3), _remove_output),
    Fault("the output folder becomes a file", (3,), _output_is_a_file, mend=_output_is_a_folder_again),
    _full("that of the output", "output", (3,)),
    _full("that of temporary files", "temporary", (0, 1, 3), every=True),
    _full("that of the cache", "cache", (0,)),
    Fault("files of the driver end at 4,096 bytes", (3,), _limit_files),
    Fault("the folder of temporary files is removed", (0, 1, 3), _remove_temporary, every=True),
    Fault("the folder of temporary files is missing", (0,), prepare=_without_temporary),
    Fault("the folder of temporary files is read-only", (0,), prepare=_read_only_temporary),
    Fault("the folder of temporary files is full from the beginning", (0,), prepare=_full_temporary),
    Fault(
        "shared memory is read-only",
        prepare=_may_mount,
        shell=f'exec {_NAMESPACE} sh -c \'{_NO_MEMORY} && exec "$@"\' sh "$@"',
    ),
    Fault("another measurement runs", prepare=_other_measurement),
    Fault("64 open files are allowed", shell='ulimit -n 64; exec "$@"'),
    Fault(
        "the terminal has no UTF-8",
        shell='export LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0; exec "$@"',
    ),
    Fault("the cache folder is removed", (0,), _remove_cache),
    Fault("standard output is closed", shell='exec "$@" >&-'),
    Fault("standard error is closed", shell='exec "$@" 2>&-'),
    Fault("standard input, output and error are closed", shell='exec "$@" <&- >&- 2>&-'),
    Fault("standard output is full", (0, 3), shell='exec "$@" >/dev/full'),
    Fault("standard error is full", (0, 3), shell='exec "$@" 2>/dev/full'),
    Fault("the reader of standard output stops", do=_reader_leaves, piped=1),
    Fault("the reader of standard error stops", do=_reader_leaves, piped=2),
)
"""Faults of which each needs a driver of its own."""

OF_PROCESSES = (
    Fault("SIGKILL to a worker", (1,), send(signal.SIGKILL), WORKER, own=True),
    Fault("SIGSEGV to a worker", (1,), send(signal.SIGSEGV), WORKER, own=True),
    Fault("SIGTERM to a worker", (1,), send(signal.SIGTERM), WORKER, own=True),
    Fault("SIGSTOP to a worker", (1,), send(signal.SIGSTOP), WORKER, own=True),
    Fault("SIGSTOP to a worker, and SIGCONT after 5 s", (0,), pause, WORKER),
    Fault("SIGKILL to a process of the judge", (1, 3), send(signal.SIGKILL), JUDGE, own=True),
    Fault("SIGSTOP to a process of the judge, and SIGCONT after 5 s", (0,), pause, JUDGE),
    Fault("SIGKILL to the process of the true values", (3,), send(signal.SIGKILL), ORACLE),
    Fault("SIGSTOP to the process of the true values, and SIGCONT after 5 s", (0,), pause, ORACLE),
    Fault("SIGSTOP to the process of the true values", (3,), send(signal.SIGSTOP), ORACLE),
    Fault("SIGKILL to the reference's process", (0,), send(signal.SIGKILL), REFERENCE_PROCESS),
    Fault("SIGSTOP to the reference's process", (0,), send(signal.SIGSTOP), REFERENCE_PROCESS),
    Fault("SIGSTOP to the reference's process, and SIGCONT after 5 s", (0,), pause, REFERENCE_PROCESS),
    Fault("SIGSTOP to the driver, and SIGCONT after 5 s", (0,), pause),
    *OF_FILES,
)
"""Faults after which the driver goes on; one driver performs all of these runs."""
