"""The line to one worker: what it says, and how its end is told."""

import subprocess
import sys

import psutil
import pytest
from conftest import Variant

from benchmarks.clock import worker
from benchmarks.clock.worker import Lost, Worker
from benchmarks.contract import discover, read
from benchmarks.environment import allowed_cpus
from benchmarks.workloads import WORKLOADS


def test_a_worker_says_ready_and_takes_its_turns() -> None:
    one = Worker(discover()[0], ["hidden", "neuron"], allowed_cpus()[:1])
    try:
        assert one.hear() == "ready"  # everything is imported and compiled
        for workload in (WORKLOADS["hidden"], WORKLOADS["neuron"]):
            one.tell({"rounds": 2, "epochs_per_round": 3})
            for _ in range(2):
                assert one.hear() == "ready"
                one.tell("go")
            handed_in = one.hear()
            assert len(handed_in["seconds"]) == len(handed_in["readings"]) == 2
            ledger = handed_in["ledger"]
            assert ledger.cpus == [allowed_cpus()[0]]
            assert ledger.parameters_sha256 == workload.parameters_sha256
            assert not ledger.collecting
    finally:
        one.stop()


def test_a_worker_whose_driver_was_killed_ends(variant: Variant) -> None:
    stuck = variant(
        "stuck", ("    for _ in range(epochs):", "    while epochs == 9: pass\n    for _ in range(epochs):")
    )
    script = (
        "import os, signal, sys; from pathlib import Path; from benchmarks.contract import read\n"
        "from benchmarks.clock.worker import Worker\n"
        f"one = Worker(read(Path({str(stuck)!r})), ['neuron'], {allowed_cpus()[:1]})\n"
        "one.hear(); one.tell({'rounds': 1, 'epochs_per_round': 9})\n"  # it will never come back from this
        "print(one._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -9
    try:
        orphan = psutil.Process(int(done.stdout))
    except psutil.NoSuchProcess:
        return
    assert psutil.wait_procs([orphan], timeout=20)[1] == []


def test_each_workload_that_is_prepared_is_a_sign_of_life() -> None:
    one = Worker(discover()[0], ["neuron", "hidden"], allowed_cpus()[:1])
    try:
        assert [one._line.recv() for _ in range(3)] == ["preparing", "preparing", "ready"]
    finally:
        one.stop()


def test_a_silent_worker_is_given_up(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SECONDS_OF_SILENCE", 1)
    silent = read(variant("silent", ("Parameters = list[Array]", "while True: pass")))
    one = Worker(silent, ["neuron"], allowed_cpus()[:1])
    try:
        with pytest.raises(Lost, match="silent for 1 s"):
            one.hear()
    finally:
        one.stop()
