"""The page as a file: small enough, the same every time, no address outside itself, nothing foreign alive in it."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.planted import changed, with_machine
from tests.shown import NASTY, shown
from xorbench.charts import album, vega
from xorbench.estimates.analysis import Analysis
from xorbench.page import render


class Elements(HTMLParser):
    """Every element with its attributes, and what stands in scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
        self._inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data


def page(*analyses: Analysis) -> str:
    return render.page(analyses, album.of_record(analyses[0]), vega.bundle())


@pytest.fixture(scope="module")
def nasty() -> str:
    analysis = with_machine(shown(*NASTY), cpu=NASTY[0])
    (workload,), (first, second, *timings) = analysis.record.workloads, analysis.record.timings
    second = replace(second, violations=[f"it did {NASTY[0]} and {NASTY[3]}"])
    return page(
        changed(
            analysis,
            command=f"xorbench run {NASTY[1]}",
            workloads=[replace(workload, story=NASTY[2])],
            timings=[first, second, *timings],
        )
    )


def test_names_chosen_to_hurt_add_no_element_and_no_attribute(nasty: str) -> None:
    plain = Elements(page(shown("one", "two", "three", "four")))
    hurt = Elements(nasty)
    assert {tag for tag, _ in hurt.found} <= {tag for tag, _ in plain.found}
    assert len(hurt.scripts) == len(plain.scripts) == 4
    for _, attributes in hurt.found:
        assert not any(name.startswith("on") or name in ("src", "href") for name in attributes if name != "href")
    assert [a["href"] for _, a in hurt.found if "href" in a] == ["#results"]


def test_names_are_shown_as_they_are(nasty: str) -> None:
    panels = json.loads(Elements(nasty).scripts[1])
    assert any(NASTY[1][:30] in json.dumps(spec, ensure_ascii=False).replace('\\"', '"') for spec in panels.values())
    assert "&lt;/script&gt;&lt;script&gt;document.title=" in nasty


def test_only_the_scripts_that_are_known_may_run(nasty: str) -> None:
    elements = Elements(nasty)
    policy = next(a["content"] for tag, a in elements.found if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    allowed = set(re.findall(r"'(sha256-[^']+)'", policy))
    running = [
        script
        for script, (_, attributes) in zip(
            elements.scripts, (element for element in elements.found if element[0] == "script"), strict=True
        )
        if "type" not in attributes
    ]
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in running]
    assert {f"sha256-{digest}" for digest in digests} == allowed
    assert len(allowed) == 2
    assert "default-src 'none'" in policy


def test_it_has_no_address_outside_itself(nasty: str) -> None:
    style_and_markup = re.sub(r"<script.*?</script>", "", nasty, flags=re.DOTALL)
    assert "http:" not in style_and_markup
    assert "https:" not in style_and_markup
    assert "url(" not in style_and_markup
    assert "@import" not in style_and_markup


@given(st.recursive(st.text() | st.sampled_from(NASTY), lambda inner: st.dictionaries(st.text(), inner, max_size=3)))
def test_inlined_json_closes_no_script_and_comes_back(content: Any) -> None:
    text = render.inline(content)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == content


def test_the_same_records_are_the_same_page() -> None:
    assert page(shown("other")) == page(shown("other"))


def machines(count: int) -> list[Analysis]:
    return [with_machine(shown("other"), name=f"machine-{number}") for number in range(count)]


def test_machines_that_do_not_fit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    one, three = (len(page(*machines(count)).encode()) for count in (1, 3))
    monkeypatch.setattr(render, "MOST_BYTES", (one + three) // 2 + 1_000)
    found = page(*machines(3))
    assert len(found.encode()) <= render.MOST_BYTES
    assert "Left out to keep this page small: machine-2." in found
    monkeypatch.setattr(render, "MOST_BYTES", one - 1_000)
    found = page(*machines(1))
    assert len(found.encode()) <= render.MOST_BYTES
    assert "Left out to keep this page small: Outputs of the trained networks" in found
    monkeypatch.setattr(render, "MOST_BYTES", 1_000)
    with pytest.raises(ValueError, match="machine-0: its page is larger than 1,000 bytes"):
        page(*machines(1))
