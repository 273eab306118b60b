"""The time of a round: the larger of CPU time and of wall time less waiting; wall time where that is not known."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xorbench.record.round_time import is_by_cpu, nanoseconds, not_waiting

ROUNDS = st.lists(
    st.tuples(st.integers(1, 10**10), st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 10**10)),
    min_size=1,
    max_size=20,
)
"""Of each round: wall time less waiting, CPU time, waiting, and more waiting."""


@pytest.mark.parametrize(
    ("what", "wall", "cpu", "waited", "expected"),
    [
        ("it runs all the time", 3_000, 3_000, 0, 3_000),
        ("it waits for a CPU for a while", 7_000, 3_000, 4_000, 3_000),
        ("it sleeps, or a child process works for it", 3_000, 500, 0, 3_000),
        ("it sleeps and waits for a CPU", 7_000, 500, 4_000, 3_000),
        ("two threads take turns on one CPU", 3_000, 2_900, 2_800, 2_900),
        ("threads wait for longer than the round takes", 3_000, 2_900, 9_000, 2_900),
    ],
)
def test_it_is_the_larger_of_cpu_time_and_wall_time_less_waiting(
    what: str, wall: int, cpu: int, waited: int, expected: int
) -> None:
    assert nanoseconds([wall], [cpu], [waited], threads=1).tolist() == [expected], what


@pytest.mark.parametrize(
    ("cpu", "waited", "threads"),
    [
        ([None, None], [0, 0], 1),
        ([100, 100], [None, None], 1),
        ([100, None], [0, 0], 1),  # not known of one round: then all are wall time
        ([100, 100], [0, None], 1),
        ([100, 100], [900, 900], 2),  # two threads on two CPUs: CPU time is not how long it took
    ],
)
def test_it_is_wall_time_on_several_cpus_and_where_the_system_does_not_tell(
    cpu: Sequence[int | None], waited: Sequence[int | None], threads: int
) -> None:
    assert not is_by_cpu(cpu, waited, threads)
    assert nanoseconds([1_000, 2_000], cpu, waited, threads).tolist() == [1_000, 2_000]


def test_on_one_cpu_of_a_system_that_tells_it_is_by_cpu_time() -> None:
    assert is_by_cpu([100, 0], [0, 100], threads=1)


@settings(deadline=None)
@given(ROUNDS)
def test_more_waiting_for_a_cpu_changes_nothing(rounds: list[tuple[int, int, int, int]]) -> None:
    on, cpu, waited, more = (list(values) for values in zip(*rounds, strict=True))
    wall = [a + b for a, b in zip(on, waited, strict=True)]
    later = [a + b for a, b in zip(wall, more, strict=True)]
    waited_longer = [a + b for a, b in zip(waited, more, strict=True)]
    assert nanoseconds(wall, cpu, waited, 1).tolist() == nanoseconds(later, cpu, waited_longer, 1).tolist()


@settings(deadline=None)
@given(ROUNDS)
def test_it_is_at_least_the_cpu_time_and_above_0(rounds: list[tuple[int, int, int, int]]) -> None:
    wall, cpu, waited, _ = (list(values) for values in zip(*rounds, strict=True))
    found = nanoseconds(wall, cpu, waited, 1).tolist()
    assert all(one >= max(1, of_cpu) for one, of_cpu in zip(found, cpu, strict=True))


def test_what_is_left_without_waiting_is_at_least_1_nanosecond() -> None:
    assert not_waiting([5_000, 3_000, 3_000], [1_000, 3_000, 9_000]).tolist() == [4_000, 1, 1]
