"""The timed thing, as ordinary pytest-benchmark benchmarks: the first call, compilation included, and the steady state.

`pytest benchmarks/` runs them one after the other and takes all of pytest-benchmark's options. For ratios use
`xorbench run`, which starts this same file once for each implementation and lets them take turns.

`train` is asked for before `benchmark`: what may not be timed fails before there is a clock that nobody used.
"""

from collections.abc import Callable

from pytest_benchmark.fixture import BenchmarkFixture


def test_first_call(train: Callable[[int], object], benchmark: BenchmarkFixture, take_turn: Callable[[], None]) -> None:
    benchmark.pedantic(train, args=(1,), setup=take_turn, rounds=1)


def test_train(
    train: Callable[[int], object],
    benchmark: BenchmarkFixture,
    take_turn: Callable[[], None],
    rounds: int,
    epochs_per_round: int,
) -> None:
    def setup() -> None:
        take_turn()
        train(epochs_per_round // 4 + 1)  # others have been here meanwhile: fill the caches again

    benchmark.extra_info["epochs_per_round"] = epochs_per_round
    benchmark.pedantic(train, args=(epochs_per_round,), setup=setup, rounds=rounds)
