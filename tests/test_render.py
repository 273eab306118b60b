"""The page as a file: small enough, the same every time, no address outside itself, nothing foreign alive in it."""

import base64
import functools
import hashlib
import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.planted import changed, with_machine
from tests.shown import NASTY, shown
from xorbench.charts import album, picture
from xorbench.estimates.analysis import Analysis
from xorbench.exports.frames import keyed
from xorbench.page import render
from xorbench.page.glossary import GLOSSARY
from xorbench.page.sources import Drawing, Sources
from xorbench.tables.catalogue import named
from xorbench.tables.file_verdicts import files


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

    @property
    def links(self) -> list[str]:
        return [attributes["href"] or "" for _, attributes in self.found if "href" in attributes]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.found if "id" in attributes]


def sources(analysis: Analysis, **changes: Any) -> Sources:
    """What the page of one record is made from."""
    record = analysis.record
    lines = {name: [*keyed(analysis, name)] for name in ("records", "timings")}
    lines["records"][0] |= {"file": f"{record.machine.name}/then.json", "sha256": "0" * 64}
    about: dict[str, Any] = {"tables": named(analysis), "files": True, **lines, **changes}
    if "drawings" not in changes:
        about["drawings"] = drawings_of(analysis)
    return Sources(run=analysis, **about)


@functools.cache
def drawings_of(analysis: Analysis) -> list[Drawing]:
    """The pictures of one record; that of the ratios is linked to only."""
    return [
        Drawing(figure, () if figure.name == "ratios" else picture.inlined(figure))
        for figure in album.of_record(analysis)
    ]


def page(analysis: Analysis, others: Sequence[Analysis] = (), **changes: Any) -> str:
    every = [analysis, *others]
    return render.page(sources(analysis, **changes), others, [one.record.machine.name for one in every])


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
        ),
        code="../implementations",
    )


def test_names_chosen_to_hurt_add_no_element_and_no_attribute(nasty: str) -> None:
    plain = Elements(page(shown("one", "two", "three", "four"), code="../implementations"))
    hurt = Elements(nasty)
    assert {tag for tag, _ in hurt.found} <= {tag for tag, _ in plain.found}
    assert len(hurt.scripts) == len(plain.scripts) == 2
    for _, attributes in hurt.found:
        assert not any(name.startswith("on") or name in ("src", "srcdoc") for name in attributes)
    assert not any(link.startswith(("javascript:", "data:", "http:", "https:", "//")) for link in hurt.links)


def test_names_are_shown_as_they_are(nasty: str) -> None:
    assert "&lt;/script&gt;&lt;script&gt;document.title=" in nasty
    data = json.loads(Elements(nasty).scripts[0])
    assert any(label.startswith(NASTY[1][:20]) for label in data["boards"][0]["labels"])


def test_only_the_script_that_is_known_may_run(nasty: str) -> None:
    elements = Elements(nasty)
    policy = next(a["content"] for tag, a in elements.found if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    allowed = re.findall(r"'(sha256-[^']+)'", policy)
    running = [
        script
        for script, (_, attributes) in zip(
            elements.scripts, (element for element in elements.found if element[0] == "script"), strict=True
        )
        if "type" not in attributes
    ]
    assert [f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}" for script in running] == (
        allowed
    )
    assert "default-src 'none'" in policy
    assert "eval" not in policy


def test_it_has_no_address_outside_itself(nasty: str) -> None:
    style_and_markup = re.sub(r"<script.*?</script>", "", nasty, flags=re.DOTALL)
    style_and_markup = re.sub(r"xmlns(:\w+)?=\"[^\"]*\"", "", style_and_markup)  # names of languages, not addresses
    assert "http:" not in style_and_markup
    assert "https:" not in style_and_markup
    assert "@import" not in style_and_markup
    assert not [address for address in re.findall(r"url\(([^)]*)\)", style_and_markup) if not address.startswith("#")]


def test_every_link_inside_the_page_has_a_target_and_every_identifier_is_there_once(nasty: str) -> None:
    elements = Elements(nasty)
    assert len(elements.ids) == len({*elements.ids})
    assert {link[1:] for link in elements.links if link.startswith("#")} <= {*elements.ids}


