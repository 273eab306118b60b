"""Observe a process that reads a faulty file: what it writes elsewhere, how long it takes, and what it raises."""

import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from xorbench import places
from xorbench.environment import without_folders

_PACKAGE = f"{Path(places.__file__).parent}{os.sep}"

SECONDS_AT_MOST = 60
"""The time after which the reading of a faulty file is ended."""


class Hung(BaseException):
    """Raised in a reader that has not ended in time."""


def named(error: BaseException) -> str:
    """Return the type of an exception, its message, and the place in this package where it was raised, in one line.

    Of a path only the last part is kept, because a study may not hold names of folders.
    """
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(_PACKAGE)]
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "elsewhere"
    message = without_folders(" ".join(str(error).split()))[:100]
    return "".join(c if c.isprintable() else "?" for c in f"{type(error).__name__} in {place}: {message}")


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Raise Hung inside after so many seconds."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Hung(f"no end within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_watching: list[tuple[Path, Counter[str]]] = []
"""The folder in which files may be written, and where others are noted; empty where nothing is watched."""

_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate")
_STARTS = ("subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.connect", "socket.bind")


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note what an audit event of Python writes outside of the watched folder, or starts; if anything is watched."""
    if not _watching:
        return
    folder, touched = _watching[-1]
    if event in _STARTS:
        touched[event] += 1
    elif event in _CHANGES or (event == "open" and _writes(arguments)):
        path = arguments[0]
        if isinstance(path, (str, bytes, os.PathLike)):
            text = os.fsdecode(path)
            if text != os.devnull and not os.path.abspath(text).startswith(str(folder)):  # noqa: PTH100  no further calls
                touched[f"{event} {os.path.basename(text)}"] += 1  # noqa: PTH119


def _writes(arguments: Sequence[object]) -> bool:
    mode, flags = arguments[1], arguments[2]
    by_mode = isinstance(mode, str) and any(letter in mode for letter in "wax+")
    return by_mode or (isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)))


@contextmanager
def watched(folder: Path, touched: Counter[str]) -> Iterator[None]:
    """Count in `touched` what is written outside of a folder inside this context, and which processes are started.

    A hook stays in the process for good, so this is for processes of a pool.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(watch)
        sys.dont_write_bytecode = True
        _hooked = True
    _watching.append((folder, touched))
    try:
        yield
    finally:
        _watching.pop()


_hooked = False
