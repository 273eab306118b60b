"""How far it is: plain lines where nobody watches, a live bar on a terminal; never on standard output."""

import os
import pty
import subprocess
import sys

import pytest

from xorbench import progress


def test_plain_lines_say_how_far_and_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.stage("launches", 40) as advance:
        for _ in range(40):
            advance()
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("launches: 4 of 40, about ")
    assert lines[-1] == "launches: 40 of 40, about 0 s left"


def test_a_terminal_gets_a_live_bar() -> None:
    script = "from xorbench import progress\nwith progress.stage('launches', 2) as advance: advance(); advance()"
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", script], stderr=theirs, check=True, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while True:
        try:
            more = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        shown += more
    os.close(ours)
    assert b"launches" in shown
    assert b"2/2" in shown
    assert b"\x1b[" in shown
