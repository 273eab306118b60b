"""The line to one worker: what it says, and how its end is told."""

import json
import subprocess
import sys

import pytest

from tests.conftest import BASELINE, Variant
from tests.ended import assert_has_ended
from xorbench.affinity import allowed_cpus
from xorbench.clock import worker
from xorbench.clock.messages import Preparing
from xorbench.clock.system_counters import Account
from xorbench.clock.timed_implementation import Turn
from xorbench.clock.worker import Lost, Worker
from xorbench.contract import load, read
from xorbench.judging.answers import answers
from xorbench.judging.points import random_points
from xorbench.workloads import WORKLOADS, Workload, flat


def test_a_worker_takes_its_turns_and_hands_in_times() -> None:
    one = Worker(BASELINE, ["hidden", "neuron"], allowed_cpus()[:1])
    try:
        one.wait_until_ready()  # everything is imported and compiled
        for workload in (WORKLOADS["hidden"], WORKLOADS["neuron"]):
            one.begin(2, [4, 2, 1])
            ends = [one.take_turn(Turn(epochs, 1, seed), 60) for epochs, seed in ((4, 5), (2, 6))]
            assert ends == [trained(workload, 4, 5), trained(workload, 2, 6)]
            times = one.times(2)
            assert len(times.wall) == len(times.cpu) == 2
            points = random_points(workload, "float64", 3, seed=1)
            assert one.answers(points.rows.tolist()) == answers(load(BASELINE), points).rows.tolist()
            assert times.ledger.cpus == [allowed_cpus()[0]]
            assert times.ledger.parameters_sha256 == workload.parameters_sha256
            assert not times.ledger.collecting
        account = one.account()
        assert account is None or account.cpu_nanoseconds > 0
    finally:
        one.stop()


def trained(workload: Workload, epochs: int, seed: int) -> list[float]:
    module = load(BASELINE)
    converted = module.convert(workload.drawn(seed), workload.inputs, workload.targets, workload.dtype)
    end: list[float] = flat(module.train(workload.recipe, *converted, epochs)).tolist()
    return end


def test_a_worker_whose_driver_was_killed_ends(variant: Variant) -> None:
    stuck = variant(
        "stuck", ("    for _ in range(epochs):", "    while epochs == 9: pass\n    for _ in range(epochs):")
    )
    script = (
        "import os, signal, sys; from pathlib import Path; from xorbench.contract import read\n"
        "from xorbench.clock.worker import Worker\n"
        f"one = Worker(read(Path({str(stuck)!r})), ['neuron'], {allowed_cpus()[:1]})\n"
        "one.wait_until_ready(); one._tell({'rounds': 1, 'epochs': [9]})\n"  # it will never come back from this
        "print(one._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -9
    assert_has_ended(int(done.stdout))


def test_each_workload_that_is_prepared_is_a_sign_of_life() -> None:
    one = Worker(BASELINE, ["neuron", "hidden"], allowed_cpus()[:1])
    try:
        said = [json.loads(one._line.receive(60))["says"] for _ in range(3)]
        assert said == ["preparing", "preparing", "ready"]
    finally:
        one.stop()


def test_a_worker_that_goes_on_preparing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Worker(BASELINE, ["neuron", "hidden"], allowed_cpus()[:1])
    try:
        endless = Preparing(says="preparing")
        monkeypatch.setattr(one, "_hear", lambda *_: endless)
        with pytest.raises(Lost, match=r"^it began to prepare a workload 3 times, expected 2$"):
            one.wait_until_ready()
    finally:
        one.stop()


def test_a_silent_worker_is_given_up(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SECONDS_OF_SILENCE", 1)
    writes = "import os; os.write(2, b'waiting for a lock\\n')\nwhile True: pass"
    silent = read(variant("silent", ("Parameters = list[Array]", writes)))
    one = Worker(silent, ["neuron"], allowed_cpus()[:1])
    try:
        while not any("lock" in line for line in one._log.lines()):
            assert one._process.poll() is None
        with pytest.raises(Lost, match="no message within 1 s; the last line that it wrote is 'waiting for a lock'"):
            one.wait_until_ready()
    finally:
        one.stop()


def test_what_the_system_counts_of_a_worker_is_that_of_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Worker(BASELINE, ["neuron"], allowed_cpus()[:1])
    try:
        monkeypatch.setattr(worker, "account", lambda pid: Account(pid, 1, 2, 3))
        assert one.account() == Account(one._process.pid, 1, 2, 3)
    finally:
        one.stop()
