"""Launch after launch: the next one starts beside this one, and none is left at the end."""

import random

import psutil
import pytest

from tests.conftest import BASELINE, children_with
from xorbench import affinity
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry, Launch
from xorbench.clock.worker import BENCHMARK

ENTRIES = [Entry(BASELINE, {"neuron": 20, "hidden": 10})]


def workers() -> list[psutil.Process]:
    return children_with(str(BENCHMARK))


def test_the_next_launch_starts_beside_this_one_where_a_core_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = affinity.allowed_cpus()[-1]
    apart, memory = affinity.cpus_on_other_cores(cpu), psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=2**40))
    with Launches(ENTRIES, ["neuron", "hidden"], [cpu], random.Random(0)) as launches:
        first, one = launches.run(2)
        assert len(workers()) == bool(apart)
        second, two = launches.run(3, last=True)
        assert workers() == []
    assert [one.number, two.number] == [first.number, second.number] == [0, 1]
    assert [one.overlapped, two.overlapped] == [False, bool(apart)]
    assert {t.workload for t in first.timings} == {"neuron", "hidden"}
    assert {len(t.round_nanoseconds) for t in second.timings} == {3}
    assert 0 < two.seconds_in_turns < two.seconds
    monkeypatch.setattr(affinity, "cpus_on_other_cores", lambda _cpu: [])
    with Launches(ENTRIES, ["neuron"], [cpu], random.Random(0)) as launches:
        assert not launches.run(1)[1].overlapped
        assert workers() == []


def test_the_next_launch_waits_for_the_memory_of_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu, memory = affinity.allowed_cpus()[-1], psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=1_000_000))
    with Launches(ENTRIES, ["neuron"], [cpu], random.Random(0)) as launches:
        overlapped = [launches.run(1)[1].overlapped, launches.run(1, last=True)[1].overlapped]
        assert workers() == []
    assert overlapped == [False, False]


def test_an_entry_without_a_workload_of_the_launch_has_no_worker() -> None:
    idle = Entry(BASELINE, {"hidden": 10})
    launch = Launch(0, ["neuron"], [idle, *ENTRIES, idle], random.Random(0))
    try:
        launch.start([affinity.allowed_cpus()])
        assert [*launch._workers] == [1]
        launch.wait()
        launch.run(affinity.allowed_cpus()[-1:], 2)
    finally:
        launch.stop()
    assert launch.failures == []
    assert [timing.workload for timing in launch.timings] == ["neuron"]


def test_workers_that_are_not_ready_continue_on_all_cpus_once_no_worker_takes_turns() -> None:
    cpus = affinity.allowed_cpus()
    first, last = cpus[:1], cpus[-1:]
    launch = Launch(0, ["neuron"], ENTRIES * 3, random.Random(0))
    try:
        launch.start([first])
        processes = [psutil.Process(worker._process.pid) for worker in launch._workers.values()]
        assert [process.cpu_affinity() for process in processes] == [first] * 3
        launch.wait([first, last])
        assert launch.failures == []
        assert [process.cpu_affinity() for process in processes] == [first, last, first]
    finally:
        launch.stop()


def test_an_end_in_between_leaves_no_worker() -> None:
    def interrupted() -> None:
        with Launches(ENTRIES, ["neuron"], affinity.allowed_cpus()[-1:], random.Random(0)) as launches:
            launches.run(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert workers() == []
