"""One run: what was refused is not timed, and what was finished is kept."""

from dataclasses import replace
from typing import Any

import pytest
from conftest import Variant
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import records
from benchmarks.clock.ledger import Ledger
from benchmarks.clock.turns import Launch, Timing
from benchmarks.contract import REFERENCE, Implementation, discover, read
from benchmarks.environment import allowed_cpus
from benchmarks.estimates import rows as estimates
from benchmarks.suite import Settings, Suite, calibration, spending
from benchmarks.workloads import WORKLOADS

SETTINGS = Settings(launches=2, rounds=4, points=2, cpu=allowed_cpus()[-1], seed=0, cold_starts=1)
NEURON = [WORKLOADS["neuron"]]


def recorded(implementations: list[Implementation], settings: Settings = SETTINGS) -> dict[str, Any]:
    session = Suite(implementations, NEURON, settings)
    session.run()
    record = session.record("xorbench run")
    records.check(record)
    return record


PYTEST = "'pytest' in __import__('sys').modules"
"""Whether the clock is looking."""

LOOP = "    for _ in range(epochs):"


@pytest.fixture(scope="module")
def record(variant: Variant) -> dict[str, Any]:
    """One run of the reference, of the same text again, and of some with faults that show at different times."""
    changes = {
        "right": (LOOP, LOOP),
        "wrong": ("delta = outputs - targets", "delta = targets - outputs"),
        "shy": (LOOP, f"    if {PYTEST}: 1 / 0\n{LOOP}"),
        "lazy": ("range(epochs):", f"range(epochs - ({PYTEST})):"),
        "shivers": (LOOP, f"    if 'benchmarks' not in __import__('sys').modules: raise OSError('cold')\n{LOOP}"),
    }
    return recorded([discover()[0], *(read(variant(name, change)) for name, change in changes.items())])


@pytest.fixture(scope="module")
def rows(record: dict[str, Any]) -> dict[str, estimates.Row]:
    return {row.implementation: row for row in estimates.rows(record)}


def test_what_the_judge_refused_is_not_timed(record: dict[str, Any], rows: dict[str, estimates.Row]) -> None:
    timed = {(t["implementation"], t["copy"], t["launch"]) for t in record["timings"]}
    players = ((REFERENCE, False), (REFERENCE, True), ("right", False), ("lazy", False), ("shivers", False))
    assert timed == {(name, copy, launch) for name, copy in players for launch in (0, 1)}
    assert (rows["wrong"].verdict, rows["wrong"].ratio) == ("outside", None)
    assert "times the bound" in str(rows["wrong"].reason)
    assert rows["right"].ratio is not None
    assert not record["partial"]


def test_a_worker_lost_in_its_launches_is_a_row_with_the_reason(rows: dict[str, estimates.Row]) -> None:
    assert rows["shy"].verdict == "failed"
    assert "ZeroDivisionError" in str(rows["shy"].reason)
    assert rows[REFERENCE].verdict == "baseline"


def test_a_breach_of_the_rules_refuses_the_row_and_no_other(rows: dict[str, estimates.Row]) -> None:
    # It does what it is asked for while it is judged, and one epoch less where pytest holds the clock.
    assert rows["lazy"].verdict == "refused"
    assert "did not do the epochs that were asked for" in str(rows["lazy"].reason)


def test_cold_starts_are_counted_and_their_failures_named(record: dict[str, Any]) -> None:
    assert sorted(start["implementation"] for start in record["cold_starts"]) == ["lazy", REFERENCE, "right"]
    cold = [(f["implementation"], f["reason"]) for f in record["failures"] if f["implementation"] == "shivers"]
    assert cold == [("shivers", "OSError: cold")]


def test_without_the_baseline_nothing_is_timed(variant: Variant) -> None:
    wrong = read(variant("numpy_backprop", ("delta = outputs - targets", "delta = targets - outputs")))
    record = recorded([wrong, read(variant("right"))])
    assert record["timings"] == []
    assert {row.verdict for row in estimates.rows(record)} == {"outside", "untimed"}


def test_an_interrupted_run_keeps_its_finished_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Launch.run

    def interrupted(launch: Launch, cpus: list[int], rounds: int, done: None) -> None:
        if launch.number == 1:
            raise KeyboardInterrupt
        run(launch, cpus, rounds, done)

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


def test_a_budget_is_spent_after_a_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spending, "PILOT_LAUNCHES", 2)
    monkeypatch.setattr(spending, "PILOT_ROUNDS", 4)
    budget = replace(SETTINGS, launches=None, rounds=None, budget_minutes=0.12, cold_starts=0)
    record = recorded([discover()[0]], budget)
    plan = record["plan"]
    assert plan["pilot_launches"] == 2
    assert plan["launches"] == len(record["launches"]) > 2
    assert {launch["rounds"] for launch in record["launches"][2:]} == {plan["rounds"]}
    assert plan["half_width"] >= 0
    assert (plan["looks"], plan["confidence"]) == (1, 0.95)


def test_a_resolution_that_is_reached_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spending, "PILOT_LAUNCHES", 2)
    monkeypatch.setattr(spending, "PILOT_ROUNDS", 4)
    monkeypatch.setattr(spending, "FIRST_LOOK", 3)
    budget = replace(SETTINGS, launches=None, rounds=None, budget_minutes=5.0, resolution=0.9, cold_starts=0)
    record = recorded([discover()[0]], budget)
    assert len(record["launches"]) == record["plan"]["launches"] == 3
    assert (record["plan"]["looks"], record["plan"]["confidence"]) == (1, 0.975)


LEDGER = Ledger("0" * 64, "float64", "float64", 1, 0.0, [], [], False, False, 1, [], [0], {})
CALIBRATION = Timing(-1, "neuron", REFERENCE, False, 100, [10**6], [0], [0], [0], LEDGER)


@given(st.integers(3 * 10**3, 3 * 10**9))
def test_rounds_are_calibrated_to_a_few_milliseconds(nanoseconds: int) -> None:
    timing = replace(CALIBRATION, round_nanoseconds=[nanoseconds, 10 * nanoseconds])
    epochs = calibration.epochs_per_round([timing, replace(timing, implementation="other")], REFERENCE)["neuron"]
    turns = epochs * nanoseconds / timing.epochs_per_round / 1e9 / calibration.SECONDS_PER_ROUND
    if epochs > calibration.FEWEST_EPOCHS:
        assert 0.5 <= turns <= 2
    else:  # a slow step: ten epochs, as far as ten times the usual length reach
        assert 0.5 <= turns <= 20 or epochs == 1
        assert epochs == calibration.FEWEST_EPOCHS or turns >= 5
