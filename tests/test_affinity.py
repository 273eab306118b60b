"""Which CPUs a process may use, and which are on other cores."""

from xorbench import affinity


def test_a_child_starts_on_one_cpu_and_the_parent_stays_free() -> None:
    before = affinity.allowed_cpus()
    with affinity.started_on(before[-1]):
        assert affinity.allowed_cpus() == [before[-1]]
    assert affinity.allowed_cpus() == before


def test_what_is_apart_from_a_cpu_is_another_core() -> None:
    for cpu in affinity.allowed_cpus():
        assert cpu not in affinity.cpus_on_other_cores(cpu)
    assert affinity.cpus_on_other_cores(100_000) == []
