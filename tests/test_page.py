"""The page as people use it: in a real browser, from disk, with the network off."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, ViewportSize

from tests.browser import Visit, launched, visit
from tests.planted import HIDDEN, changed, planted, with_implementation, with_machine
from tests.shown import NASTY, shown
from tests.test_past_runs import at, lines
from tests.test_render import page
from xorbench import places
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.page.choosing import choosing
from xorbench.page.past_runs import MOST_RUNS
from xorbench.tables import cells

PHONE, WIDE = 390, 1440

PAPER: ViewportSize = {"width": 1047, "height": 718}
"""A4 in landscape, without its margins."""

VIEWS = ("speed", "choose", "correctness", "runs", "method", "machines")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def written(folder: Path, *analyses: Analysis) -> Path:
    path = folder / "index.html"
    path.write_text(page(analyses[0], analyses[1:]), encoding="utf-8")
    return path


def on_two_workloads(analysis: Analysis) -> Analysis:
    """The record with a second workload, on which the implementations have each other's times."""
    names = [i.name for i in analysis.record.implementations if i.name != REFERENCE]
    other = dict(zip(names, reversed(names), strict=True)) | {REFERENCE: REFERENCE}
    again = [replace(t, workload="second", implementation=other[t.implementation]) for t in analysis.record.timings]
    second = replace(HIDDEN, name="second")
    return changed(analysis, workloads=[HIDDEN, second], timings=[*analysis.record.timings, *again])


def with_faults(analysis: Analysis) -> Analysis:
    from tests.test_correctness import fault

    faults = [fault("sign", 1e10, 100, 96, 100, 100), fault("rounding only", 0.4, 0, 0, 75, 14)]
    return changed(analysis, gradients=replace(analysis.record.gradients, faults=faults))


FIRST = with_implementation(
    with_faults(on_two_workloads(shown("slow", "slower", "slowest"))), "slower", execution="compiled"
)


@pytest.fixture(scope="module")
def two_machines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("page"), FIRST, with_machine(shown("alone"), cpu="another machine"))


def overflow(here: Visit) -> int:
    """By how many pixels the page is wider than the window."""
    width: int = here.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width


def bars(here: Visit) -> list[str]:
    """The names in the first picture, in order."""
    names = here.page.locator("#run-idiomatic-picture li .name").all_inner_texts()
    return [name.split("\n")[0].removesuffix("eager").removesuffix("compiled").strip() for name in names]


def factors(here: Visit) -> dict[str, str]:
    """The factor of each name in the first picture."""
    return dict(
        zip(bars(here), here.page.locator("#run-idiomatic-picture li .factor b").all_inner_texts(), strict=True)
    )


def rows(here: Visit) -> list[str]:
    return [text.strip() for text in here.page.locator("#run-idiomatic-table .opens").all_inner_texts()]


def choose(here: Visit, name: str, value: str) -> None:
    field = {"Workload": "w", "Compare with": "base", "Pin": "pin"}[name]
    here.page.locator(f"form[data-board=run-idiomatic] [data-choice={field}]").select_option(label=value)


def fragment(here: Visit) -> str:
    return here.page.url.partition("#")[2]


def ratio(one: str, other: str, workload: str = "hidden") -> tuple[str, str]:
    """The factor and the interval of one implementation to another, from their pair."""
    (pair,) = (p for p in FIRST.pairs if p.workload == workload and {p.implementation, p.baseline} == {one, other})
    found = pair.ratio if pair.implementation == one else pair.ratio.inverse
    return cells.factor(found), cells.ends(found)


