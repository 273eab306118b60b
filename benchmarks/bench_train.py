"""The timed thing, as an ordinary pytest-benchmark benchmark: the steady state of training.

`pytest benchmarks/` runs one after the other and takes all of pytest-benchmark's options. For ratios use
`xorbench run`, which starts this same file once for each implementation and lets them take turns.

`subject` is asked for before `benchmark`: what may not be timed fails before there is a clock that nobody used.
"""

from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.clock.subject import Subject
from benchmarks.conftest import Turn


def test_train(subject: Subject, benchmark: BenchmarkFixture, turn: Turn) -> None:
    epochs, rounds = turn.epochs_per_round, turn.rounds
    subject.train(epochs)  # may compile for this number of epochs

    def setup() -> None:
        turn.wait()
        subject.before(epochs)

    def teardown(_epochs: int) -> None:
        subject.after()

    benchmark.extra_info["epochs_per_round"] = epochs
    benchmark.pedantic(subject.train, args=(epochs,), setup=setup, teardown=teardown, rounds=rounds)
