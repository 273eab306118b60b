"""Standard input, output and error, which a shell may close (`>&-`)."""

import os
import subprocess
import sys


def open_standard_streams() -> None:
    """Open what is closed of standard input, output and error as the null device.

    Else the next file or connection that is opened would have the number of one of them, and `print` would write there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115  until the end


def error_stream() -> int:
    """Return this process's standard error for a child process, or the null device where it is closed."""
    try:
        os.fstat(2)
    except OSError:
        return subprocess.DEVNULL
    return 2
