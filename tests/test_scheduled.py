"""The option --scheduler: what it is combined with, what it says where Dask is missing, and workers on this machine."""

import errno
import json
import os
import signal
import subprocess
import sys
import zlib
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests.command import XORBENCH, called, document
from tests.conftest import Variant
from tests.fleets import part_of, plan_of
from tests.scheduled import SECONDS, skip_without_dask
from xorbench import report as report_file
from xorbench.cli import scheduled
from xorbench.contract import REFERENCE, discover
from xorbench.fleet import dask_cluster, dask_parts
from xorbench.fleet.dask_parts import Collected
from xorbench.fleet.host_parts import Result
from xorbench.judging.chunk_judge import judge_chunk
from xorbench.judging.chunk_report import report
from xorbench.judging.chunks import Chunk
from xorbench.record import store
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


def test_a_call_that_is_continued_has_one_record_for_each_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, folder = plan_of(["neuron"], ["hidden"]), tmp_path / "results"
    there = [1]

    def measured(_client: object, _workers: object, collected: Collected, _advance: object) -> list[int]:
        for number in there:
            text = zlib.compress(store.as_text(part_of(plan, number)).encode())
            collected.keep(Result(number, "abc", 0, {"record.json": text}, ""))
        return [number for number in (1, 2) if number not in there]

    monkeypatch.setattr(dask_cluster, "connected", lambda *_given: nullcontext())
    monkeypatch.setattr(scheduled, "_plan", lambda *_given: plan)
    monkeypatch.setattr(scheduled, "_fit", lambda *_given: [])
    monkeypatch.setattr(dask_parts, "measured", measured)

    def called_with(resume: bool) -> tuple[int, list[str], object]:
        context: Any = SimpleNamespace(params={"resume": resume, "as_json": True})
        code = scheduled.measured(context, "local", [], folder)
        content = json.loads(capsys.readouterr().out)
        return code, [record["record"] for record in content["records"]], content["missing"]

    code, first, missing = called_with(resume=False)
    assert (code, [*map(str, store.paths(folder))], missing) == (3, first, ["part 2/2: hidden"])
    there.append(2)
    code, second, missing = called_with(resume=True)
    assert (code, [*map(str, store.paths(folder))], missing) == (0, second, [])
    (record,) = map(store.read, store.paths(folder))
    assert [workload.name for workload in record.workloads] == ["neuron", "hidden"]


def test_what_was_judged_is_kept_until_its_report_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "points.json"
    kept.touch()
    chosen = next(i for i in discover() if i.name == REFERENCE)
    found = report(
        judge_chunk([chosen], [WORKLOADS["neuron"]], Chunk(0, 2), seed=0), [chosen], [WORKLOADS["neuron"]], 0
    )
    monkeypatch.setattr(scheduled, "gradients", lambda *_given: (found, kept))
    call = (*GRADIENTS, "--scheduler=local", "--points=2", f"--report={tmp_path / 'report.md'}")
    with monkeypatch.context() as patch:
        patch.setattr(report_file, "write", no_room)
        assert (called(*call).returncode, kept.exists()) == (3, True)
    assert (called(*call).returncode, kept.exists()) == (0, False)
    assert (tmp_path / "report.md").is_file()


def no_room(*_given: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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