def no_violation(here: Visit) -> None:
    found = Axe().run(here.page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(("width", "scheme"), [pytest.param(PHONE, "light", marks=pytest.mark.slow), (WIDE, "dark")])
def test_every_view_can_be_used_by_everybody(chromium: Browser, two_machines: Path, width: int, scheme: str) -> None:
    with visit(chromium, two_machines, width, scheme) as here:
        for view in VIEWS:
            here.page.goto(f"{two_machines.as_uri()}#view={view}")
            assert here.page.locator(f"#{view}").is_visible()
            for part in here.page.locator(f"#{view} details").all():
                part.evaluate("part => { part.open = true }")
            no_violation(here)
            assert overflow(here) <= 0
        assert here.page.evaluate("performance.getEntriesByName('interactive').length") == 1


@pytest.mark.slow  # a published page has every view with all of its pictures; a smaller one is tested always
@pytest.mark.parametrize("width", [PHONE, WIDE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_published_page_can_be_used_by_everybody(chromium: Browser, width: int, scheme: str) -> None:
    with visit(chromium, places.results() / "index.html", width, scheme) as here:
        views = here.page.locator(".view").all()
        assert len(views) > 5
        for view in views:
            here.page.evaluate("view => { location.hash = `view=${view}` }", view.get_attribute("id"))
            view.wait_for()
            no_violation(here)
            assert overflow(here) <= 0


def test_the_answer_is_on_the_first_screen_of_a_phone(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines, PHONE) as here:
        for place in ("#speed-title", "#run-idiomatic-picture li:first-child", "#run-idiomatic-picture li:last-child"):
            box = here.page.locator(place).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 844
        row = here.page.locator("#run-idiomatic-picture li").first
        for part in (".name", ".track", ".factor b"):
            box = row.locator(part).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE
        head = here.page.locator("#run-idiomatic-table th.row").bounding_box()
        assert head is not None
        assert here.page.locator("#run-idiomatic-table td.bar:visible").count() == 4
        assert here.page.locator("#run-idiomatic-table td.factor:visible").count() == 4
        assert here.page.locator("#run-idiomatic-table td.number:visible").count() == 0


def middle(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2


def test_faster_is_left_of_1_and_slower_right_of_it(chromium: Browser, tmp_path: Path) -> None:
    analysis = planted({"slow": [0.5, 0.51] * 3, "fast": [-0.5, -0.51] * 3})
    with visit(chromium, written(tmp_path, analysis)) as here:
        assert bars(here) == ["fast", REFERENCE, "slow"]
        fast, base, slow = (middle(mark) for mark in here.page.locator("#run-idiomatic-picture li .mark").all())
        track = here.page.locator("#run-idiomatic-picture li .track").first
        assert fast < base < slow
        assert base == pytest.approx(middle(track), abs=1.5)
        assert base - fast == pytest.approx(slow - base, abs=3)


def test_a_mark_is_as_wide_as_its_interval_and_always_visible(chromium: Browser, tmp_path: Path) -> None:
    analysis = planted({"wide": [0.2, 0.9] * 3, "narrow": [0.5] * 6})
    with visit(chromium, written(tmp_path, analysis)) as here:
        widths = {}
        for item in here.page.locator("#run-idiomatic-picture li").all():
            box = item.locator(".mark").bounding_box()
            assert box is not None
            widths[item.locator(".name").inner_text().split()[0]] = box["width"]
        assert widths["wide"] > 10 * widths["narrow"]
        assert min(widths.values()) >= 4


def test_any_row_can_be_the_baseline_with_its_own_intervals(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        assert factors(here)[REFERENCE] == "baseline"
        choose(here, "Compare with", "slower")
        found = factors(here)
        assert found.pop("slower") == "baseline"
        assert found == {name: ratio(name, "slower")[0] for name in found}
        assert bars(here) == [REFERENCE, "slow", "slower", "slowest"]
        assert "base=slower" in fragment(here)
        body = here.page.locator("#run-idiomatic-table tbody").filter(has_text="slowest")
        factor, interval = ratio("slowest", "slower")
        assert body.locator("td.factor").first.inner_text() == factor
        assert body.locator("[data-interval='0']").inner_text() == interval
        assert body.locator("[data-interval='1']").inner_text() == ratio("slowest", "slower", "second")[1]
        choose(here, "Compare with", REFERENCE)
        assert factors(here)[REFERENCE] == "baseline"


def test_another_workload_has_its_own_order(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        assert bars(here) == rows(here) == [REFERENCE, "slow", "slower", "slowest"]
        choose(here, "Workload", "second")
        assert bars(here) == rows(here) == [REFERENCE, "slowest", "slower", "slow"]
        assert factors(here)["slow"] == ratio("slow", REFERENCE, "second")[0]
        assert "second" in here.page.locator("#run-idiomatic-picture figcaption").inner_text()


@pytest.mark.slow
def test_pinned_rows_come_first_and_are_compared_with_each_other(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        choose(here, "Pin", "slowest")
        choose(here, "Pin", "slow")
        assert bars(here) == ["slow", "slowest", REFERENCE, "slower"]
        factor, interval = ratio("slowest", "slow")
        said = here.page.locator(".pairs[data-board=run-idiomatic]").inner_text()
        assert said == f"slowest is {factor} than slow ({interval})"
        assert fragment(here).count("pin=") == 2
        here.page.get_by_role("button", name="Unpin slowest").click()
        assert bars(here) == ["slow", REFERENCE, "slower", "slowest"]
        assert here.page.locator(".pairs[data-board=run-idiomatic]").inner_text() == ""


def test_all_choices_are_in_the_address_and_survive_a_reload(chromium: Browser, two_machines: Path) -> None:
    choices = "#view=speed&w=second&base=slower&pin=slow&pin=slowest&theme=dark"
    with visit(chromium, two_machines) as here:
        here.page.goto(f"{two_machines.as_uri()}{choices}")
        for _ in range(2):
            assert factors(here)["slower"] == "baseline"
            assert bars(here)[:2] == ["slowest", "slow"]
            assert here.page.evaluate("document.documentElement.dataset.theme") == "dark"
            assert "second" in here.page.locator("#run-idiomatic-picture figcaption").inner_text()
            here.page.reload()
        here.page.goto(
            f"{two_machines.as_uri()}#w=%3Cb%3E&base=nobody&pin=nobody&view=none&theme=pink&point=-7&epochs=x"
        )
        assert factors(here)[REFERENCE] == "baseline"


@pytest.mark.slow
def test_a_link_to_a_picture_opens_its_view(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        here.page.goto(f"{two_machines.as_uri()}#losses")
        assert here.page.locator("#losses h2").is_visible()
        assert here.page.locator("#speed").is_hidden()
        here.page.get_by_role("link", name="Speed").click()
        assert here.page.locator("#speed").is_visible()
        here.page.go_back()
        assert here.page.locator("#losses h2").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize(("head", "name"), [("start-up", "start"), ("memory", "memory"), ("implementation", "name")])
def test_it_sorts_both_ways(chromium: Browser, two_machines: Path, head: str, name: str) -> None:
    with visit(chromium, two_machines) as here:
        button = here.page.locator("#run-idiomatic-table").get_by_role("button", name=re.compile(head))
        for down, order in ((False, "ascending"), (True, "descending")):
            button.click()
            bodies = here.page.locator("#run-idiomatic-table tbody").all()
            texts = [body.get_attribute(f"data-{name}") or "" for body in bodies]
            values: list[str] | list[float] = texts if name == "name" else [float(text) for text in texts]
            assert values == sorted(values, reverse=down)
            assert here.page.locator(f"#run-idiomatic-table th[aria-sort={order}]").count() == 1
            assert f"sort={'-' * down}{name}" in fragment(here)
            before = rows(here)
            here.page.reload()  # the order is in the address
            assert rows(here) == before
            assert here.page.locator(f"#run-idiomatic-table th[aria-sort={order}]").count() == 1


def test_a_row_opens_what_is_behind_it(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        link = here.page.locator("#run-idiomatic-table").get_by_role("link", name="slowest")
        more = here.page.locator(link.get_attribute("href") or "")
        assert more.is_hidden()
        link.click()
        assert link.get_attribute("aria-expanded") == "true"
        assert more.locator("svg").count() == 2  # the rounds on both workloads
        text = more.inner_text()
        assert "passed at 10 points" in text
        assert "first call, hidden, ms" in text
        more.get_by_role("button", name="Compare with this").click()
        assert factors(here)["slowest"] == "baseline"
        link.click()
        assert more.is_hidden()


def test_the_ranking_follows_the_choices(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        here.page.goto(f"{two_machines.as_uri()}#view=choose")
        ranking = here.page.locator("#ranking tbody")
        total = ranking.locator("tr").first.locator("td.number").first
        before = float(total.inner_text().replace(",", ""))
        here.page.get_by_label("Epochs").fill("100000000")
        here.page.get_by_label("Epochs").press("Tab")
        assert float(total.inner_text().replace(",", "")) > 100 * before
        assert "epochs=100000000" in fragment(here)
        here.page.get_by_label("Epochs").fill("1")
        here.page.get_by_label("Process").select_option("warm")
        assert float(total.inner_text().replace(",", "")) < before
        assert "process=warm" in fragment(here)
        assert "Extrapolated from trainings of more epochs" in here.page.locator("#timed-in").inner_text()
        here.page.reload()
        assert here.page.get_by_label("Process").input_value() == "warm"
        assert len(here.page.locator("#why").inner_text()) > 20


def test_the_ranking_of_the_script_has_the_digits_of_python(chromium: Browser, two_machines: Path) -> None:
    found = choosing([FIRST])
    assert found is not None
    with visit(chromium, two_machines) as here:
        here.page.goto(f"{two_machines.as_uri()}#view=choose")
        lines = here.page.locator("#ranking tbody tr").all_inner_texts()
        assert [[*map(str.strip, line.split("\t"))] for line in lines] == [
            [f"{line.rank} {line.label}", "", line.seconds, line.interval, line.before] for line in found.lines
        ]
        assert here.page.locator("#why").inner_text() == found.sentence


def test_the_script_formats_every_number_as_python_does(chromium: Browser, two_machines: Path) -> None:
    random = Random(0)
    measured = [Interval(0.0, 0.0, 0.0), Interval(1.0, 1.0, 1.0), Interval(123_456.7, 123_456.7, 123_456.7)]
    for _ in range(1_000):
        value, spread = 10 ** random.uniform(-8, 12), 10 ** random.uniform(-6, 1.5)
        low, high = value / (1 + spread * random.random()), value * (1 + spread * random.random())
        measured += [Interval(value, low, high), Interval(value, None, None)]
    with visit(chromium, two_machines) as here:
        texts = here.page.evaluate("all => all.map(withEnds)", [vars(one) for one in measured])
    for one, text in zip(measured, texts, strict=True):
        assert tuple(text) == cells.with_ends(one), one


def test_another_machine_is_there_with_its_table_and_a_link(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        here.page.get_by_role("link", name="Machines", exact=True).click()
        assert here.page.locator("#other-0-table").inner_text().count("alone") == 1
        link = here.page.get_by_role("link", name="The page of another-machine-2-cores-linux-x86-64")
        assert link.get_attribute("href") == "another-machine-2-cores-linux-x86-64/index.html"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched(chromium: Browser, two_machines: Path, scheme: str) -> None:
    with visit(chromium, two_machines, scheme=scheme) as here:
        switch = here.page.get_by_role("button", name="Dark")
        ground = "getComputedStyle(document.body).backgroundColor"
        before = here.page.evaluate(ground)
        assert switch.get_attribute("aria-pressed") == str(scheme == "dark").lower()
        switch.click()
        other = here.page.evaluate(ground)
        assert other != before
        here.page.reload()
        assert here.page.evaluate(ground) == other
        assert switch.get_attribute("aria-pressed") == str(scheme != "dark").lower()
        switch.click()
        assert here.page.evaluate(ground) == before


CAN_BE_USED = """[...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")].filter(
    (place) => place.checkVisibility({ visibilityProperty: true }) && !place.disabled && place.tabIndex >= 0
)"""
"""What a person can see and do something with."""


@pytest.mark.slow
@pytest.mark.parametrize("width", [pytest.param(PHONE, marks=pytest.mark.slow), WIDE])
def test_everything_that_can_be_used_is_reached_by_the_tabulator_key(
    chromium: Browser, two_machines: Path, width: int
) -> None:
    with visit(chromium, two_machines, width) as here:
        for view in VIEWS:
            here.page.goto(f"{two_machines.as_uri()}#view={view}")
            here.page.locator(f"#{view}").wait_for()
            number = here.page.evaluate(f"{CAN_BE_USED}.length")
            assert number
            for _ in range(number + 2):  # from where the focus is to the end, and from the beginning to there
                here.page.keyboard.press("Tab")
                here.page.evaluate("document.activeElement.dataset.reached = 'yes'")
            missed = f"{CAN_BE_USED}.filter((place) => !place.dataset.reached).map((place) => place.outerHTML)"
            assert here.page.evaluate(missed) == [], view


@pytest.mark.slow
def test_arrow_keys_show_every_mark_of_a_picture(chromium: Browser, two_machines: Path) -> None:
    pictures = 0
    with visit(chromium, two_machines) as here:
        for view in VIEWS:
            here.page.goto(f"{two_machines.as_uri()}#view={view}")
            for chart in here.page.locator(f"#{view} [aria-describedby=tip]").all():
                if not chart.is_visible():
                    continue
                pictures += 1
                number = chart.evaluate(
                    "chart => [...chart.querySelectorAll('[data-tip]')].filter((p) => p.getClientRects().length).length"
                )
                chart.focus()
                lit = []
                for _ in range(number):
                    here.page.keyboard.press("ArrowRight")
                    lit.append(
                        chart.evaluate(
                            "chart => [...chart.querySelectorAll('[data-tip]')].indexOf(chart.querySelector('.lit'))"
                        )
                    )
                assert len(set(lit)) == number > 0
                assert -1 not in lit
    assert pictures >= 3


def test_it_is_operated_by_the_keyboard_alone(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        press, focused = here.page.keyboard.press, "(document.activeElement.innerText || '').trim()"

        def tab_to(text: str) -> None:
            for _ in range(90):
                press("Tab")
                if text in here.page.evaluate(focused):
                    outline = here.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                    assert outline == "solid"  # where the focus is can be seen
                    return
            pytest.fail(f"no way to {text} with the tab key")

        tab_to("Skip to the results")
        press("Enter")
        assert here.page.evaluate("document.activeElement.id") == "results"
        for _ in range(30):
            press("Tab")
            if here.page.evaluate("document.activeElement.className") == "chart":
                break
        press("ArrowDown")
        first = here.page.locator("#tip").inner_text()
        press("ArrowDown")
        assert first
        assert here.page.locator("#tip").inner_text() != first
        press("Escape")
        assert here.page.locator("#tip").is_hidden()
        here.page.locator("#run-idiomatic-table .opens").last.focus()
        press("Enter")
        assert here.page.locator("#run-idiomatic-table tr.more.open").count() == 1
        tab_to("Pin")
        press("Enter")
        assert bars(here)[0] == "slowest"


def test_a_mark_says_what_it_stands_for(chromium: Browser, two_machines: Path) -> None:
    with visit(chromium, two_machines) as here:
        mark = here.page.locator("#run-idiomatic-picture li").last.locator(".mark")
        mark.hover()
        factor, interval = ratio("slowest", REFERENCE)
        assert f"slowest, hidden: {factor} ({interval})" in here.page.locator("#tip").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_names_chosen_to_hurt_are_only_names(chromium: Browser, tmp_path: Path, width: int) -> None:
    analysis = with_implementation(with_machine(shown(*NASTY), cpu=NASTY[0]), NASTY[0], framework=NASTY[3])
    with visit(chromium, written(tmp_path, analysis), width) as here:
        for view in ("speed", "choose", "runs", "method"):
            here.page.goto(f"{(tmp_path / 'index.html').as_uri()}#view={view}")
            assert "broken out" not in here.page.title()
            assert overflow(here) <= 0
        assert here.page.locator("img").count() == 0
        here.page.goto(f"{(tmp_path / 'index.html').as_uri()}#view=speed")
        assert "</script><script>" in here.page.locator("#run-idiomatic-table").inner_text()
        here.page.locator(".opens").last.click()
        here.page.locator("button[data-base]:visible").last.click()
        assert overflow(here) <= 0
        here.page.reload()
        assert "broken out" not in here.page.title()
        assert len(json.dumps(here.page.get_by_label("Compare with").inner_text())) < 1_000


@pytest.mark.slow
def test_two_hundred_rows_do_no_harm(chromium: Browser, tmp_path: Path) -> None:
    many = planted({f"one_{number}": [0.01 * number] * 2 for number in range(200)}, launches=2, rounds=2)
    many = changed(many, cold_starts=[])
    path = tmp_path / "index.html"
    path.write_text(page(many, drawings=[]), encoding="utf-8")
    with visit(chromium, path, PHONE) as here:
        assert len(bars(here)) == 201
        assert overflow(here) <= 0
        assert here.page.get_by_label("Compare with").count() == 0


@pytest.mark.slow
def test_without_javascript_everything_is_there_but_controls(chromium: Browser, two_machines: Path) -> None:
    context = chromium.new_context(java_script_enabled=False, offline=True)
    here = context.new_page()
    here.goto(two_machines.as_uri())
    for view in VIEWS:
        assert here.locator(f"#{view}").is_visible()
    assert here.locator("#losses svg").first.is_visible()
    assert here.locator("button:visible, select:visible, input:visible").count() == 0
    here.locator("#run-idiomatic-table .opens").last.click()
    assert here.locator("#run-idiomatic-table tr.more:visible").count() == 1
    context.close()


@pytest.mark.slow
def test_as_many_runs_as_are_shown_fit_on_paper(chromium: Browser, tmp_path: Path) -> None:
    runs = [at(day, 0.5) for day in range(1, MOST_RUNS + 1)]
    records, timings = lines(runs)
    records = [record | {"sha256": "0" * 64} for record in records]
    path = tmp_path / "index.html"
    path.write_text(page(runs[0], records=records, timings=timings), encoding="utf-8")
    with visit(chromium, path, PAPER["width"]) as here:
        here.page.emulate_media(media="print")
        assert here.page.locator("table.runs th a").count() == MOST_RUNS
        assert overflow(here) <= 0


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
def test_it_prints_completely(chromium: Browser, two_machines: Path, scripts: bool) -> None:
    context = chromium.new_context(java_script_enabled=scripts, offline=True, color_scheme="dark", viewport=PAPER)
    here = context.new_page()
    here.goto(two_machines.as_uri())
    if scripts:
        here.evaluate("dispatchEvent(new Event('beforeprint'))")
    here.emulate_media(media="print")
    for view in VIEWS:
        assert here.locator(f"#{view}").is_visible()
    for parts in ("tr.more", ".scroll", ".plot svg", "#ranking", ".matrix", ".glossary", "details.table table"):
        assert here.locator(parts).count(), parts
        assert all(place.is_visible() for place in here.locator(parts).all()), parts
    cut = here.locator(".scroll").evaluate_all(
        "all => all.filter((one) => getComputedStyle(one).overflowX !== 'visible')"
    )
    assert cut == []
    assert here.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(253, 252, 250)"  # light on paper
    context.close()
