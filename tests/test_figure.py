"""Pictures: valid, small, in words too, safe with any name, in both themes, and the same every time."""

import csv
import pickle
import re
from io import StringIO
from xml.etree import ElementTree as ET

import altair as alt
import pytest

from tests.planted import changed, planted
from tests.shown import NASTY, report, shown
from xorbench.charts import album, picture, style
from xorbench.charts.figure import Figure, data
from xorbench.publication.pictures import data_of
from xorbench.record.report import Report

OF_A_REPORT = ["losses", "trajectories", "accuracy-saturation", "accuracy-scale"]
NAMES = ["surfaces", "ratios", "parts", "rounds", "payback", *OF_A_REPORT]

SVG = f"{{{picture.NAMESPACE}}}"

each = pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    return album.of_record(shown("other", *NASTY))


@pytest.fixture(scope="module")
def drawn(figures: list[Figure]) -> list[tuple[str, list[str]]]:
    return [picture.drawn(one, "m0-") for one in figures]


def test_a_record_with_everything_has_every_picture(figures: list[Figure]) -> None:
    assert [one.name for one in figures] == NAMES


@each
def test_every_picture_is_a_file_with_a_title_and_both_themes(
    figures: list[Figure], drawn: list[tuple[str, list[str]]], number: int
) -> None:
    text, _ = drawn[number]
    root = ET.fromstring(text)
    title, description, sheet = list(root)[:3]
    assert (title.tag, title.text) == (f"{SVG}title", figures[number].title)
    assert description.tag == f"{SVG}desc"
    rules = sheet.text or ""
    used = set(
        re.findall(r"var\(--([\w-]+)\)", "".join(ET.tostring(part, encoding="unicode") for part in list(root)[3:]))
    )
    assert used
    assert used <= style.LIGHT.keys()
    light, _, dark = rules.partition("@media screen and (prefers-color-scheme:dark)")
    assert all(f"--{role}:{style.LIGHT[role]}" in light and f"--{role}:{style.DARK[role]}" in dark for role in used)
    assert root.find(f"{SVG}rect") is None  # no ground, which would be white in the dark
    assert "color-scheme:light dark" in light  # a browser that opens the file itself has a dark ground then


@each
def test_every_panel_is_an_element_that_is_small_and_safe(
    figures: list[Figure], drawn: list[tuple[str, list[str]]], number: int
) -> None:
    _, panels = drawn[number]
    assert len(panels) == len(figures[number].panels)
    for text in panels:
        root = ET.fromstring(text)
        assert root.get("role") == "img"
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
            "svg",
            "title",
            "desc",
            "g",
            "path",
            "text",
        }
        for element in root.iter():
            assert not any(name.startswith("on") for name in element.attrib)
            numbers = re.findall(r"\d+\.(\d+)", element.get("d", "") + element.get("x", ""))
            assert all(len(decimals) <= 2 for decimals in numbers)


def test_identifiers_are_unique_in_a_page_with_two_machines(figures: list[Figure]) -> None:
    text = "".join(part for key in ("a-", "b-") for one in figures for part in picture.inlined(one, key))
    found = re.findall(r' id="([^"]+)"', text)
    assert len(found) == len(set(found)) > 2 * len(NAMES)
    referred = re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', text)
    assert {*referred} == {*found}


@each
def test_every_panel_is_valid_and_says_in_words_what_is_to_be_seen(figures: list[Figure], number: int) -> None:
    for panel in figures[number].panels:
        alt.Chart.from_dict(panel.spec)  # raises where it breaks Vega-Lite's schema
        assert len(panel.text) > 10
        assert "var(--" not in panel.text


@each
def test_every_picture_has_marks_that_say_what_they_are_and_its_data(
    figures: list[Figure], drawn: list[tuple[str, list[str]]], number: int
) -> None:
    for text in drawn[number][1]:
        tips = [element.get("data-tip") for element in ET.fromstring(text).iter() if "data-tip" in element.attrib]
        assert tips
        assert all(tips)
    rows = list(csv.DictReader(StringIO(data_of(figures[number]))))
    assert {row["panel"] for row in rows} == {panel.title for panel in figures[number].panels}


def test_names_are_escaped(drawn: list[tuple[str, list[str]]]) -> None:
    everything = "".join(text for file, panels in drawn for text in (file, *panels))
    assert "<script" not in everything
    assert "<img" not in everything
    assert "&lt;/script" in everything


def test_the_same_record_is_the_same_picture_and_the_text_does_not_depend_on_fonts() -> None:
    first, second = (picture.drawn(album.of_record(shown("other"))[1]) for _ in range(2))
    assert first == second


def test_a_figure_can_be_drawn_in_another_process(figures: list[Figure]) -> None:
    again = pickle.loads(pickle.dumps(figures[1]))
    assert picture.svg(again) == picture.svg(figures[1])


def test_without_data_there_is_no_picture() -> None:
    assert album.of_report(Report(seed=0, points=1, rows=[], pairs=[], endings=[], conduct=[])) == []
    assert album.of_record(changed(planted({}), timings=[], cold_starts=[])) == []


def test_a_report_alone_has_its_pictures() -> None:
    assert [one.name for one in album.of_report(report(("one", "two")))] == OF_A_REPORT


def test_data_is_csv_that_holds_any_name() -> None:
    found = data({"name": ['a,"b"\nc'], "value": [0.125]}).to_dict()
    assert found == {
        "values": 'name,value\n"a,""b""\nc",0.125\n',
        "format": {"type": "csv", "parse": {"name": "string", "value": "number"}},
    }


@pytest.mark.parametrize(
    ("path", "moved"),
    [
        ("M0,0L10,0L10,5", "M2,3H12V8"),
        ("M1.239,2L3,4Z", "M3.2,5L5,7Z"),
        ("M0,0h210v100h-210Z", "M2,3h210v100h-210Z"),
        ("M5,0A5,5,0,1,1,-5,0A5,5,0,1,1,5,0", "M7,3A5,5,0,1,1,-3,3A5,5,0,1,1,7,3"),
        ("M0,1e-15C1,2,3,4,5,6", "M2,3C3,5,5,7,7,9"),
        ("M-.5,4L-.5,4", "M1.5,7H1.5"),
    ],
)
def test_a_path_is_moved_and_shortened(path: str, moved: str) -> None:
    assert picture._moved(path, 2, 3) == moved
