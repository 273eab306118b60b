"""The page as people use it: in a real browser, from disk, with the network off."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser import Visit, launched, visit
from tests.planted import with_implementation, with_machine
from tests.shown import NASTY, shown
from xorbench import places
from xorbench.charts import album, vega
from xorbench.estimates.analysis import Analysis
from xorbench.page import render

WIDTHS = (390, 1440)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def written(folder: Path, *analyses: Analysis) -> Path:
    path = folder / "index.html"
    path.write_text(render.page(analyses, album.of_record(analyses[0]), vega.bundle()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def two_machines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    first = with_implementation(shown("slow", "slower", "slowest"), "slower", tier="tuned")
    second = with_machine(shown("alone"), name="another-machine")
    return written(tmp_path_factory.mktemp("page"), first, second)


def overflow(here: Visit) -> int:
    """By how many pixels the page is wider than the window."""
    width: int = here.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width


def column(here: Visit, number: int) -> list[str]:
    cells = here.page.locator(f".machine:visible tbody tr:visible > :nth-child({number})")
    return [text.split("\n")[0].strip() for text in cells.all_inner_texts()]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_published_page_can_be_used_by_everybody(chromium: Browser, width: int, scheme: str) -> None:
    with visit(chromium, places.results() / "index.html", width, scheme) as here:
        here.drawn()
        found = Axe().run(here.page)
        assert found.violations_count == 0, found.generate_report()
        assert overflow(here) <= 0
        plots = here.page.locator(".block .plot:visible")
        assert plots.count() > 5
        for plot in plots.all():
            assert plot.locator("svg path, svg line").count() > 5
            assert len(plot.get_attribute("aria-label") or "") > 30
        assert here.page.evaluate("performance.getEntriesByName('interactive').length") == 1


def test_it_shows_what_the_record_says(chromium: Browser) -> None:
    with visit(chromium, places.results() / "index.html") as here:
        assert here.page.locator("h1").inner_text().endswith("every gradient error is within its rounding bound.")
        assert "noise floor (A/A)" in here.page.locator(".notes").first.inner_text()


@pytest.mark.parametrize(("head", "number"), [("time / numpy_backprop", 4), ("µs per epoch", 6), ("implementation", 3)])
def test_it_sorts_both_ways(chromium: Browser, two_machines: Path, head: str, number: int) -> None:
    with visit(chromium, two_machines) as here:
        button = here.page.get_by_role("button", name=head)
        key = float if number != 3 else str
        for reverse, order in ((False, "ascending"), (True, "descending")):
            button.click()
            found = [key(text) for text in column(here, number)]
            assert found == sorted(found, reverse=reverse)
            assert len(set(found)) == 4
            assert here.page.locator(f"th[aria-sort={order}]").inner_text().startswith(head)
        assert here.page.locator("th[aria-sort]").count() == 1


@pytest.mark.parametrize(
    ("label", "value", "left"),
    [
        ("framework", "slow", ["slow"]),
        ("tier", "tuned", ["slower"]),
        ("dtype", "float64", None),
        ("workload", "hidden", None),
    ],
)
def test_it_filters(chromium: Browser, two_machines: Path, label: str, value: str, left: list[str] | None) -> None:
    with visit(chromium, two_machines) as here:
        everybody = column(here, 3)
        here.page.get_by_role("combobox", name=label, exact=True).select_option(label=value)
        assert column(here, 3) == (left or everybody)
        assert here.page.get_by_role("status").inner_text() == f"{len(left or everybody)} of 4 rows"
        here.page.get_by_role("combobox", name=label, exact=True).select_option(label="all")
        assert column(here, 3) == everybody


def test_it_shows_one_machine_at_a_time(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        assert "slowest" in column(here, 3)
        here.page.get_by_role("combobox", name="Machine").select_option(label="another-machine")
        assert column(here, 3) == ["numpy_backprop", "alone"]
        assert here.page.locator("h1:visible").count() == 1
        here.drawn()


def test_a_single_machine_needs_no_picker(chromium: Browser, tmp_path: Path) -> None:
    with visit(chromium, written(tmp_path, shown("other"))) as here:
        assert here.page.get_by_role("combobox", name="Machine").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched(chromium: Browser, two_machines: Path, scheme: str) -> None:
    with visit(chromium, two_machines, scheme=scheme) as here:
        switch = here.page.get_by_role("button", name="Dark")
        ground = "getComputedStyle(document.body).backgroundColor"
        before = here.page.evaluate(ground)
        assert switch.get_attribute("aria-pressed") == str(scheme == "dark").lower()
        switch.click()
        assert here.page.evaluate(ground) != before
        assert switch.get_attribute("aria-pressed") == str(scheme != "dark").lower()
        switch.click()
        assert here.page.evaluate(ground) == before


def test_it_is_operated_by_the_keyboard_alone(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        press, focused = (
            here.page.keyboard.press,
            "document.activeElement.matches('a, button') ? document.activeElement.innerText : ''",
        )

        def tab_to(text: str) -> None:
            for _ in range(60):
                press("Tab")
                if text in here.page.evaluate(focused):
                    outline = here.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                    assert outline == "solid"  # where the focus is can be seen
                    return
            pytest.fail(f"no way to {text} with the tab key")

        tab_to("Skip to the results")
        press("Enter")
        assert here.page.evaluate("document.activeElement.id") == "results"
        tab_to("time / numpy_backprop")
        press("Enter")
        press("Enter")
        assert column(here, 3)[0] == "slowest"
        tab_to("rounds")
        press("Enter")
        dialog = here.page.get_by_role("dialog")
        assert dialog.get_by_role("heading").inner_text() == "Raw rounds: slowest, hidden"
        dialog.locator(".plot[data-drawn=done]").wait_for()
        press("Escape")
        assert dialog.count() == 0
        assert "slowest" in here.page.evaluate("document.activeElement.textContent")


@pytest.mark.parametrize("width", WIDTHS)
def test_names_chosen_to_hurt_are_only_names(chromium: Browser, tmp_path: Path, width: int) -> None:
    analysis = with_implementation(with_machine(shown(*NASTY), cpu=NASTY[0]), NASTY[0], framework=NASTY[3])
    with visit(chromium, written(tmp_path, analysis), width) as here:
        here.drawn()
        assert "broken out" not in here.page.title()
        assert overflow(here) <= 0
        assert here.page.locator("img").count() == 0
        assert "</script><script>" in here.page.locator("tbody").inner_text()
        here.page.get_by_role("button", name="rounds").first.click()
        here.page.get_by_role("dialog").locator(".plot[data-drawn=done]").wait_for()
        assert len(json.dumps(here.page.get_by_role("combobox", name="framework", exact=True).inner_text())) < 500


def test_without_javascript_the_tables_are_still_there(chromium: Browser, two_machines: Path) -> None:
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(two_machines.as_uri())
    assert "slowest" in page.locator("tbody").first.inner_text()
    assert page.locator("noscript").inner_text().startswith("Without JavaScript")
    context.close()
