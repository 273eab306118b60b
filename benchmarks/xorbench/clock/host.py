"""The lock of this host: a process that times holds it, so that two measurements do not disturb each other unnoticed.

It is a file in the temporary folder that is locked with `flock`, which the system releases when the process ends for
any reason. The file holds the number and the command line of the process that has the lock, and it is never deleted.
Where the file cannot be opened, or belongs to another user, there is no lock.
"""

import errno
import os
import shlex
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xorbench import progress
from xorbench.environment import without_folders

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]

NAME = "xorbench.lock"

LONGEST = 200
"""The most bytes that are read from the file, and characters that are shown of it."""


class Lock:
    """The lock of the host, which a process may take several times and holds until it has released it as often."""

    def __init__(self, say: Callable[[str], object] = progress.say) -> None:
        self._say = say
        self._taken = 0
        self._file: int | None = None
        self._is_ours = False

    def take(self, wait: bool = False) -> None:
        """Take the lock if it is free, and with `wait` as soon as it is.

        One line says that another measurement runs, or why that is not known.
        """
        self._taken += 1
        if self._taken > 1 or fcntl is None:
            return
        path = Path(tempfile.gettempdir()) / NAME
        try:
            self._file = _opened(path)
            if self._try():
                return
        except OSError as error:
            self._close()
            self._say(
                f"xorbench: {path} can't be locked, so that it is not known whether another measurement runs on this "
                f"machine: {error.strerror}"
            )
            return
        then = "waiting until it has ended" if wait else "both disturb each other, and --wait would wait until it ends"
        self._say(f"xorbench: another measurement runs on this machine{self._whose()}: {then}")
        if wait:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX)
            except BaseException:
                self.release()
                raise
            self._note()

    def release(self) -> None:
        """Release the lock, unless this process took it more often than it has released it."""
        self._taken -= 1
        if not self._taken:
            self._close()

    def is_ours(self) -> bool:
        """Return whether no other measurement runs, as far as it is known; a lock that was freed is taken."""
        if self._file is None:
            return True
        try:
            return self._try()
        except OSError:
            return True

    @contextmanager
    def held(self, wait: bool = False) -> Iterator[None]:
        """Take the lock inside, and release it then."""
        self.take(wait)
        try:
            yield
        finally:
            self.release()

    def _try(self) -> bool:
        """Return whether this process has the lock, which is taken if it is free. Raises OSError if it has none."""
        assert self._file is not None
        if not self._is_ours:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._note()
        return True

    def _note(self) -> None:
        """Note that this process has the lock, for others to read."""
        assert self._file is not None
        self._is_ours = True
        command = without_folders(shlex.join(sys.orig_argv))
        with suppress(OSError):  # a full disk is no reason not to hold the lock
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"process {os.getpid()}, {command}\n".encode(errors="replace")[:LONGEST], 0)

    def _whose(self) -> str:
        """Return what the file says of the process that has the lock, in parentheses; "" where it says nothing."""
        assert self._file is not None
        text = ""
        with suppress(OSError):
            text = os.pread(self._file, LONGEST, 0).decode(errors="replace")
        line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
        return f" ({line})" if line else ""

    def _close(self) -> None:
        if self._file is not None:
            if self._is_ours:
                with suppress(OSError):
                    os.ftruncate(self._file, 0)
            os.close(self._file)
        self._file, self._is_ours = None, False


def _opened(path: Path) -> int:
    """Return the open file, which is made if it is not there.

    Raises OSError if it cannot be opened or is not a plain file of this user with no other name: what is written to it
    must not change another file.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    about = os.fstat(file)
    wrong = None
    if not stat.S_ISREG(about.st_mode):
        wrong = "it is no plain file"
    elif about.st_uid != os.geteuid():
        wrong = "it belongs to another user"
    elif about.st_nlink > 1:
        wrong = "it has another name, too"
    if wrong:
        os.close(file)
        raise OSError(errno.EPERM, f"{wrong}; remove it")
    return file


_lock = Lock()

take, release, is_ours, held = _lock.take, _lock.release, _lock.is_ours, _lock.held
"""The methods of the one lock of this process."""
