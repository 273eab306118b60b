"""One run: what was refused is not timed, and what was finished is kept."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import BASELINE, SINGLE, Variant
from xorbench.affinity import allowed_cpus
from xorbench.clock import budget as rounds_in_a_budget
from xorbench.clock.reference import Reference
from xorbench.clock.turns import Launch
from xorbench.consistency import rules
from xorbench.contract import REFERENCE, Implementation, read
from xorbench.estimates import timing_table as estimates
from xorbench.estimates.analysis import Analysis
from xorbench.failure import HarnessError
from xorbench.judging.judge import judge
from xorbench.judging.scope import Scope
from xorbench.record import store
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.record.timing import Failure, LaunchRecord, Ledger, Timing, Usage
from xorbench.suite import Plan, Settings, Suite, calibration, pilot, suite
from xorbench.suite.calibration import Calibration
from xorbench.suite.measurement import SECONDS_TO_FINISH
from xorbench.workloads import WORKLOADS

SETTINGS = Settings(launches=2, rounds=4, points=2, cpu=allowed_cpus()[-1], seed=0, quick=True, cold_starts=1)
NEURON = [WORKLOADS["neuron"]]


@pytest.fixture(scope="module")
def report() -> Report:
    """The judge's report on the baseline, for runs in which nothing else is timed."""
    return judge([BASELINE], NEURON, SETTINGS.points, SETTINGS.seed, thorough=False)


def recorded(
    implementations: list[Implementation], settings: Settings = SETTINGS, report: Report | None = None
) -> Record:
    session = Suite(implementations, NEURON, settings, report)
    session.run()
    record = session.record("xorbench run")
    store.parsed(store.as_text(record))
    return record


PYTEST = "'pytest' in __import__('sys').modules"
"""Whether the clock is looking."""

LOOP = "    for _ in range(epochs):"


@pytest.fixture(scope="module")
def record(variant: Variant) -> Record:
    """One run of the reference, of the same text again, and of some with faults that show at different times."""
    changes = {
        "right": (LOOP, LOOP),
        "wrong": ("delta = outputs - targets", "delta = targets - outputs"),
        "shy": (LOOP, f"    if {PYTEST}: 1 / 0\n{LOOP}"),
        "lazy": ("range(epochs):", f"range(epochs - ({PYTEST})):"),
        "shivers": (LOOP, f"    if 'xorbench' not in __import__('sys').modules: raise OSError('cold')\n{LOOP}"),
    }
    return recorded([BASELINE, *(read(variant(name, change)) for name, change in changes.items())])


@pytest.fixture(scope="module")
def rows(record: Record) -> dict[str, estimates.Row]:
    return {row.implementation: row for row in Analysis(record).rows}


def test_what_the_judge_refused_is_not_timed(record: Record, rows: dict[str, estimates.Row]) -> None:
    timed = {(t.implementation, t.copy, t.launch) for t in record.timings}
    workers = ((REFERENCE, False), (REFERENCE, True), ("right", False), ("lazy", False), ("shivers", False))
    assert timed == {(name, copy, launch) for name, copy in workers for launch in (0, 1)}
    assert (rows["wrong"].verdict, rows["wrong"].ratio) == ("outside", None)
    assert "times the bound" in str(rows["wrong"].reason)
    assert rows["right"].ratio is not None
    assert not record.partial


@pytest.mark.slow
def test_what_is_wrong_only_in_a_dtype_that_is_not_timed_is_timed(variant: Variant) -> None:
    session = Suite([BASELINE, read(variant("single", SINGLE))], [WORKLOADS["hidden-float32"]], SETTINGS)
    session.run()
    record = session.record("xorbench run")
    assert [row.implementation for row in Analysis(record).rows if row.ratio is None] == []
    outside = {(r.implementation, r.dtype) for r in record.gradients.rows if r.verdict == "outside"}
    assert outside == {("single", "float64")}


def test_a_worker_lost_in_its_launches_is_a_row_with_the_reason(rows: dict[str, estimates.Row]) -> None:
    assert rows["shy"].verdict == "failed"
    assert "ZeroDivisionError" in str(rows["shy"].reason)
    assert rows[REFERENCE].verdict == "baseline"


