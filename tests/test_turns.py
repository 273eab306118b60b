"""The clock's driver, with real workers: everybody gets every turn, and the lost harm nobody."""

import random

import psutil
from conftest import Variant

from benchmarks.contract import REFERENCE, discover, read
from benchmarks.environment import allowed_cpus
from benchmarks.turns import Entry, Launch

ROUNDS = 6
BASELINE = discover()[0]


def launched(*entries: Entry) -> Launch:
    launch = Launch(7, "neuron", entries, ROUNDS, random.Random(0))
    launch.run(allowed_cpus()[-1])
    children = psutil.Process().children(recursive=True)
    assert not [child for child in children if "benchmarks/bench_train.py" in child.cmdline()]
    return launch


def test_a_launch_hands_in_every_round_of_everybody() -> None:
    launch = launched(Entry(BASELINE, 20), Entry(BASELINE, 20, copy=True))
    assert launch.failures == []
    assert [(t.implementation, t.copy, t.launch, t.workload) for t in launch.timings] == [
        (REFERENCE, False, 7, "neuron"),
        (REFERENCE, True, 7, "neuron"),
    ]
    for timing in launch.timings:
        assert len(timing.round_nanoseconds) == ROUNDS
        assert min(timing.round_nanoseconds) > 0
        assert timing.first_call_seconds > 0
        assert timing.epochs_per_round == 20


def test_every_round_is_one_turn_of_each_in_an_order_that_changes() -> None:
    launch = launched(*(Entry(BASELINE, 1, copy=number > 0) for number in range(3)))
    rounds = list(zip(*(timing.positions for timing in launch.timings), strict=True))
    assert len(rounds) == ROUNDS
    assert all(sorted(positions) == [0, 1, 2] for positions in rounds)
    assert len(set(rounds)) > 1


def test_workers_observe_one_cpu_and_one_thread_in_their_pools() -> None:
    (timing,) = launched(Entry(BASELINE, 1)).timings
    assert timing.observed["cpus"] == [allowed_cpus()[-1]]
    assert all(pool["threads"] == 1 for pool in timing.observed["pools"])
    assert timing.observed["process_threads"] >= 1


def test_a_worker_that_dies_in_its_turn_is_a_failure_of_its_own(variant: Variant) -> None:
    change = (
        "    for _ in range(epochs):",
        "    if epochs == 33: __import__('os')._exit(9)\n    for _ in range(epochs):",
    )
    mortal = read(variant("mortal", change))
    launch = launched(Entry(BASELINE, 20), Entry(mortal, 33))
    assert [t.implementation for t in launch.timings] == [REFERENCE]
    assert len(launch.timings[0].round_nanoseconds) == ROUNDS
    assert [(f.implementation, f.reason) for f in launch.failures] == [("mortal", "its process ended with code 9")]


def test_a_worker_that_raises_says_why_without_a_path(variant: Variant) -> None:
    raising = read(variant("raising", ("Parameters = list[Array]", "raise OSError(__file__)")))
    launch = launched(Entry(raising, 20), Entry(BASELINE, 20))
    assert [t.implementation for t in launch.timings] == [REFERENCE]
    (failure,) = launch.failures
    assert failure.reason == "OSError: raising.py"


def test_nobody_left_is_no_timing(variant: Variant) -> None:
    raising = read(variant("raising_too", ("Parameters = list[Array]", "raise OSError('no')")))
    launch = launched(Entry(raising, 20))
    assert (launch.timings, [f.reason for f in launch.failures]) == ([], ["OSError: no"])
