"""The sentences under a table: what was measured, and why it is weak where it is."""

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.planted import (
    changed,
    planted,
    retimed,
    with_implementation,
    with_plan,
    with_settings,
    with_timings,
)
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.timing import Failure, Timing
from xorbench.tables.captions import caption, how_timed, two_digits
from xorbench.tables.weaknesses import marks, weaknesses


def test_a_caption_says_where_with_what_and_how_much() -> None:
    text = caption(planted({"other": [0.5] * 6}, control=[0.01, -0.01] * 3, drifting=0))
    for part in (
        "Some CPU, 1 of 2 CPUs used for timing, Linux",
        f"Python 3.11.7, {REFERENCE} 1, other 1",
        f"operating-system threads: {REFERENCE} 1, other 1; threads in the largest thread pool: 0",
        "6 launches x 22 rounds; turns took 60% of 8 s",
        "noise floor (A/A) 1.00 (0.989 to 1.012); second A/A control (short against long rounds) 1.00",
        "0.0% of the rounds disturbed",
        "2026-01-02T03:04:05Z",
        "; xorbench run.",
    ):
        assert part in text


def test_a_caption_gives_the_rounds_of_every_launch() -> None:
    analysis = with_plan(planted({}), rounds=7)  # of the launches after the pilot, of which there is none
    assert "6 launches x 22 rounds" in caption(analysis)
    launches = analysis.record.launches
    longer = [*launches[:2], *(replace(launch, rounds=30) for launch in launches[2:])]
    assert "6 launches x 22 or 30 rounds" in caption(changed(analysis, launches=longer))


def test_a_caption_of_rounds_of_one_length_has_no_second_control() -> None:
    analysis = with_timings(planted({}), lambda timing: replace(timing, epochs=[100] * 22))
    assert "noise floor (A/A) 1.00" in caption(analysis)
    assert "second A/A control" not in caption(analysis)


def test_a_caption_says_what_is_in_other_environments() -> None:
    analysis = planted({"other": [0.5] * 6, "other@old": [0.6] * 6})
    about = {"framework": "other", "version": "0", "interpreter": "old", "file": "other"}
    analysis = with_implementation(analysis, "other@old", **about)
    environment = replace(analysis.record.environment, others={"old": {"python": "3.12.1"}})
    analysis = changed(analysis, environment=environment)
    assert f"Python 3.11.7, {REFERENCE} 1, other 1; other 0 in old (Python 3.12.1); operating" in caption(analysis)


def test_a_strong_record_has_no_weakness() -> None:
    assert weaknesses(planted({}, control=[0.01, -0.01] * 5, launches=10)) == []


@pytest.mark.parametrize(
    ("launches", "control", "partial", "sentence"),
    [
        (1, [0.0], False, "Only one launch: there are no intervals. Run with --launches 8 "),
        (3, [0.01, -0.01, 0.0], False, "Only 3 launches: the intervals are wide. Run with --launches 8 "),
        (10, [0.01, -0.01] * 5, True, "The run was interrupted"),
        (10, [0.04, 0.05] * 5, False, "Unfit: the baseline against itself came out as 1.04"),
    ],
)
def test_a_weak_record_says_so_and_what_would_help(
    launches: int, control: list[float], partial: bool, sentence: str
) -> None:
    (found,) = weaknesses(planted({}, control=control, launches=launches, partial=partial))
    assert found.startswith(sentence)
    assert "Run" in found


def test_a_budget_that_bought_few_launches_is_too_small() -> None:
    analysis = planted({}, control=[0.01, -0.01, 0.0], launches=3)
    analysis = with_settings(analysis, launches=None, rounds=None, budget_minutes=4.0)
    assert "Run with --budget 8 for narrower intervals." in weaknesses(analysis)[0]
    analysis = with_settings(analysis, sweep=True)  # whose budget is one of several numbers of threads
    assert "Run with --launches 8 for narrower intervals." in weaknesses(analysis)[0]


