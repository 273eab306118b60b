"""One run: what was refused is not timed, and what was finished is kept."""

from dataclasses import replace
from typing import Any

import pytest
from conftest import Variant
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import ratios, records, suite
from benchmarks.contract import REFERENCE, Implementation, discover, read
from benchmarks.environment import allowed_cpus
from benchmarks.suite import Settings, Suite
from benchmarks.turns import Launch, Timing
from benchmarks.workloads import WORKLOADS

SETTINGS = Settings(launches=2, rounds=3, points=2, cpu=allowed_cpus()[-1], seed=0, quick=True)
NEURON = [WORKLOADS["neuron"]]


def recorded(implementations: list[Implementation], settings: Settings = SETTINGS) -> dict[str, Any]:
    session = Suite(implementations, NEURON, settings)
    session.run()
    record = session.record("xorbench run")
    records.check(record)
    return record


def test_what_the_judge_refused_is_not_timed(variant: Variant) -> None:
    wrong = read(variant("wrong", ("delta = -error * ", "delta = error * ")))
    right = read(variant("right"))
    record = recorded([discover()[0], wrong, right])
    timed = {(t["implementation"], t["copy"], t["launch"]) for t in record["timings"]}
    assert timed == {
        (name, copy, n) for name, copy in ((REFERENCE, False), (REFERENCE, True), ("right", False)) for n in (0, 1)
    }
    rows = {row.implementation: row for row in ratios.rows(record)}
    assert (rows["wrong"].verdict, rows["wrong"].ratio) == ("outside", None)
    assert "times the bound" in str(rows["wrong"].reason)
    assert rows["right"].ratio is not None
    assert not record["partial"]


def test_without_the_baseline_nothing_is_timed(variant: Variant) -> None:
    wrong = read(variant("numpy_backprop", ("delta = -error * ", "delta = error * ")))
    record = recorded([wrong, read(variant("right"))])
    assert record["timings"] == []
    assert {row.verdict for row in ratios.rows(record)} == {"outside", "not timed"}


def test_a_worker_lost_in_its_launches_is_a_row_with_the_reason(variant: Variant) -> None:
    change = (
        "    for _ in range(epochs):",
        "    if 'pytest' in __import__('sys').modules: 1 / 0\n    for _ in range(epochs):",
    )
    record = recorded([discover()[0], read(variant("shy", change))])
    rows = {row.implementation: row for row in ratios.rows(record)}
    assert rows["shy"].verdict == "failed"
    assert "ZeroDivisionError" in str(rows["shy"].reason)
    assert rows[REFERENCE].verdict == "baseline"


def test_an_interrupted_run_keeps_its_finished_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Launch.run

    def interrupted(launch: Launch, cpu: int) -> None:
        if launch.number == 1:
            raise KeyboardInterrupt
        run(launch, cpu)

    monkeypatch.setattr(Launch, "run", interrupted)
    session = Suite([discover()[0]], NEURON, SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        session.run()
    record = session.record("xorbench run")
    assert record["partial"]
    assert {t["launch"] for t in record["timings"]} == {0}


def test_nothing_judged_is_nothing_to_record() -> None:
    with pytest.raises(ValueError, match="judged nothing"):
        Suite([discover()[0]], NEURON, SETTINGS).record("xorbench run")


PILOT = Timing(-1, "neuron", REFERENCE, False, 100, 0.1, [10**6], [0], {})


@given(st.integers(3 * 10**3, 3 * 10**9))
def test_rounds_are_calibrated_to_a_few_milliseconds(nanoseconds: int) -> None:
    pilot = replace(PILOT, round_nanoseconds=[nanoseconds, 10 * nanoseconds])
    epochs = suite._epochs_per_round(pilot)
    seconds = epochs * nanoseconds / pilot.epochs_per_round / 1e9
    assert 0.5 <= seconds / suite.SECONDS_PER_ROUND <= 2 or epochs == 1
