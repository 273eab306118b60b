"""The end of a process that a test did not start itself."""

from contextlib import suppress

import psutil


def assert_has_ended(pid: int) -> None:
    """Assert that a process ends within 20 s."""
    with suppress(psutil.NoSuchProcess):
        assert psutil.wait_procs([psutil.Process(pid)], timeout=20)[1] == []