def test_lost_launches_are_counted() -> None:
    failures = [Failure(launch, "hidden", "other", copy=False, reason="died") for launch in (-1, 3, 4)]  # -1: the pilot
    analysis = planted({}, control=[0.01, -0.01] * 5, launches=10, failures=failures)
    assert weaknesses(analysis) == [
        "other failed in 2 of its processes: died. Only rounds that were finished before are counted."
    ]


def test_a_lost_launch_has_the_reason_of_the_first_one_that_was_lost() -> None:
    def lost(launch: int, name: str, reason: str) -> Failure:
        return Failure(launch, "hidden", name, copy=False, reason=reason)

    failures = [
        lost(-1, "other", "OSError: cold"),  # in its cold start, which is none of its launches
        lost(2, "other", "ValueError: seven"),
        lost(5, "other", "it exited with code 3"),
        lost(6, REFERENCE, "it sent nonsense"),
        lost(-1, "cold", "OSError: cold"),
    ]
    assert weaknesses(planted({}, control=[0.01, -0.01] * 5, launches=10, failures=failures)) == [
        "other failed in 2 of its processes: ValueError: seven. Only rounds that were finished before are counted.",
        f"{REFERENCE} failed in 1 of its processes: it sent nonsense. "
        "Only rounds that were finished before are counted.",
    ]


@pytest.mark.parametrize("series", ["cpu_nanoseconds", "waited_nanoseconds"])
def test_a_record_of_wall_time_says_so(series: str) -> None:
    analysis = planted({}, control=[0.01, -0.01] * 5, launches=10)
    assert how_timed(analysis)[0] == "Times are CPU time, or wall time minus waiting for a CPU, whichever is longer."
    unknown: dict[str, Any] = {series: [None] * 22}
    analysis = with_timings(analysis, lambda timing: replace(timing, **unknown))
    (found,) = weaknesses(analysis)
    assert found.startswith("Rounds were timed by wall time, which other processes on the CPU lengthen.")
    assert how_timed(analysis)[0] == "Times are wall time."


def test_on_several_cpus_wall_time_is_no_weakness_and_is_said() -> None:
    analysis = with_settings(planted({}, control=[0.01, -0.01] * 5, launches=10), threads=2)
    assert weaknesses(analysis) == []
    assert how_timed(analysis)[0] == "Times are wall time."


def with_steal(analysis: Analysis, seconds: float | None) -> Analysis:
    """The record of launches from each of which so many seconds were stolen."""
    launches = [replace(launch, steal_seconds=seconds) for launch in analysis.record.launches]
    return changed(analysis, launches=launches)


@pytest.mark.parametrize(
    ("stolen", "threads", "warned"), [(0.021, 1, True), (0.019, 1, False), (0.039, 2, False), (0.042, 2, True)]
)
def test_steal_above_2_percent_is_a_warning(stolen: float, threads: int, warned: bool) -> None:
    # So many seconds of each launch of one second, on all CPUs together.
    analysis = with_settings(planted({}, control=[0.01, -0.01] * 5, launches=10), threads=threads)
    warnings = weaknesses(with_steal(analysis, stolen))
    found = [sentence for sentence in warnings if sentence.startswith("Other virtual machines used the CPU")]
    assert bool(found) is warned
    assert not found or f"for {stolen / threads:.1%} of the time of the launches (steal)" in found[0]


def test_where_the_system_does_not_tell_of_steal_there_is_no_warning() -> None:
    analysis = planted({}, control=[0.01, -0.01] * 5, launches=10)
    assert weaknesses(with_steal(analysis, None)) == []


RISING = [0.002 * launch for launch in range(10)]