def test_a_breach_of_the_rules_refuses_the_row_and_no_other(rows: dict[str, estimates.Row]) -> None:
    # It does what it is asked for while it is judged, and one epoch less where pytest holds the clock.
    assert rows["lazy"].verdict == "refused"
    assert "wrong end state: after " in str(rows["lazy"].reason)


def test_cold_starts_are_counted_and_their_failures_named(record: Record) -> None:
    assert sorted(start.implementation for start in record.cold_starts) == ["lazy", REFERENCE, "right"]
    cold = [(f.implementation, f.reason) for f in record.failures if f.implementation == "shivers"]
    assert cold == [("shivers", "OSError: cold")]


def test_without_the_baseline_nothing_is_timed(variant: Variant) -> None:
    wrong = read(variant("numpy_backprop", ("delta = outputs - targets", "delta = targets - outputs")))
    record = recorded([wrong, read(variant("right"))])
    assert record.timings == []
    assert {row.verdict for row in Analysis(record).rows} == {"outside", "untimed"}
    assert [*rules.contradictions(replace(record, command="xorbench run --quick"))] == []


def test_where_nothing_can_be_timed_the_record_has_no_launch_and_does_not_contradict_itself(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker of the reference is killed while it is calibrated."""
    lost = Failure(-1, "neuron", REFERENCE, copy=False, reason="its worker ended")
    monkeypatch.setattr(suite, "calibrate", lambda *_arguments, **_options: Calibration([], [lost], {}, 0.0))
    record = recorded([BASELINE], replace(SETTINGS, launches=3), report)
    assert (record.plan.launches, record.launches, record.failures) == (0, [], [lost])
    assert [*rules.contradictions(replace(record, command="xorbench run --quick"))] == []


@pytest.mark.slow
def test_what_the_baseline_is_lost_on_while_it_is_calibrated_is_not_timed(variant: Variant) -> None:
    """The worker of the baseline ends when its rounds of the second workload are prepared."""
    ends = f"    if {PYTEST} and len(parameters) == 4 and epochs == 10: raise SystemExit\n"
    baseline, right = read(variant(REFERENCE, (LOOP, ends + LOOP))), read(variant("right"))
    settings = replace(SETTINGS, cold_starts=0, seed=next(n for n in range(9) if order_of(n)[0] == "neuron"))
    session = Suite([baseline, right], [*NEURON, WORKLOADS["hidden"]], settings)
    session.run()
    record = session.record(f"xorbench run --quick --seed={settings.seed}")
    assert {timing.workload for timing in record.timings} == {"neuron"}
    assert [(lost.launch, lost.workload, lost.implementation) for lost in record.failures] == [
        (-1, "hidden", REFERENCE)
    ]
    assert [*rules.contradictions(record)] == []


def order_of(seed: int) -> list[str]:
    """Return the order of the workloads of the calibration of a run with this seed."""
    return Random(seed).sample(["neuron", "hidden"], 2)


def test_nothing_judged_is_nothing_to_record() -> None:
    with pytest.raises(ValueError, match="before the gradients are judged"):
        Suite([BASELINE], NEURON, SETTINGS).record("xorbench run")


def test_a_run_ends_when_its_budget_is_used(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pilot, "PILOT_LAUNCHES", 2)
    monkeypatch.setattr(pilot, "PILOT_ROUNDS", 4)
    monkeypatch.setattr(rounds_in_a_budget, "MOST_ROUNDS", 8)
    monkeypatch.setattr(Suite, "_left", lambda session: 60.0 if len(session.launches) < 4 else 0.0)
    monkeypatch.setattr(pilot, "seconds_of_a_launch", lambda _launches, _planned: 1.0)
    budget = replace(SETTINGS, launches=None, rounds=None, budget_minutes=1.0, cold_starts=0)
    record = recorded([BASELINE], budget, report)
    plan = record.plan
    assert plan.pilot_launches == 2
    assert plan.launches == len(record.launches) == 4
    assert {launch.rounds for launch in record.launches[2:]} == {plan.rounds}
    assert (plan.half_width or 0) >= 0
    assert (plan.looks, plan.confidence) == (1, 0.95)


@pytest.mark.slow
@pytest.mark.parametrize(("affordable", "made"), [(0, 2), (3, 3), pytest.param(6, 6, marks=pytest.mark.slow)])
def test_a_pilot_of_a_slow_machine_ends_with_the_budget_after_two_launches_at_least(
    report: Report, monkeypatch: pytest.MonkeyPatch, affordable: int, made: int
) -> None:
    monkeypatch.setattr(pilot, "PILOT_ROUNDS", 2)
    monkeypatch.setattr(rounds_in_a_budget, "MOST_ROUNDS", 8)
    monkeypatch.setattr(Suite, "_left", lambda session: 60.0 if len(session.launches) < affordable else 0.0)
    monkeypatch.setattr(pilot, "seconds_of_a_launch", lambda _launches, _planned: 1.0)
    budget = replace(SETTINGS, launches=None, rounds=None, budget_minutes=1.0, cold_starts=1)
    record = recorded([BASELINE], budget, report)
    assert len(record.launches) == record.plan.launches == made
    assert record.plan.pilot_launches == min(made, 4)
    # No cold start is made where the launches need all that is left.
    assert len(record.cold_starts) == (affordable > 0)


@pytest.mark.slow
def test_the_cost_of_a_launch_is_estimated_again_after_every_launch(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimated = []

    def seconds(launches: Sequence[LaunchRecord], _planned: Plan) -> float:
        estimated.append(len(launches))
        return 1.0 if len(launches) < 4 else 61.0

    monkeypatch.setattr(pilot, "PILOT_LAUNCHES", 2)
    monkeypatch.setattr(pilot, "PILOT_ROUNDS", 4)
    monkeypatch.setattr(rounds_in_a_budget, "MOST_ROUNDS", 8)
    monkeypatch.setattr(Suite, "_left", lambda session: 60.0 if len(session.launches) < 6 else 0.0)
    monkeypatch.setattr(pilot, "seconds_of_a_launch", seconds)
    record = recorded([BASELINE], replace(SETTINGS, launches=None, rounds=None, budget_minutes=1.0), report)
    assert len(record.launches) == 4
    assert {2, 3, 4} <= {*estimated}


def test_the_budget_is_for_the_whole_command(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([1_000.0, 1_030.0])
    monkeypatch.setattr("xorbench.suite.session.perf_counter", lambda: next(now))
    session = Suite([BASELINE], NEURON, replace(SETTINGS, launches=None, budget_minutes=2.0))
    assert session._left() == 90 - SECONDS_TO_FINISH


@pytest.mark.slow
def test_a_resolution_that_is_reached_ends_the_run(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pilot, "PILOT_LAUNCHES", 2)
    monkeypatch.setattr(pilot, "PILOT_ROUNDS", 4)
    monkeypatch.setattr(rounds_in_a_budget, "MOST_ROUNDS", 40)
    monkeypatch.setattr(pilot, "FIRST_LOOK", 3)
    budget = replace(SETTINGS, launches=None, rounds=None, budget_minutes=5.0, resolution=0.9, cold_starts=0)
    record = recorded([BASELINE], budget, report)
    assert len(record.launches) == record.plan.launches == 3
    assert (record.plan.looks, record.plan.confidence) == (1, 0.975)


def test_whatever_is_raised_the_launches_that_were_finished_are_kept(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Launch.run

    def broken(launch: Launch, cpus: list[int], rounds: int, done: None) -> None:
        if launch.number == 1:
            raise RuntimeError("a mistake of the driver")
        run(launch, cpus, rounds, done)

    monkeypatch.setattr(Launch, "run", broken)
    session = Suite([BASELINE], NEURON, SETTINGS, report)
    with pytest.raises(RuntimeError, match="a mistake of the driver"):
        session.run()
    record = session.record("xorbench run")
    store.parsed(store.as_text(record))
    assert record.partial
    assert {t.launch for t in record.timings} == {0}
    # One round of each length is always compared; all are where the reference needs less than a second for them.
    assert {t.compared_rounds for t in record.timings} == {SETTINGS.rounds}


@pytest.mark.slow
def test_a_reference_that_ends_refuses_no_row_and_its_launch_is_not_kept(
    report: Report, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    fragile = read(variant("fragile", (LOOP, f"    __import__('os')._exit(3)\n{LOOP}")))
    monkeypatch.setattr(Suite, "_reference", lambda _session: Reference(fragile, allowed_cpus()))
    session = Suite([BASELINE], NEURON, SETTINGS, report)
    with pytest.raises(HarnessError, match=r"^while the reference trained from the starts of rounds, a process ended"):
        session.run()
    record = session.record("xorbench run")
    assert (record.launches, record.timings) == ([], [])


@pytest.mark.slow
def test_the_text_is_described_before_anything_is_measured(variant: Variant) -> None:
    path = variant("vanishing")
    session = Suite([BASELINE, read(path)], NEURON, SETTINGS)
    before = session.head.about.implementations[1].source_sha256
    path.unlink()
    session.run()
    record = session.record("xorbench run")
    store.parsed(store.as_text(record))
    assert record.implementations[1].source_sha256 == before
    assert {row.implementation: row.verdict for row in Analysis(record).rows}["vanishing"] == "failed"
    assert {t.implementation for t in record.timings} == {REFERENCE}


LEDGER = Ledger("0" * 64, "float64", "float64", 1, 0, False, False, 1, [], [0], {})
CALIBRATION = Timing(
    launch=-1,
    workload="neuron",
    implementation=REFERENCE,
    copy=False,
    epochs=[100, 50],
    round_nanoseconds=[10**6, 10**6],
    cpu_nanoseconds=[None, None],
    waited_nanoseconds=[None, None],
    positions=[0, 0],
    involuntary_switches=[None, None],
    ledger=LEDGER,
    usage=Usage(150, None, None, None, None),
)


@given(st.floats(1e-8, 1), st.floats(0, 0.1), st.integers(1, 50_000).map(lambda half: 2 * half))
def test_long_rounds_take_three_milliseconds_as_nearly_as_whole_epochs_allow(
    seconds: float, start: float, most: int
) -> None:
    epochs = calibration.of_a_round(seconds, start, most)
    assert epochs % 2 == 0
    assert 2 <= epochs <= most
    wanted = max(0.003 - start, 0.0015)
    if 2 < epochs < most:
        assert abs(epochs * seconds - wanted) <= 1.001 * seconds  # of two neighbours the nearer
    elif epochs == 2 < most:
        assert 3 * seconds >= wanted * 0.999


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**7))
def test_the_pace_is_that_of_the_shortest_rounds(each: int, start: int, more: int) -> None:
    times = [start + 100 * each + more, start + 50 * each, start + 100 * each, start + 50 * each + more]
    nothing: list[int | None] = [None] * 4
    timing = replace(
        CALIBRATION,
        epochs=[100, 50, 100, 50],
        round_nanoseconds=times,
        cpu_nanoseconds=nothing,
        waited_nanoseconds=nothing,
    )
    assert calibration.pace(timing, 1) == pytest.approx((each / 1e9, start / 1e9), abs=1e-15)
    waiting: list[int | None] = [0, 7, 0, 7]
    by_cpu = replace(
        timing,
        round_nanoseconds=[time + (waited or 0) for time, waited in zip(times, waiting, strict=True)],
        waited_nanoseconds=waiting,
        cpu_nanoseconds=[1] * 4,
    )
    assert calibration.pace(by_cpu, 1) == pytest.approx((each / 1e9, start / 1e9), abs=1e-15)


def test_a_pace_that_makes_no_sense_is_that_of_long_rounds() -> None:
    timing = replace(CALIBRATION, round_nanoseconds=[1000, 2000])  # the short round took longer
    assert calibration.pace(timing, 1) == (1e-8, 0.0)


@pytest.mark.parametrize("quick", [True, False])
def test_a_quick_run_is_not_judged_thoroughly(quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[bool, bool]] = []

    def noted(*_what: object, thorough: bool, scope: Scope, **_how: object) -> None:
        asked.append((thorough, scope.to_the_end))
        raise KeyboardInterrupt

    monkeypatch.setattr("xorbench.suite.suite.judge", noted)
    with pytest.raises(KeyboardInterrupt):
        Suite([BASELINE], NEURON, replace(SETTINGS, quick=quick)).run()
    assert asked == [(not quick, not quick)]


def test_what_chooses_its_rounds_begins_with_launches_of_200() -> None:
    budget = replace(SETTINGS, launches=None, rounds=None, budget_minutes=1.0)
    assert Suite([BASELINE], NEURON, budget).plan == Plan(rounds=200, launches=0)
    assert Suite([BASELINE], NEURON, SETTINGS).plan == Plan(rounds=4, launches=2)
