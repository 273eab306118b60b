"""The clock's driver, with real workers: everybody gets every turn, and the lost harm nobody."""

import random
from collections import Counter

import psutil
from conftest import Variant

from benchmarks.clock.turns import Entry, Launch
from benchmarks.contract import REFERENCE, discover, read
from benchmarks.environment import allowed_cpus

ROUNDS = 6
BASELINE = discover()[0]


def launched(*entries: Entry) -> Launch:
    launch = Launch(7, ["neuron", "hidden"], entries, random.Random(0))
    try:
        launch.start([[cpu] for cpu in allowed_cpus()])
        launch.wait()
        launch.run(allowed_cpus()[-1:], ROUNDS)
    finally:
        launch.stop()
    children = psutil.Process().children(recursive=True)
    assert not [child for child in children if "benchmarks/bench_train.py" in child.cmdline()]
    return launch


def test_a_launch_hands_in_every_round_of_everybody() -> None:
    launch = launched(Entry(BASELINE, {"neuron": 20}), Entry(BASELINE, {"neuron": 20}, copy=True))
    assert launch.failures == []
    assert [(t.implementation, t.copy, t.launch, t.workload) for t in launch.timings] == [
        (REFERENCE, False, 7, "neuron"),
        (REFERENCE, True, 7, "neuron"),
    ]
    for timing in launch.timings:
        assert len(timing.round_nanoseconds) == ROUNDS
        assert min(timing.round_nanoseconds) > 0
        assert len(timing.waited_nanoseconds) == len(timing.involuntary_switches) == ROUNDS
        assert timing.epochs_per_round == 20


def test_every_round_is_one_turn_of_each_in_balanced_order() -> None:
    launch = launched(*(Entry(BASELINE, {"neuron": 1}, copy=number > 0) for number in range(3)))
    rounds = list(zip(*(timing.positions for timing in launch.timings), strict=True))
    assert len(rounds) == ROUNDS
    assert all(sorted(positions) == [0, 1, 2] for positions in rounds)
    assert set(Counter(positions[0] for positions in rounds).values()) == {2}


def test_workers_observe_one_cpu_and_one_thread_in_their_pools() -> None:
    (timing,) = launched(Entry(BASELINE, {"neuron": 1})).timings
    assert timing.ledger.cpus == [allowed_cpus()[-1]]
    assert all(pool["threads"] == 1 for pool in timing.ledger.pools)
    assert timing.ledger.process_threads >= 1


def test_a_worker_that_dies_in_its_turn_is_a_failure_of_its_own(variant: Variant) -> None:
    change = (
        "    for _ in range(epochs):",
        "    if epochs == 33: __import__('os')._exit(9)\n    for _ in range(epochs):",
    )
    mortal = read(variant("mortal", change))
    launch = launched(Entry(BASELINE, {"neuron": 20}), Entry(mortal, {"neuron": 33}))
    assert [t.implementation for t in launch.timings] == [REFERENCE]
    assert len(launch.timings[0].round_nanoseconds) == ROUNDS
    assert [(f.implementation, f.reason) for f in launch.failures] == [("mortal", "its process ended with code 9")]


def test_a_worker_that_raises_says_why_without_a_path(variant: Variant) -> None:
    raising = read(variant("raising", ("Parameters = list[Array]", "raise OSError(__file__)")))
    launch = launched(Entry(raising, {"neuron": 20}), Entry(BASELINE, {"neuron": 20}))
    assert [t.implementation for t in launch.timings] == [REFERENCE]
    (failure,) = launch.failures
    assert failure.reason == "OSError: raising.py"


def test_nobody_left_is_no_timing(variant: Variant) -> None:
    raising = read(variant("raising_too", ("Parameters = list[Array]", "raise OSError('no')")))
    launch = launched(Entry(raising, {"neuron": 20}))
    assert (launch.timings, [f.reason for f in launch.failures]) == ([], ["OSError: no"])


def test_workloads_come_one_after_the_other_in_the_order_of_the_launch() -> None:
    launch = launched(Entry(BASELINE, {"hidden": 5, "neuron": 10}), Entry(BASELINE, {"hidden": 5}, copy=True))
    assert launch.timings[0].workload == "neuron"
    assert {(t.workload, t.copy, t.epochs_per_round) for t in launch.timings} == {
        ("neuron", False, 10),
        ("hidden", False, 5),
        ("hidden", True, 5),
    }
    assert launch.failures == []
    assert launch.seconds_starting > 0


def test_a_worker_that_is_killed_costs_what_it_had_not_handed_in() -> None:
    launch = Launch(0, ["neuron", "hidden"], [Entry(BASELINE, {"neuron": 5, "hidden": 5})] * 2, random.Random(0))
    try:
        launch.start([[cpu] for cpu in allowed_cpus()])
        launch.wait()
        launch._take_turns("neuron", 2)
        launch._workers[1]._process.kill()
        launch._take_turns("hidden", 2)
    finally:
        launch.stop()
    assert [t.workload for t in launch.timings] == ["neuron", "neuron", "hidden"]
    assert [(f.workload, f.reason) for f in launch.failures] == [("hidden", "its process ended with code -9")]
