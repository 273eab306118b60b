"""Temporary folders that are removed when the process that made them has ended, also where it was killed."""

import shutil
import subprocess
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

REMOVE = 'read -r _; rm -rf -- "$1"'
"""What a shell does to remove a folder when its standard input ends."""


class Temporary:
    """A new temporary folder with a `name`, as a context manager.

    It is removed by `cleanup`, which the end of the context calls, or at the end of this process. After `kill -9` of
    this process a shell removes it, which waits for that from the beginning; where no shell can be started, it stays.
    """

    def __init__(self, inside: Path | None = None) -> None:
        """Make a folder inside another one, or inside that of temporary files. Raises OSError."""
        self.name = tempfile.mkdtemp(prefix="xorbench-", dir=inside)
        self._end = weakref.finalize(self, _removed, self.name, _remover(self.name))

    def __enter__(self) -> str:
        """Return the name of the folder."""
        return self.name

    def __exit__(self, *_about: object) -> None:
        """Remove the folder."""
        self.cleanup()

    def cleanup(self) -> None:
        """Remove the folder and all that is in it; a second call does nothing."""
        self._end()


def _remover(name: str) -> "subprocess.Popen[bytes] | None":
    """Return a shell that removes a folder when this process has ended, or closes the line to it; None without one."""
    with suppress(OSError):
        return subprocess.Popen(
            ["sh", "-c", REMOVE, "sh", name],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what ends the other processes of a terminal does not end it
        )
    return None


def _removed(name: str, remover: "subprocess.Popen[bytes] | None") -> None:
    shutil.rmtree(name, ignore_errors=True)
    if remover is not None:
        remover.kill()  # it has nothing left to do
        remover.communicate()