def test_every_picture_can_be_linked_to_and_downloaded_with_its_data() -> None:
    analysis = shown("other")
    elements = Elements(page(analysis))
    for figure in album.of_record(analysis):
        assert f"{figure.name}.svg" in elements.links
        assert f"{figure.name}.csv" in elements.links
        assert figure.name in elements.ids or figure.name in ("ratios", "rounds")  # these two are in the first view
    assert {"run-idiomatic-picture", "run-idiomatic-table"} <= {*elements.ids}


def test_the_verdicts_on_files_are_those_of_the_terminal() -> None:
    analysis = shown("other")
    first, *rows = analysis.record.gradients.rows
    rows = [replace(first, verdict="outside", reason="b1 is wrong"), *rows]
    text = page(changed(analysis, gradients=replace(analysis.record.gradients, rows=rows)))
    table = text.partition('id="files-judged"')[2].partition("</table>")[0]
    assert "1 of 2 files passed" in table
    for file in files(replace(analysis.record.gradients, rows=rows)):
        words = ": ".join([file.verdict, *file.remarks])
        cells = [
            f"<td>{html.escape(words)}</td>",
            *(f'<td class="number">{text}</td>' for text in file.digits.values()),
        ]
        line = next(line for line in table.splitlines() if f'<th scope="row">{file.name}<' in line)
        assert all(cell in line for cell in cells)
        assert line.startswith("<tr" + ' class="wrong"' * (file.verdict == "failed") + ">")


def test_every_word_is_explained_once() -> None:
    _, _, text = page(shown("other")).partition('<dl class="glossary">')
    for word, explanation in GLOSSARY.items():
        assert text.count(f"<dt>{word}</dt><dd>{html.escape(explanation[:40], quote=False)}") == 1


@given(st.recursive(st.text() | st.sampled_from(NASTY), lambda inner: st.dictionaries(st.text(), inner, max_size=3)))
def test_inlined_json_closes_no_script_and_comes_back(content: Any) -> None:
    text = render.inline(content)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == content


def test_the_same_records_are_the_same_page() -> None:
    assert page(shown("other")) == page(shown("other"))


def machines(count: int) -> list[Analysis]:
    analysis = shown("other")
    names = [f"machine-{number}" for number in range(count)]
    return [changed(analysis, machine=replace(analysis.record.machine, name=name)) for name in names]


def test_of_other_machines_the_table_and_a_link_to_their_page_are_shown() -> None:
    first, *others = machines(3)
    elements = Elements(page(first, others))
    assert {"machine-1/index.html", "machine-2/index.html", "index.html"} <= {*elements.links}
    assert {"other-0-picture", "other-0-table", "other-1-picture", "other-1-table"} <= {*elements.ids}


def test_the_page_of_another_machine_links_back() -> None:
    one, two = machines(2)
    names = [one.record.machine.name, two.record.machine.name]
    elements = Elements(render.page(sources(two, root="../", files=False), [], names))
    assert {"../index.html", "../machine-1/index.html", "../machine-1/then.json"} <= {*elements.links}
    assert not any(link.startswith("tables/") for link in elements.links)


def test_what_does_not_fit_is_left_out_and_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = machines(3)
    whole = page(first, others)
    monkeypatch.setattr(render, "MOST_BYTES", len(whole.encode()) - 1)
    found = page(first, others)
    assert len(found.encode()) <= render.MOST_BYTES
    assert found.count("This picture is not on the page, to keep it small.") == 1
    bare = page(first, others, drawings=[])
    monkeypatch.setattr(render, "MOST_BYTES", len(bare.encode()) - 1)
    fewer = Elements(page(first, others, drawings=[]))
    assert "other-0-table" in fewer.ids
    assert "other-1-table" not in fewer.ids
    assert "machine-2/index.html" in fewer.links
    monkeypatch.setattr(render, "MOST_BYTES", 1_000)
    with pytest.raises(ValueError, match="machine-0: its page is larger than 1,000 bytes"):
        page(first, others)
