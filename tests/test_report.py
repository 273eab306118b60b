"""The report of the judge as a page: what has failed comes first, and everybody can read it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from axe_playwright_python.sync_playwright import Axe
from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from tests.browser import launched, visit
from tests.planted import implementation
from tests.shown import NASTY, all_wrong, report
from xorbench import report as document
from xorbench.contract import REFERENCE
from xorbench.record.parts import Dtype
from xorbench.record.report import FAILED, MISSING, NOT_OFFERED, OUTSIDE, Counterexample, Judgement, Reading, Report
from xorbench.tables.cells import NONE
from xorbench.tables.gradients import gradients

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
    examples = [Counterexample("wrong", "hidden", dtype, "print(1)\n" * 30) for dtype in get_args(Dtype)]
    return replace(good, rows=rows, counterexamples=examples)


def test_what_was_not_judged_has_no_largest_error_anywhere() -> None:
    lines = gradients(judged()).frame.set_index("implementation")
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
    (line,) = gradients(replace(report(()), rows=[offered, failed])).frame.to_dict("records")
    assert line["verdict"] == FAILED


def test_markdown_has_the_verdict_first_and_then_the_smallest_example(tmp_path: Path) -> None:
    path = tmp_path / "judged.md"
    script = "print('```')\n"
    found = replace(judged(), counterexamples=[Counterexample("wr|ng", "hidden", "float64", script)])
    written = document.write(path, found, [], "xorbench gradients")
    assert written[0] == path
    text = path.read_text(encoding="utf-8")
    places = [
        text.index(part)
        for part in ("**Not passed: wrong failed. 1 of 4 files passed", "## The smallest example", "## Verdicts", "![")
    ]
    assert places == sorted(places)
    blocks = [token for token in MarkdownIt().parse(text) if token.type == "fence"]
    assert [token.content for token in blocks] == [script]
    assert "The smallest example: wr\\|ng, float64" in text


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_an_empty_report_an_all_wrong_one_and_nasty_names_are_documents(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"empty{suffix}"
    document.write(path, replace(report(()), trajectories=[], accuracy=[]), [], "xorbench gradients")
    assert "Passed: No file was judged." in path.read_text(encoding="utf-8")
    document.write(path, all_wrong(), [], "xorbench gradients")
    assert "Not passed: other failed. 0 of 1 file passed" in path.read_text(encoding="utf-8")
    script = "</pre><script>document.title = 'broken out'</script>\n"
    rows = [Judgement(name, name, "float64", name, 10, OUTSIDE, name, READING, READING, READING) for name in NASTY]
    examples = [Counterexample(name, name, "float64", script) for name in NASTY]
    document.write(path, replace(report(NASTY), rows=rows, counterexamples=examples), [], "xorbench gradients")
    if suffix == ".html":
        assert "<script" not in path.read_text(encoding="utf-8")
        assert "<img" not in path.read_text(encoding="utf-8")


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


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_can_be_read_by_everybody(chromium: Browser, page: Path, width: int, scheme: str) -> None:
    with visit(chromium, page, width, scheme) as here:
        found = Axe().run(here.page)
        assert found.violations_count == 0, found.generate_report()
        assert here.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        verdict, _about, example = (here.page.locator("main > *").nth(number) for number in (1, 2, 3))
        assert verdict.inner_text().startswith("Not passed: wrong failed. 1 of 4 files passed, 1 failed, 1 missing")
        assert verdict.evaluate("line => line.getBoundingClientRect().bottom") < 844  # on the first screen of a phone
        assert example.locator("h2").inner_text() == "The smallest example: wrong, hidden in float64"
        assert here.page.locator("details pre").count() == 1  # further examples are closed
        first = here.page.locator("table").first
        assert first.locator("tr.failure td:nth-child(2)").all_inner_texts() == ["wrong", "absent"]
        assert set(first.locator("td.failure").all_inner_texts()) == {"failed", "missing"}
        for cell in first.locator("tbody tr").first.locator("td").all():
            assert cell.evaluate("cell => cell.clientHeight") < 40  # one line, also on a phone
        assert first.locator("tbody td").first.evaluate("cell => cell.getBoundingClientRect().right") < width
        errors = first.locator("tbody td").nth(2)
        assert errors.evaluate("cell => getComputedStyle(cell).textAlign") == "right"
        assert here.page.get_by_role("region").count() >= here.page.locator("table").count()
        paper, row = (
            here.page.evaluate(f"getComputedStyle(document.querySelector('{part}')).backgroundColor")
            for part in ("body", "tr.failure")
        )
        assert row not in (paper, "rgba(0, 0, 0, 0)")
        dark = sum(map(int, paper.removeprefix("rgb(").removesuffix(")").split(","))) < 3 * 128
        assert dark == (scheme == "dark")
