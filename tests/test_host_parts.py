"""A part on its host: measured once under its key, in a clean environment, and ended with the process that waits."""

import fcntl
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fleet_client import PLAN, command
from tests.fleets import plan_of, sweep_of
from tests.planted import planted
from xorbench import affinity, environment
from xorbench.fleet import host_parts
from xorbench.fleet.host_parts import Command, Order, Result
from xorbench.record import store

ORDER = Order(PLAN, 1, "call", "127.0.0.1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the record that the command copies; the user's cache folder is in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store.write(planted({"other": [0.5] * 6}).record, tmp_path / "planted")
    (path,) = store.paths(tmp_path / "planted")
    path.rename(tmp_path / "record.json")
    return tmp_path


@pytest.fixture
def driver(folder: Path) -> Command:
    """The command of a part."""
    return functools.partial(command, str(folder))


def events(folder: Path) -> list[str]:
    path = folder / "events"
    return [line.split()[0] for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def measured(order: Order, driver: Command) -> Result:
    found = host_parts.measured(order, driver)
    assert found
    return found


def test_a_part_is_measured_once_under_its_key(folder: Path, driver: Command) -> None:
    lines: list[str] = []
    first = host_parts.measured(ORDER, driver, lines.append)
    assert first
    assert first.code == 0
    assert list(first.files) == ["some-machine/record.json"]
    assert [line.endswith("40% done") for line in lines] == [True]
    assert "40% done" in first.log
    assert measured(ORDER, driver) == first
    assert events(folder) == ["begin", "end"]


TWO = plan_of(["neuron"], ["relu"])


@pytest.mark.parametrize(
    "other", [{"part": 2}, {"call": "another"}, {"host": "10.0.0.1"}, {"plan": replace(TWO, versions={})}]
)
def test_another_part_call_host_or_plan_has_another_key(folder: Path, driver: Command, other: dict[str, Any]) -> None:
    order = replace(ORDER, plan=TWO)
    measured(order, driver)
    measured(replace(order, **other), driver)
    assert events(folder) == ["begin", "end"] * 2


def test_no_name_of_this_host_is_in_the_key() -> None:
    assert ORDER.host_key.isalnum()
    assert len(ORDER.host_key) == 16


def test_a_part_that_failed_is_measured_again(folder: Path, driver: Command) -> None:
    (folder / "fail").touch()
    failed = measured(ORDER, driver)
    assert (failed.code, failed.files) == (3, {})
    assert failed.log.splitlines()[-1] == "no disk"
    (folder / "fail").unlink()
    assert measured(ORDER, driver).code == 0
    assert events(folder) == ["begin", "end"] * 2


def test_only_the_end_of_a_long_log_is_returned(folder: Path, driver: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "fail").touch()
    monkeypatch.setattr(host_parts, "LONGEST_LOG", len("no disk\n"))
    assert measured(ORDER, driver).log == "no disk\n"


def test_a_finished_command_whose_end_was_not_noted_is_not_repeated(folder: Path, driver: Command) -> None:
    first = measured(ORDER, driver)
    (ORDER.folder / "finished.json").unlink()
    again = measured(ORDER, driver)
    assert again.files == first.files
    assert events(folder) == ["begin", "end"]


def test_a_part_that_another_process_measures_is_waited_for(driver: Command) -> None:
    ORDER.folder.mkdir(parents=True)
    with (ORDER.folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        looks = iter([True, True, False])
        assert host_parts.measured(ORDER, driver, is_wanted=lambda: next(looks)) is None
        assert not ORDER.output.exists()
    assert measured(ORDER, driver).code == 0
    assert ORDER.output.exists()


def test_the_command_of_a_part_can_be_run() -> None:
    words = host_parts.command(ORDER)
    plan, output = ORDER.folder / "plan.json", ORDER.folder / "output"
    assert words[1:] == ["-P", "-m", "xorbench", "run", f"--plan={plan}", "--part=1/1", f"--output={output}"]


def test_what_is_forgotten_is_measured_anew(folder: Path, driver: Command) -> None:
    measured(ORDER, driver)
    host_parts.forget(PLAN.sha256, "call")
    assert not host_parts.folder(PLAN.sha256).exists()
    measured(ORDER, driver)
    assert events(folder) == ["begin", "end"] * 2


def variables(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "variables.json").read_text(encoding="utf-8"))
    return {name: value for name, value in found.items() if name not in environment.DRIVER}


def test_the_command_has_none_of_the_variables_that_an_engine_sets(
    folder: Path, driver: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(ORDER, driver)
    before = variables(folder)
    engine = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_")
    for name in (*engine, "SLURM_JOB_ID", "XLA_FLAGS"):
        monkeypatch.setenv(name, "1")
    host_parts.forget(PLAN.sha256, "call")
    (folder / "variables.json").unlink()
    measured(ORDER, driver)
    assert variables(folder) == before
    assert not before.keys() & {*engine, "SLURM_JOB_ID", "XLA_FLAGS"}
    assert {"PATH", "TMPDIR", "XDG_CACHE_HOME"} <= before.keys()


def test_what_is_not_wanted_any_more_is_ended(folder: Path, driver: Command) -> None:
    os.mkfifo(folder / "gate")
    lines: list[str] = []
    found = host_parts.measured(ORDER, driver, lines.append, is_wanted=lambda: not lines)
    assert found is None
    assert events(folder) == ["begin"]
    assert not psutil.pid_exists(int(lines[0].split()[1].rstrip(":")))


NO_RECORD = [sys.executable, "-c", "raise OSError('no disk')"]
"""A command that ends with an exception, whose exit code is that of a command that has measured something bad."""


def test_a_command_that_ends_with_an_exception_has_not_finished_its_part(driver: Command) -> None:
    failed = measured(ORDER, lambda _order: NO_RECORD)
    assert (failed.code, failed.files, failed.is_finished(PLAN)) == (1, {}, False)
    assert failed.log.splitlines()[-1] == "OSError: no disk"
    again = measured(ORDER, driver)
    assert (again.code, again.is_finished(PLAN)) == (0, True)


def test_a_part_with_two_numbers_of_threads_is_finished_with_two_records() -> None:
    units = [f"widths at batch 4, {threads}" for threads in ("1 thread", "all threads")]
    plan = sweep_of(units, ["batches at width 4, 1 thread"], ["batches at width 4, all threads"], threads="both")
    one, two = {"a": b""}, {"a": b"", "b": b""}
    assert [Result(1, "", 0, files, "").is_finished(plan) for files in (one, two)] == [False, True]
    assert [Result(2, "", code, one, "").is_finished(plan) for code in (0, 1, 3)] == [True, True, False]


needs_two_cpus = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(affinity.allowed_cpus()) < 2,
    reason="needs the affinity of processes, and two CPUs",
)


@needs_two_cpus
@pytest.mark.usefixtures("folder")
def test_what_starts_while_another_command_is_waited_for_has_all_cpus() -> None:
    shows = [sys.executable, "-c", "import os, sys\nprint(*sorted(os.sched_getaffinity(0)), file=sys.stderr)"]
    allowed = affinity.allowed_cpus()
    seen: list[str] = []

    def heard(line: str) -> None:
        seen.append(line)
        if len(seen) == 1:
            host_parts.measured(replace(ORDER, call="another"), lambda _order: shows, heard)
            assert affinity.allowed_cpus() != allowed  # the first one is still waited for

    host_parts.measured(ORDER, lambda _order: shows, heard)
    assert seen == [" ".join(map(str, allowed))] * 2
    assert affinity.allowed_cpus() == allowed


@needs_two_cpus
def test_the_process_that_waits_keeps_off_the_timed_cpu(driver: Command) -> None:
    allowed = affinity.allowed_cpus()
    seen: list[list[int]] = []
    host_parts.measured(ORDER, driver, lambda _line: seen.append(affinity.allowed_cpus()))
    assert affinity.allowed_cpus() == allowed
    assert len(seen) == 1
    assert allowed[-1] not in seen[0]


PARENT = """
import functools, sys
from tests.fleet_client import command
from xorbench.fleet import host_parts
from tests.test_host_parts import ORDER
host_parts.measured(ORDER, functools.partial(command, sys.argv[1]), lambda line: print(line, flush=True))
"""


@pytest.fixture
def parent(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that waits for a command that does not end by itself."""
    os.mkfifo(folder / "gate")
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    call = [sys.executable, "-c", PARENT, str(folder)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, env=variables) as process:
        yield process
        process.kill()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_the_command_ends_with_the_process_that_waits_and_goes_on_from_its_journal(
    folder: Path, driver: Command, parent: "subprocess.Popen[str]"
) -> None:
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline().split()[1].rstrip(":")))
    os.kill(parent.pid, signal.SIGKILL)
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running()
    (folder / "gate").unlink()
    assert measured(ORDER, driver).code == 0
    lines = (folder / "events").read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in lines] == ["begin", "begin", "end"]
    assert lines[1].endswith("resumed")
