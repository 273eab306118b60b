"""A reader of the output that stops early, as `head` does, is no failure of the command."""

import subprocess
import sys

import pytest

from tests.command import XORBENCH


@pytest.mark.slow
@pytest.mark.parametrize("lines", [0, 2])
def test_a_closed_pipe_is_0_and_says_nothing(lines: int) -> None:
    with subprocess.Popen([*XORBENCH, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        shown = [done.stdout.readline() for _ in range(lines)]
        done.stdout.close()
        assert all(shown)
        assert done.stderr.read() == ""
    assert done.returncode == 0


def run(statements: str) -> "subprocess.Popen[str]":
    script = f"import sys\nfrom xorbench.streams import guard_output\nguard_output()\n{statements}"
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_what_is_written_after_a_pipe_was_closed_is_dropped_and_the_rest_of_the_work_is_done() -> None:
    work = "for _ in range(9): print('x' * 100_000, flush=True)\nprint('done', file=sys.stderr)\nsys.exit(7)"
    with run(work) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        assert done.stdout.read(3) == "xxx"
        done.stdout.close()
        assert done.stderr.read() == "done\n"
    assert done.returncode == 7


def test_a_closed_standard_error_is_forgiven_too() -> None:
    work = "for _ in range(9): print('x' * 100_000, file=sys.stderr)\nprint('µs')"
    with run(work) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stderr.close()
        assert done.stdout.read() == "µs\n"
    assert done.returncode == 0


def test_streams_of_a_caller_are_left_as_they_are() -> None:
    work = (
        "import io\nfrom contextlib import redirect_stdout\n"
        "with redirect_stdout(io.StringIO()) as text:\n    guard_output()\n    print('kept')\n"
        "print(text.getvalue().upper())"
    )
    with run(work) as done:
        assert done.communicate() == ("KEPT\n\n", "")
