"""What child processes write: a file that blocks nobody."""

import os
import subprocess
import sys

import pytest

from xorbench.streams import TAIL_BYTES, Log, written_to

WRITING = "import sys, time; print('first', flush=True); sys.stdin.read(); print('second')"


def test_reading_does_not_move_where_the_child_writes() -> None:
    log = Log()
    with subprocess.Popen(
        [sys.executable, "-c", WRITING], stdin=subprocess.PIPE, stdout=log.fileno(), text=True
    ) as child:
        while log.lines() != ["first"]:
            assert child.poll() is None
        child.communicate("")
    assert log.lines() == ["first", "second"]
    log.close()


def test_the_last_lines_are_kept_that_say_anything() -> None:
    log = Log()
    os.write(log.fileno(), b"x" * TAIL_BYTES + b"\n\n...\n\xff7\nlast")
    assert [line[-2:] for line in log.lines()] == ["xx", "\ufffd7", "st"]
    assert len(log.lines()[0]) < TAIL_BYTES
    log.close()


def test_processes_write_to_the_log_and_this_one_where_it_did(capfd: pytest.CaptureFixture[str]) -> None:
    log = Log()
    with written_to(log):
        subprocess.run([sys.executable, "-c", "import sys; print(1); print(2, file=sys.stderr)"], check=True)
    print("here")
    assert sorted(log.lines()) == ["1", "2"]
    assert capfd.readouterr() == ("here\n", "")
    log.close()
