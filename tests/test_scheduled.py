"""The option --scheduler: what it is combined with, what it says where Dask is missing, and workers on this machine."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.command import XORBENCH, called, document
from tests.conftest import Variant
from tests.scheduled import SECONDS, skip_without_dask
from xorbench.contract import REFERENCE, discover
from xorbench.judging.chunk_judge import judge_chunk
from xorbench.judging.chunk_report import report
from xorbench.judging.chunks import Chunk
from xorbench.workloads import WORKLOADS

GRADIENTS = ("gradients", "--workload=neuron", f"--implementation={REFERENCE}")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("command", ["gradients", "run", "sweep"])
def test_an_address_that_others_may_reach_is_a_mistake_in_the_call(command: str) -> None:
    done = called(command, "--scheduler", "tcp://10.0.0.1:8786")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "xorbench: Invalid value for --scheduler: anyone who reaches tcp://10.0.0.1:8786 can run code as you"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--quick", "--traceback", "--python=numpy-2.0"])
def test_what_a_scheduler_does_not_do_cannot_be_combined_with_it(option: str) -> None:
    done = called(*GRADIENTS, "--scheduler=local", option)
    name = option.partition("=")[0]
    assert done.returncode == 2
    assert done.stderr == (
        f"xorbench: Invalid value for {name}: can't be combined with --scheduler (see xorbench gradients --help)\n"
    )


def test_without_dask_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = called(*GRADIENTS, "--scheduler=local")
    assert done.returncode == 3
    assert done.stderr.startswith("xorbench: --scheduler needs Dask, which is not installed; pip install '")
    assert done.stderr.count("\n") == 1


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*XORBENCH, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def ours(leader: int) -> list[psutil.Process]:
    """The processes that come from a command."""
    return psutil.Process(leader).children(recursive=True)


@pytest.mark.slow
def test_workers_on_this_machine_judge_as_one_process_does(tmp_path: Path) -> None:
    skip_without_dask()
    with start(*GRADIENTS, "--points=200", "--scheduler=local", "--json") as command:
        out, err = command.communicate(timeout=SECONDS)
    assert command.returncode == 0, err
    assert "Traceback" not in err
    reference = next(i for i in discover() if i.name == REFERENCE)
    here = judge_chunk([reference], [WORKLOADS["neuron"]], Chunk(0, 200), seed=0)
    expected = report(here, [reference], [WORKLOADS["neuron"]], 0)
    found = json.loads(out)
    assert found["passed"]
    assert [row["of_bound"]["largest"] for row in found["rows"]] == [
        row.of_bound and row.of_bound.largest for row in expected.rows
    ]
    assert not list((tmp_path / "cache").rglob("points/*.json"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_call_ends_all_its_processes_and_goes_on_later(number: signal.Signals) -> None:
    skip_without_dask()
    call = (*GRADIENTS, "--points=2000", "--scheduler=local", "--json")
    with start(*call) as command:
        assert command.stderr
        while "points: 0% done" not in (line := command.stderr.readline()):
            assert line
        while "% done" not in (line := command.stderr.readline()):
            assert line
        below = ours(command.pid)
        if number == signal.SIGINT:
            os.killpg(command.pid, number)  # as a terminal does
        else:
            command.send_signal(number)
        _, err = command.communicate(timeout=SECONDS)
    assert command.returncode == 128 + number, err
    assert "the same command continues from there" in err
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(below, timeout=SECONDS)
    assert alive == []
    with start(*call) as again:
        out, err = again.communicate(timeout=SECONDS)
    assert again.returncode == 0, err
    assert " of 2,000 points were judged before" in err
    assert json.loads(out)["points"] == 2_000


@pytest.mark.slow
def test_after_a_kill_of_a_call_none_of_its_processes_stays() -> None:
    skip_without_dask()
    with start(*GRADIENTS, "--points=20000", "--scheduler=local") as command:
        assert command.stderr
        while "% done" not in (line := command.stderr.readline()):
            assert line
        below = ours(command.pid)
        command.kill()
        command.communicate()
    _, alive = psutil.wait_procs(below, timeout=SECONDS)
    assert alive == []


@pytest.mark.slow
def test_what_cannot_be_used_here_is_told_before_anything_is_judged(variant: Variant) -> None:
    skip_without_dask()
    path = variant("mine", ("import numpy as np", "import numpy as np\nimport no_such_library"))
    with start("gradients", "--scheduler=local", f"--with={path}") as command:
        out, err = command.communicate(timeout=SECONDS)
    assert (command.returncode, out) == (3, "")
    assert err.splitlines()[-1].startswith("xorbench: mine: no_such_library is not installed; make the plan on")


@pytest.mark.slow
def test_without_a_certificate_for_tls_one_line_says_so() -> None:
    skip_without_dask()
    with start(*GRADIENTS, "--scheduler=tls://127.0.0.1:1") as command:
        out, err = command.communicate(timeout=SECONDS)
    assert (command.returncode, out) == (3, "")
    (line,) = err.splitlines()
    assert line.startswith("xorbench: no scheduler answers at tls://127.0.0.1:1: ")


@pytest.mark.slow
def test_a_run_over_the_workers_of_this_machine_has_a_record(tmp_path: Path) -> None:
    skip_without_dask()
    options = ("--launches=2", "--rounds=20", "--cold-starts=0", "--workload=neuron", f"--implementation={REFERENCE}")
    with start("run", *options, "--scheduler=local", f"--output={tmp_path / 'records'}", "--json") as command:
        out, err = command.communicate(timeout=SECONDS)
    assert command.returncode == 0, err
    assert "Traceback" not in err
    done = subprocess.CompletedProcess([], 0, out, err)
    (record,) = document(done)["records"]
    assert Path(record["record"]).is_file()
    assert not record["partial"]
    assert document(done)["missing"] == []
