"""The statements under the headline."""

from dataclasses import replace

from tests.planted import changed, loud, planted, report
from tests.shown import shown
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.page.facts import facts
from xorbench.record.parts import Verdict
from xorbench.record.report import OUTSIDE, Reading
from xorbench.tables.captions import noise


def texts(analysis: Analysis) -> list[str]:
    return [fact.text for fact in facts(analysis)]


def judged(*largest: float | None, verdict: Verdict = "inside") -> Analysis:
    """A record with these largest errors, one for each implementation; `verdict` is that of the second."""
    analysis = shown("other")
    report = analysis.record.gradients
    reading = Reading(median=0.1, largest=0.25, where="there", index=[0, 0], value=1.0, truth=1.0)
    first, second = (
        replace(row, of_bound=replace(reading, largest=error)) for row, error in zip(report.rows, largest, strict=True)
    )
    return changed(analysis, gradients=replace(report, rows=[first, replace(second, verdict=verdict)]))


def test_they_count_the_gradients_that_passed_and_name_the_worst_error() -> None:
    assert texts(judged(0.25, 0.468))[:2] == ["gradients right in 2 of 2 files", "worst error 0.47 of the bound"]
    assert texts(judged(0.25, 5e7, verdict=OUTSIDE))[0] == "gradients right in 1 of 2 files"
    assert not any("worst" in text for text in texts(judged(0.25, None)))  # not a finite number


def test_what_is_not_timed_in_this_dtype_does_not_count() -> None:
    analysis = judged(0.25, 5e7, verdict=OUTSIDE)
    first, second = analysis.record.gradients.rows
    rows = [first, replace(second, dtype="float32", decides=False)]
    found = texts(changed(analysis, gradients=replace(analysis.record.gradients, rows=rows)))
    assert found[:2] == ["gradients right in 1 of 1 files", "worst error 0.25 of the bound"]


def test_noise_is_stated_by_its_end_that_is_farthest_from_1() -> None:
    analysis = planted({}, control=[-0.02, -0.01, -0.02, -0.01, -0.02, -0.01])
    floor = analysis.noise_floor
    assert floor is not None
    assert floor.low is not None
    (fact,) = (fact for fact in facts(analysis) if fact.text.startswith("noise"))
    assert fact.text == f"noise up to {(1 - floor.low) * 100:.2g} %"
    assert fact.why == noise(analysis, REFERENCE)  # as the terminal says it
    assert fact.bad  # the baseline against itself is more than 1 % off, so that the run is unfit


def test_a_resumed_run_is_marked() -> None:
    assert "resumed" not in texts(planted({}))
    (fact,) = (fact for fact in facts(planted({}, resumed=True)) if fact.text == "resumed")
    assert fact.bad


def test_what_is_not_known_is_said_and_marked() -> None:
    found = facts(planted({}, launches=1, gradients=report([])))
    assert [(fact.text, fact.bad) for fact in found[:2]] == [("no gradient was judged", True), ("noise unknown", True)]


def test_an_unfit_run_is_marked_whatever_it_says_of_itself() -> None:
    assert "unfit: ratios not reliable" in texts(loud(shown("other")))
    assert "unfit: ratios not reliable" not in texts(changed(shown("other"), unfit="why"))
