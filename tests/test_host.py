"""The lock of the host: one measurement has it, others say so, and it harms no other file."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.command import XORBENCH
from tests.conftest import BASELINE
from xorbench.affinity import allowed_cpus
from xorbench.clock.host import Lock
from xorbench.clock.launches import Launches
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.judging.judge import judge
from xorbench.suite import Settings, Suite
from xorbench.tables.weaknesses import marks, weaknesses
from xorbench.workloads import WORKLOADS

pytestmark = pytest.mark.usefixtures("own_cache")

HOLDER = """
import sys
from xorbench.clock import host
host.take()
print("taken", flush=True)
sys.stdin.readline()
host.release()
print("released", flush=True)
sys.stdin.readline()
"""


class Other:
    """Another process that has the lock until it is told to release it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._next() == "taken\n"

    def release(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self._next() == "released\n"

    def _next(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@contextmanager
def another() -> Iterator[Other]:
    other = Other()
    with other.process:
        try:
            yield other
        finally:
            other.process.kill()


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file, in a temporary folder of each test."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / "xorbench.lock"


@pytest.fixture
def said() -> list[str]:
    return []


def test_one_that_is_alone_has_the_lock_and_says_nothing(path: Path, said: list[str]) -> None:
    lock = Lock(said.append)
    with lock.held():
        assert lock.is_ours()
        assert path.read_text().startswith(f"process {os.getpid()}, ")
        assert path.stat().st_mode & 0o777 == 0o600
        other = Lock(said.append)
        with other.held():
            assert not other.is_ours()
    assert path.read_text() == ""
    assert len(said) == 1  # of the other one


def test_a_second_one_says_which_process_measures_and_has_the_lock_once_it_is_free(said: list[str]) -> None:
    lock = Lock(said.append)
    with another() as other, lock.held():
        assert not lock.is_ours()
        (line,) = said
        expected = rf"xorbench: another measurement runs on this machine \(process {other.process.pid}, python.*\): "
        assert re.match(expected, line)
        assert line.endswith("both disturb each other, and --wait would wait until it ends")
        other.release()
        assert lock.is_ours()
        with Lock(said.append).held():
            assert len(said) == 2


def test_one_that_waits_has_the_lock_when_the_other_has_released_it(said: list[str]) -> None:
    with another() as other:

        def say(line: str) -> None:
            said.append(line)
            other.release()

        lock = Lock(say)
        with lock.held(wait=True):
            assert said[0].endswith(": waiting until it has ended")
            assert lock.is_ours()
            with Lock(said.append).held():
                assert len(said) == 2


def test_the_lock_of_a_process_that_was_killed_is_free(said: list[str]) -> None:
    with another() as other:
        other.process.kill()
        other.process.wait()
        lock = Lock(said.append)
        with lock.held():
            assert lock.is_ours()
            assert said == []


def test_a_lock_that_is_taken_twice_is_released_when_both_have_released_it(said: list[str]) -> None:
    lock, other = Lock(said.append), Lock(said.append)
    with lock.held():
        with lock.held():
            assert lock.is_ours()
        with other.held():
            assert not other.is_ours()
    with other.held():
        assert other.is_ours()
    assert len(said) == 1


def refused(path: Path, said: list[str], why: str) -> None:
    """Assert that there is no lock, that one line says why, and that the measurement goes on."""
    lock = Lock(said.append)
    with lock.held(wait=True):
        assert lock.is_ours()
    (line,) = said
    assert line.startswith(f"xorbench: {path} can't be locked, so that it is not known whether another measurement ")
    assert why in line
    assert "\n" not in line


def test_a_symbolic_link_is_not_followed(path: Path, said: list[str], tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("kept")
    path.symlink_to(target)
    refused(path, said, "symbolic links")
    assert target.read_text() == "kept"
    said.clear()
    target.unlink()
    refused(path, said, "symbolic links")
    assert not target.exists()


def test_a_file_with_another_name_is_not_written_to(path: Path, said: list[str], tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("kept")
    path.hardlink_to(target)
    refused(path, said, "it has another name, too; remove it")
    assert target.read_text() == "kept"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_left_alone(path: Path, said: list[str], kind: str) -> None:
    if kind == "folder":
        path.mkdir()
        refused(path, said, "Is a directory")
    else:
        os.mkfifo(path)
        refused(path, said, "it is no plain file; remove it")


def test_the_file_of_another_user_is_left_alone(path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("theirs")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    refused(path, said, "it belongs to another user; remove it")
    assert path.read_text() == "theirs"


def test_a_temporary_folder_that_is_not_there_costs_one_line(
    said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    refused(tmp_path / "nowhere" / "xorbench.lock", said, "No such file or directory")


def test_what_the_file_says_reaches_the_terminal_in_one_line_of_printable_characters(
    path: Path, said: list[str]
) -> None:
    with Lock(said.append).held():
        path.write_bytes(b"\x1b[31m\nprocess 1 \xff" + b"x" * 10_000)
        with Lock(said.append).held():
            pass
    (line,) = said
    assert line.isprintable()
    assert "machine ([31m process 1 \ufffdxxx" in line
    assert len(line) < 400


NEURON = [WORKLOADS["neuron"]]
SETTINGS = Settings(launches=2, rounds=2, points=1, cpu=allowed_cpus()[-1], seed=0, quick=True, cold_starts=0)


def test_a_record_says_how_many_launches_began_beside_another_measurement(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline = [BASELINE]
    report = judge(baseline, NEURON, SETTINGS.points, SETTINGS.seed, thorough=False)
    with another() as other:
        suite = Suite(baseline, NEURON, SETTINGS, report)
        run = Launches.run

        def run_and_release(launches: Launches, *arguments: Any, **options: Any) -> object:
            found = run(launches, *arguments, **options)
            if found[0].number == 0 and suite.plan.rounds == arguments[0]:  # not in the calibration
                other.release()
            return found

        monkeypatch.setattr(Launches, "run", run_and_release)
        suite.run()
    record = suite.record("xorbench run")
    assert [launch.others_timing for launch in record.launches] == [True, False]
    sentence = (
        "Another measurement ran on this machine when 1 of 2 launches began. Run it again with --wait, which waits "
        "until no other one runs."
    )
    assert sentence in weaknesses(Analysis(record))
    assert "another measurement" in marks(Analysis(record))
    lines = [line for line in capfd.readouterr().err.splitlines() if "another measurement runs" in line]
    assert len(lines) == 1


RUN = (*XORBENCH, "run", "--quick", "--workload=neuron", f"--implementation={REFERENCE}")


@pytest.mark.slow
def test_a_run_waits_for_the_other_one_and_then_begins(tmp_path: Path) -> None:
    with (
        another() as other,
        subprocess.Popen([*RUN, "--wait", f"--output={tmp_path}"], stderr=subprocess.PIPE, text=True) as run,
    ):
        assert run.stderr is not None
        assert run.stderr.readline().endswith(": waiting until it has ended\n")
        other.release()
        assert run.stderr.readline().startswith("gradients: ")
        run.send_signal(signal.SIGINT)
        run.stderr.read()
    assert run.returncode == 130


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="needs /proc/locks")
def test_ctrl_c_ends_the_waiting(tmp_path: Path) -> None:
    call = [*RUN, "--wait", f"--output={tmp_path}"]
    with another(), subprocess.Popen(call, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        assert run.stderr.readline().endswith(": waiting until it has ended\n")
        while not re.search(rf"-> FLOCK .* {run.pid} ", Path("/proc/locks").read_text()):
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        rest = run.stderr.read()
    assert run.returncode == 130
    assert "Traceback" not in rest


@pytest.mark.slow
def test_a_second_run_says_so_and_goes_on(tmp_path: Path) -> None:
    with (
        another() as other,
        subprocess.Popen([*RUN, f"--output={tmp_path}"], stderr=subprocess.PIPE, text=True) as run,
    ):
        assert run.stderr is not None
        assert f"another measurement runs on this machine (process {other.process.pid}, " in run.stderr.readline()
        assert run.stderr.readline().startswith("gradients: ")
        run.send_signal(signal.SIGINT)
        run.stderr.read()
    assert run.returncode == 130
