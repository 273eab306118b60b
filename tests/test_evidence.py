"""Evidence: what this system tells is taken down, what another does not is unknown."""

from pathlib import Path

import pytest

from benchmarks.clock import evidence
from benchmarks.clock.evidence import Reading
from benchmarks.environment import allowed_cpus


def test_between_two_readings_things_only_grow() -> None:
    before = evidence.reading()
    sum(range(100_000))
    between = before.until(evidence.reading())
    assert between.involuntary_switches is None or between.involuntary_switches >= 0
    assert between.waited_nanoseconds is None or between.waited_nanoseconds >= 0


def test_what_is_not_told_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "resource", None)
    monkeypatch.setattr(evidence, "_SCHEDSTAT", Path("/nowhere/schedstat"))
    assert evidence.reading() == Reading(None, None)
    assert Reading(1, None).until(Reading(4, 5)) == Reading(3, None)


def test_conditions_are_of_the_cpu() -> None:
    found = evidence.conditions(allowed_cpus()[-1:])
    assert found.load_1_minute is not None
    assert found.load_1_minute >= 0
    assert evidence.conditions([10_000]).steal_seconds is None
