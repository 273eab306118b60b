"""The report of the judge as a page: what has failed comes first, and everybody can read it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser import launched, visit
from tests.planted import implementation
from tests.shown import report
from xorbench import report as document
from xorbench.contract import REFERENCE
from xorbench.record.report import FAILED, MISSING, NOT_OFFERED, OUTSIDE, Counterexample, Judgement, Reading, Report
from xorbench.tables import judge_report
from xorbench.tables.cells import NONE

READING = Reading(0.1, 2e9, "random point 3", [1, 0], 1.0, 2.0)


def judged() -> Report:
    """A report on one that is right, one that is wrong, one that is missing, and one that does not offer a workload."""
    good = report((REFERENCE,))
    rows = [
        *good.rows,
        Judgement("wrong", "hidden", "float64", "W1", 10, OUTSIDE, "W1 is 1.0", READING, READING, READING),
        Judgement("absent", "hidden", "float64", "W1", 0, MISSING, "no_library is not installed"),
        Judgement("modest", "hidden", "float64", "W1", 0, NOT_OFFERED, "no sigmoid"),
    ]
    return replace(good, rows=rows, counterexamples=[Counterexample("wrong", "hidden", "float64", "print(1)\n" * 30)])


def test_the_summary_names_failures_first() -> None:
    assert judge_report.summary(judged()) == (
        "Not passed: wrong is outside on hidden; absent is missing on hidden; modest is not offered on hidden; "
        f"{REFERENCE} is inside on hidden."
    )
    assert judge_report.summary(report((REFERENCE,))) == f"Passed: {REFERENCE} is inside on hidden."


def test_what_was_not_judged_has_no_largest_error_anywhere() -> None:
    lines = judge_report.gradients(judged()).frame.set_index("implementation")
    assert list(lines["entry"]) == [NONE, "W1[1, 0]", NONE, NONE]
    assert lines.loc["modest", "verdict"] == NOT_OFFERED


def test_what_is_not_offered_is_no_failure_and_hides_none() -> None:
    offered = Judgement("modest", "hidden", "float64", "W1", 0, NOT_OFFERED, "no sigmoid")
    failed = Judgement("modest", "hidden", "float64", "W2", 0, FAILED, "ValueError")
    for rows, passed, refusal in (
        ([offered], True, (NOT_OFFERED, "no sigmoid")),
        ([offered, failed], False, (FAILED, "ValueError")),
    ):
        found = replace(report(()), rows=rows)
        assert (found.passed, found.refusal("modest", "hidden")) == (passed, refusal)
    (line,) = judge_report.gradients(replace(report(()), rows=[offered, failed])).frame.to_dict("records")
    assert line["verdict"] == FAILED


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "judged.html"
    about = [implementation(name, framework="numpy", version="2.0") for name in (REFERENCE, "wrong", "modest")]
    assert document.write(path, judged(), about, "xorbench gradients") == [path]
    return path


def test_versions_are_named_once(page: Path) -> None:
    assert page.read_text(encoding="utf-8").count("numpy 2.0") == 1


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_can_be_read_by_everybody(chromium: Browser, page: Path, width: int, scheme: str) -> None:
    with visit(chromium, page, width, scheme) as here:
        found = Axe().run(here.page)
        assert found.violations_count == 0, found.generate_report()
        assert here.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert here.page.locator("main > *").nth(1).inner_text().startswith("Not passed: wrong is outside")
        first = here.page.locator("table").first
        assert first.locator("tr.failure td:first-child").all_inner_texts() == ["wrong", "absent"]
        assert set(first.locator("td.failure").all_inner_texts()) == {"outside", "missing"}
        points = first.locator("td").nth(3)
        assert points.evaluate("cell => getComputedStyle(cell).textAlign") == "right"
        paper, row = (
            here.page.evaluate(f"getComputedStyle(document.querySelector('{part}')).backgroundColor")
            for part in ("body", "tr.failure")
        )
        assert row not in (paper, "rgba(0, 0, 0, 0)")
        dark = sum(map(int, paper.removeprefix("rgb(").removesuffix(")").split(","))) < 3 * 128
        assert dark == (scheme == "dark")
