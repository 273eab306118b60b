"""The three numbers above the page."""

from dataclasses import replace

from tests.planted import changed, planted
from tests.shown import shown
from xorbench.estimates.analysis import Analysis
from xorbench.page.facts import facts
from xorbench.record.report import Reading


def numbers(analysis: Analysis) -> list[str]:
    return [fact.number for fact in facts(analysis)]


def judged(*largest: float | None) -> Analysis:
    """A record with these largest errors, one for each implementation, of which the second ended elsewhere."""
    analysis = shown("other")
    report = analysis.record.gradients
    reading = Reading(median=0.1, largest=0.25, where="there", index=[0, 0], value=1.0, truth=1.0)
    rows = [
        replace(row, of_bound=replace(reading, largest=error)) for row, error in zip(report.rows, largest, strict=True)
    ]
    first, second = report.endings
    return changed(analysis, gradients=replace(report, rows=rows, endings=[first, replace(second, verdict="outside")]))


def test_the_facts_are_the_largest_error_the_endings_and_the_noise_floor() -> None:
    assert numbers(judged(0.25, 0.468)) == ["0.468", "1 of 2", "± 0.12 %"]
    assert numbers(judged(0.25, None))[0] == "–"
    analysis = judged(0.25, 5e7)
    first, second = analysis.record.gradients.rows
    rows = [first, replace(second, dtype="float32", decides=False)]
    fact, *_ = facts(changed(analysis, gradients=replace(analysis.record.gradients, rows=rows)))
    assert (fact.number, fact.what[-30:]) == ("0.250", ", in the dtypes that are timed")
    assert numbers(planted({}, launches=1)) == ["–", "–", "unknown"]
