"""The process of a command: signals at any time, once and several times, and what the system refuses, in one line."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from xorbench.failure import of_system

COMMAND = """
import os, sys
import typer
from xorbench.cli import process
from xorbench.failure import HarnessError

def meet():
    print("ready", flush=True)
    sys.stdin.readline()

def command():
    {body}

def load():
    {before}
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    return app

process.run(load, "xorbench")
"""


def started(body: str = "pass", before: str = "pass") -> "subprocess.Popen[str]":
    """A command with this body, in a process of its own; `before` is done while it is loaded."""
    script = COMMAND.format(body=body.replace("\n", "\n    "), before=before)
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def met(process: "subprocess.Popen[str]") -> None:
    """Wait until the command waits."""
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=lambda one: str(one)
)
def test_a_signal_ends_a_command_with_its_code_and_one_line(sent: signal.Signals, code: int) -> None:
    with started("meet()") as process:
        met(process)
        process.send_signal(sent)
        assert process.communicate() == ("", f"xorbench: interrupted by {sent.name}\n")
    assert process.returncode == code


def test_an_error_cannot_change_the_terminal() -> None:
    with started("raise HarnessError('\\x1b[2J\\x07 a\\u009bb')") as process:
        assert process.communicate() == ("", "xorbench: �[2J� a�b\n")
    assert process.returncode == 3


def test_further_signals_do_not_interrupt_the_end_and_the_first_one_sets_the_code() -> None:
    body = "try:\n    meet()\nfinally:\n    meet()\n    print('everything is kept')"
    with started(body) as process:
        met(process)
        process.send_signal(signal.SIGTERM)
        met(process)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            process.send_signal(number)
        assert process.communicate("\n") == ("everything is kept\n", "xorbench: interrupted by SIGTERM\n")
    assert process.returncode == 143


def test_a_signal_while_the_command_is_loaded_ends_it_in_one_line() -> None:
    with started(before="meet()") as process:
        met(process)
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "xorbench: interrupted by SIGINT\n")
    assert process.returncode == 130


def test_a_signal_before_all_signals_are_handled_ends_the_command_in_one_line() -> None:
    raising = "import signal\ninstall = signal.signal\n"
    raising += "signal.signal = lambda number, how: (install(number, how), signal.raise_signal(number))\n"
    done = subprocess.run(
        [sys.executable, "-c", raising + COMMAND.format(body="pass", before="pass")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "xorbench: interrupted by SIGINT\n")


def test_a_signal_while_results_are_written_ends_the_command_when_they_are() -> None:
    with started("process.ignore_signals()\nmeet()\nprint('written')") as process:
        met(process)
        process.send_signal(signal.SIGTERM)
        said = "xorbench: interrupted by SIGTERM while the last results were written\n"
        assert process.communicate("\n") == ("written\n", said)
    assert process.returncode == 143


def test_a_signal_inside_what_may_not_be_interrupted_ends_the_command_behind_it() -> None:
    body = "with process.uninterrupted():\n    meet()\n    print('written', flush=True)\nmeet()\nprint('further')"
    with started(body) as process:
        met(process)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        assert process.communicate("\n\n") == ("written\n", "xorbench: interrupted by SIGTERM\n")
    assert process.returncode == 143
    with started(body) as process:
        met(process)
        assert process.communicate("\n\n") == ("written\nready\nfurther\n", "")
    assert process.returncode == 0


def test_a_command_that_was_interrupted_and_said_so_says_no_more() -> None:
    body = "try:\n    meet()\nexcept KeyboardInterrupt:\n    print('a part')\n    return process.INTERRUPTED"
    with started(body) as process:
        met(process)
        process.send_signal(signal.SIGHUP)
        assert process.communicate() == ("a part\n", "")
    assert process.returncode == 129


def test_a_signal_that_is_ignored_as_under_nohup_stays_ignored() -> None:
    with started("import signal\nsignal.raise_signal(signal.SIGHUP)\nprint('still here')") as process:
        assert process.communicate()[0] == ""
    assert process.returncode == 129
    call = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *process.args]  # type: ignore[misc]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "still here\n", "")


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        (
            "OSError(28, 'No space left on device', '/full/record.json')",
            3,
            "/full/record.json: No space left on device; ",
        ),
        ("PermissionError(13, 'Permission denied')", 3, "Permission denied; expected a folder that can be written: "),
        ("HarnessError('the reference failed')", 3, "the reference failed"),
        ("typer.BadParameter('expected 1')", 2, "Invalid value: expected 1 (see xorbench --help)"),
        ("KeyboardInterrupt", 130, "interrupted by SIGINT"),
    ],
)
def test_what_ends_a_command_is_one_line(raised: str, code: int, says: str) -> None:
    with started(f"raise {raised}") as process:
        out, err = process.communicate()
    assert (process.returncode, out) == (code, "")
    (line,) = err.splitlines()
    assert line.startswith(f"xorbench: {says}")


def test_what_the_system_refuses_is_told_with_its_file_and_what_to_do() -> None:
    assert of_system(OSError(errno.EFBIG, "File too large", "a.json")) == (
        "a.json: File too large; allow larger files, as with ulimit -f unlimited"
    )
    moved = OSError(errno.ENOSPC, "No space left on device", "a.tmp", None, "a.json")
    assert of_system(moved).startswith("a.json: No space left on device; make room there, or ")
    assert of_system(OSError(errno.EIO, "Input/output error", 3)) == "Input/output error"
    assert of_system(OSError("odd\n\x1b[31mtext")) == "odd �[31mtext"
    assert of_system(TimeoutError()) == "TimeoutError"
    assert of_system(OSError(errno.EMFILE, os.strerror(errno.EMFILE))).endswith("as with ulimit -n 1024")
