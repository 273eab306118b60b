"""Standard streams in any state and encoding; and what child processes write: a file that blocks nobody."""

import ast
import itertools
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import COMMITTED, XORBENCH
from xorbench import places
from xorbench.streams import TAIL_BYTES, Log, in_ascii, written_to

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


def test_a_sign_has_another_in_ascii_and_an_accent_is_left_out() -> None:
    assert in_ascii("1.5 µs – 2 × 3 ± 1…") == "1.5 us - 2 x 3 +/- 1..."
    assert in_ascii("Müller │●━ 10² �\x85") == "Muller |o- 10? ??"


def test_every_sign_that_the_package_prints_has_another_in_ascii() -> None:
    texts = {path.read_text(encoding="utf-8") for path in places.PACKAGE.rglob("*.py")}
    signs = {character for text in texts for character in text if not character.isascii()} - {"�"}
    assert "µ" in signs
    assert [sign for sign in sorted(signs) if "?" in in_ascii(sign)] == []
    of_one = "µ–×●│━"  # those that stand in columns
    assert all(len(in_ascii(sign)) == 1 for sign in of_one)


@given(st.text(st.characters(codec=None), max_size=20), st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_no_text_is_an_error_for_any_encoding(text: str, encoding: str) -> None:
    written = text.encode(encoding, "xorbench in ASCII").decode(encoding)
    assert in_ascii(text).isascii()
    assert in_ascii(text) == text or not text.isascii()
    assert written == "".join(c if is_in(c, encoding) else in_ascii(c) for c in text)


def is_in(character: str, encoding: str) -> bool:
    try:
        return bool(character.encode(encoding))
    except UnicodeEncodeError:
        return False


CLOSED = [" ".join(some) for n in range(1, 4) for some in itertools.combinations(("<&-", ">&-", "2>&-"), n)]


@pytest.mark.parametrize("streams", CLOSED)
def test_what_was_closed_is_open_here_and_in_child_processes_and_no_connection_has_its_number(
    streams: str, tmp_path: Path
) -> None:
    script = (
        "import os, socket, subprocess, sys\nfrom pathlib import Path\n"
        "from xorbench.streams import guard_output, open_standard_streams\n"
        "open_standard_streams(); guard_output()\n"
        "print('\\xb5'); print('\\xb5', file=sys.stderr); sys.stdin.read(0)\n"
        "ends = socket.socketpair()\n"
        "child = [sys.executable, '-c', 'import os; [os.fstat(n) for n in range(3)]']\n"
        "found = min(end.fileno() for end in ends), subprocess.run(child).returncode\n"
        "Path(sys.argv[1]).write_text(repr(found))\n"
    )
    call = ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-c", script, str(tmp_path / "found")]
    done = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=ASCII)
    assert (done.returncode, done.stdout.strip(b"u\n"), done.stderr.strip(b"u\n")) == (0, b"", b"")
    lowest, code = ast.literal_eval((tmp_path / "found").read_text())
    assert lowest > 2
    assert code == 0


ASCII = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""The environment of a terminal without UTF-8."""


def shown(variables: Mapping[str, str], *arguments: str) -> bytes:
    """What the command writes to standard output."""
    done = subprocess.run([*XORBENCH, *arguments], env=variables, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("--table=timings", "--format=md")], ids=["summary", "Markdown"])
def test_a_terminal_without_utf_8_is_shown_the_same_in_ascii(arguments: Sequence[str]) -> None:
    call = ("show", COMMITTED, *arguments)
    whole = shown(os.environ | {"PYTHONUTF8": "1"}, *call).decode()
    assert not whole.isascii()
    assert shown(ASCII, *call).decode("ascii") == in_ascii(whole)
    partly = "".join(c if is_in(c, "latin-1") else in_ascii(c) for c in whole)
    assert shown(os.environ | {"PYTHONIOENCODING": "latin-1"}, *call).decode("latin-1") == partly


def test_a_table_without_utf_8_has_edges_in_ascii_and_whole_columns() -> None:
    lines = shown(ASCII, "show", COMMITTED, "--table=timings").decode("ascii").splitlines()
    grids = [[*grid] for edged, grid in itertools.groupby(lines, lambda line: line.startswith(("+-", "|"))) if edged]
    assert len(grids) >= 2
    for grid in grids:
        assert grid[0] == grid[-1] == f"+{(len(grid[0]) - 2) * '-'}+"
        assert {len(line) for line in grid} == {len(grid[0])}
        assert "| us per epoch |" in grid[1]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(("streams", "code"), [(">/dev/full", 3), ("2>/dev/full", 0), ("1</dev/null", 3)])
def test_output_that_cannot_be_written_is_one_line_and_3(streams: str, code: int) -> None:
    call = ["sh", "-c", f'exec "$@" {streams}', "sh", *XORBENCH, "list"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == code
    reason = "No space left on device" if "full" in streams else "Bad file descriptor"
    line = f"xorbench: the output is incomplete; standard output can't be written: {reason}\n"
    assert done.stderr == ("" if code == 0 else line)
