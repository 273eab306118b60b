"""Which CPUs a process may use, and which are on other cores."""

from pathlib import Path

import pytest

from xorbench import affinity


def test_a_child_starts_on_one_cpu_and_the_parent_stays_free() -> None:
    before = affinity.allowed_cpus()
    with affinity.started_on(before[-1]):
        assert affinity.allowed_cpus() == [before[-1]]
    assert affinity.allowed_cpus() == before


@pytest.mark.parametrize(
    ("siblings", "apart"), [("0", [1, 2, 3, 5]), ("0,2", [1, 3, 5]), ("0-1", [2, 3, 5]), ("0-1,3-4", [2, 5])]
)
def test_what_is_apart_from_a_cpu_is_another_core(
    siblings: str, apart: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(affinity, "allowed_cpus", lambda: [0, 1, 2, 3, 5])
    monkeypatch.setattr(Path, "read_text", lambda _path: f"{siblings}\n")  # as the system writes it
    assert affinity.cpus_on_other_cores(0) == apart


def test_a_cpu_of_which_the_system_says_nothing_has_none_apart() -> None:
    assert affinity.cpus_on_other_cores(100_000) == []
