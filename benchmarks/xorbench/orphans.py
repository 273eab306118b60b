"""Processes whose parent has ended: they are killed, or become children of this process. Linux only."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 1, 36, 37


def end_with_parent(parent: int | None = None) -> None:
    """Make the system kill this process when its parent process ends, for whatever reason. Linux only.

    With the number of its `parent`, it is killed at once if that has ended before.
    """
    if sys.platform == "linux":
        parent = parent or os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended in the meantime
            os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> None:
    """Make every descendant whose parent ends a child of this process, as long as this process lives. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextmanager
def adopting() -> Iterator[None]:
    """Make every descendant whose parent ends in this context a child of this process. Linux only."""
    if sys.platform != "linux":
        yield
        return
    library, before = ctypes.CDLL(None), ctypes.c_int(0)
    library.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    adopt_orphans()
    try:
        yield
    finally:
        library.prctl(_PR_SET_CHILD_SUBREAPER, before.value, 0, 0, 0)
