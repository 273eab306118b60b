"""Processes end with the process that started them, also when it is killed."""

import os
import signal
import subprocess
import sys

from tests.ended import assert_has_ended


def test_a_process_ends_with_its_parent() -> None:
    child = "from xorbench.orphans import end_with_parent\nend_with_parent()\nprint(1, flush=True)\nwhile True: pass"
    parent = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE, text=True)\n"
        "print(child.pid, child.stdout.readline(), flush=True)\n"
        "child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid, *said = process.stdout.readline().split()
        assert said == ["1"]
        os.kill(int(pid), 0)  # it is there
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert_has_ended(int(pid))
