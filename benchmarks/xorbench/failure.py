"""Failures that are no verdict on an implementation: of the harness, and of this machine."""

import errno
import signal

from xorbench.streams import in_one_line


class HarnessError(RuntimeError):
    """Raised where the harness or the reference failed; the message says what, in one line.

    The command exits with 3.
    """


def of_system(error: OSError) -> str:
    """Return what the system refused, in one line: the file if it is known, the reason, and what to do about it."""
    file = error.filename2 or error.filename
    parts = [] if file is None or isinstance(file, int) else [str(file)]
    remedy = _REMEDIES.get(error.errno or 0)
    line = ": ".join([*parts, error.strerror or str(error) or type(error).__name__]) + (f"; {remedy}" if remedy else "")
    return in_one_line(" ".join(line.split()))


def ended(code: int) -> str:
    """Return how a process ended, with the name of the signal where one ended it, as in "ended with code -9 (SIGKILL)".

    `code` is the exit code, or the negative number of the signal.
    """
    try:
        name = f" ({signal.Signals(-code).name})" if code < 0 else ""
    except ValueError:  # a real-time signal has no name
        name = ""
    return f"ended with code {code}{name}"


_REMEDIES: dict[int, str] = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT), "make room there, or set TMPDIR and --output to folders with free space"
    ),
    **dict.fromkeys(
        (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR),
        "expected a folder that can be written: set TMPDIR for temporary files, and --output for results",
    ),
    errno.EFBIG: "allow larger files, as with ulimit -f unlimited",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "allow more open files, as with ulimit -n 1024"),
    **dict.fromkeys((errno.ENOMEM, errno.EAGAIN), "end other processes, or allow more with ulimit"),
}
