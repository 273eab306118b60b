"""Temporary folders that are removed when the process that made them ends, even if it is killed."""

import shutil
import subprocess
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

REMOVE = 'read -r _; rm -rf -- "$1"'
"""The script of a shell: wait until standard input is closed, then remove a folder."""


class Temporary:
    """A new temporary folder with the path `name`; as a context manager it yields this path.

    The folder is removed by `cleanup`, at the end of the context, or at the end of this process. If this process is
    killed by `kill -9`, a shell that was started together with the folder removes it; where no shell can be started,
    the folder remains.
    """

    def __init__(self, inside: Path | None = None) -> None:
        """Make a folder inside another one, or inside that of temporary files. Raises OSError."""
        self.name = tempfile.mkdtemp(prefix="xorbench-", dir=inside)
        self._end = weakref.finalize(self, _removed, self.name, _remover(self.name))

    def __enter__(self) -> str:
        """Return the path of the folder."""
        return self.name

    def __exit__(self, *_about: object) -> None:
        """Remove the folder."""
        self.cleanup()

    def cleanup(self) -> None:
        """Remove the folder with its contents; a second call does nothing."""
        self._end()


def _remover(name: str) -> "subprocess.Popen[bytes] | None":
    """Start a shell that removes a folder when its standard input is closed; return None if none can be started."""
    with suppress(OSError):
        return subprocess.Popen(
            ["sh", "-c", REMOVE, "sh", name],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # signals to all processes of the terminal do not reach it
        )
    return None


def _removed(name: str, remover: "subprocess.Popen[bytes] | None") -> None:
    shutil.rmtree(name, ignore_errors=True)
    if remover is not None:
        remover.kill()  # it has nothing left to do
        remover.communicate()