def test_launches_that_resemble_the_ones_before_them_are_a_warning() -> None:
    analysis = planted({"other": RISING}, control=[0.001, -0.001] * 5, launches=10)
    assert weaknesses(analysis) == []  # beside the control, which is one of the rows and goes to and fro
    analysis = planted({"other": RISING, "one": RISING}, control=RISING, launches=10)
    found = analysis.autocorrelation
    assert found is not None
    # Of 0 to 9, scaled to unit variance, the products of neighbours add up to 7 of 10.
    assert found.value == pytest.approx(0.7, abs=0.001)
    assert found.p < 0.001
    (warning,) = [sentence for sentence in weaknesses(analysis) if "correlated" in sentence]
    assert warning.startswith("Successive launches are correlated (lag-1 autocorrelation 0.70, p = 0.000)")
    assert "Lag-1 autocorrelation of launches: 0.70 (p = 0.00)." in how_timed(analysis)


def test_fewer_launches_than_four_tell_nothing_of_each_other() -> None:
    analysis = planted({"other": [0.1, 0.2, 0.3]}, launches=3)
    assert analysis.autocorrelation is None
    assert how_timed(analysis) == ["Times are CPU time, or wall time minus waiting for a CPU, whichever is longer."]
    assert how_timed(planted({}, timings=[])) == []


def test_a_run_of_which_most_rounds_are_slow_is_unfit_in_the_first_sentence() -> None:
    analysis = planted({}, control=[0.001, -0.001] * 5, launches=10, drifting=0)
    slow = retimed(analysis, lambda _timing, number, nanoseconds: nanoseconds * (1.5 if number < 16 else 1))
    assert weaknesses(slow)[0].startswith(
        "Unfit: 73% of the rounds were slow, expected at most 50%. The ratios of this run are not "
    )


def test_what_was_not_resolved_is_named() -> None:
    analysis = planted({"near": [0.05, -0.05] * 5}, control=[0.01, -0.01] * 5, launches=10)
    analysis = with_settings(analysis, resolution=0.02)
    (found,) = weaknesses(analysis)
    assert found.startswith("The half-width of the interval is over 2 %, and it contains 1: near (hidden).")


def test_the_caption_has_the_marks_and_each_weakness_has_one() -> None:
    strong = planted({}, control=[0.01, -0.01] * 5, launches=10)
    assert marks(strong) == []
    assert "marked" not in caption(strong)
    weak = with_settings(planted({}, control=[0.01, -0.01, 0.0], launches=3, partial=True), quick=True)
    assert marks(weak) == ["interrupted", "quick run", "few launches"]
    assert "; marked: interrupted, quick run, few launches; " in caption(weak)
    assert len(weaknesses(weak)) == 3
    assert marks(changed(strong, resumed=True)) == ["resumed"]
    assert "; marked: resumed; " in caption(changed(strong, resumed=True))


def test_an_interval_over_a_factor_of_two_is_a_warning_and_many_rows_are_counted() -> None:
    far = {f"n{number}": [1.0 if launch % 5 == number % 5 else 0.0 for launch in range(10)] for number in range(6)}
    still = {f"still_{number}": [0.5] * 10 for number in range(9)}  # which say that no launch was slow
    found = weaknesses(planted(far | still, control=[0.01, -0.01] * 5, launches=10))
    (wide,) = [sentence for sentence in found if sentence.startswith("The interval is over a factor of 2")]
    assert re.search(r": (n\d \(hidden\), ){3}n\d \(hidden\) and 2 more\. Run with ", wide)


@pytest.mark.parametrize(("share", "warned"), [(0.2, False), (0.3, True)])
def test_many_disturbed_rounds_are_a_warning(share: float, warned: bool) -> None:
    def waiting(timing: Timing) -> Timing:
        return replace(timing, waited_nanoseconds=[10**6 if n < share * 22 else 0 for n in range(22)])

    analysis = with_timings(planted({}, control=[0.01, -0.01] * 5, launches=10), waiting)
    sentence = "32 % of the rounds were disturbed. Repeat on a quieter machine."  # 7 of 22
    assert (sentence in weaknesses(analysis)) == warned


def test_two_digits_are_two_and_no_power_of_ten() -> None:
    numbers = {1.75: "1.8", 0.0123: "0.012", 12.3: "12", 99.6: "100", 1234.0: "1,200", 0.999: "1.0"}
    assert {two_digits(number) for number in numbers} == {*numbers.values()}
