"""The line to one worker: what it says, and how its end is told."""

import pytest
from conftest import Variant

from benchmarks import worker
from benchmarks.contract import discover, read
from benchmarks.environment import allowed_cpus
from benchmarks.worker import Lost, Worker


def test_a_worker_says_ready_and_takes_its_turn() -> None:
    one = Worker(discover()[0], "neuron", 1, 1, allowed_cpus()[0])
    try:
        assert one.hear() == "ready"
        one.go()
        handed_in = one.hear()
        assert len(handed_in["seconds"]) == 1
        assert handed_in["observed"]["cpus"] == [allowed_cpus()[0]]
    finally:
        one.stop()


def test_a_silent_worker_is_given_up(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SECONDS_OF_SILENCE", 1)
    silent = read(variant("silent", ("Parameters = list[Array]", "while True: pass")))
    one = Worker(silent, "neuron", 1, 1, allowed_cpus()[0])
    try:
        with pytest.raises(Lost, match="silent for 1 s"):
            one.hear()
    finally:
        one.stop()
