"""The timed thing, as an ordinary pytest-benchmark benchmark: the steady state of training.

`pytest benchmarks/` runs one after the other and takes all of pytest-benchmark's options. For ratios use
`xorbench run`, which starts this same file once for each implementation and lets them take turns.

`subject` is asked for before `benchmark`: what may not be timed fails before there is a clock that nobody used.
"""

from pytest_benchmark.fixture import BenchmarkFixture

from xorbench.clock.plugin import Turns
from xorbench.clock.subject import Subject


def test_train(subject: Subject, benchmark: BenchmarkFixture, turns: Turns) -> None:
    with turns.handing_in():
        benchmark.extra_info["epochs_per_round"] = turns.epochs
        benchmark.pedantic(subject.train, setup=turns.begin, teardown=turns.end, rounds=turns.rounds)
