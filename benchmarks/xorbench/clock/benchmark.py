"""The pytest-benchmark benchmark that times training in its steady state.

`pytest benchmarks/` runs the implementations one after the other and takes all of pytest-benchmark's options, or those
of pytest-codspeed with `--codspeed`. For ratios use `xorbench run`, which starts this file once for each implementation
and lets the processes take turns.

`timed` stands before `benchmark` among the fixtures, so that a refused implementation fails before a benchmark is set
up: pytest-benchmark warns of a benchmark fixture that was never used.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from xorbench.clock.timed_implementation import TimedImplementation
from xorbench.clock.worker_turns import Turns


@pytest.mark.filterwarnings("ignore:.*instrument ignores rounds")  # pytest-codspeed counts instructions of one round
def test_train(timed: TimedImplementation, benchmark: BenchmarkFixture, turns: Turns) -> None:
    with turns.reporting_times():
        benchmark.extra_info["epochs_per_round"] = turns.epochs
        benchmark.pedantic(timed.train, setup=turns.begin, teardown=turns.end, rounds=turns.rounds)
