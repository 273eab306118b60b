"""Pictures: valid, small, in words too, safe with any name, in both themes, and the same every time."""

import csv
import pickle
import re
from io import StringIO
from xml.etree import ElementTree as ET

import pytest

from tests.planted import changed, planted, report_of
from tests.shown import NASTY, report, shown
from xorbench.charts import album, picture, style
from xorbench.charts.axes import Axis, linear
from xorbench.charts.figure import Figure, Panel
from xorbench.charts.paths import GLYPHS, Mark, glyph, line, rectangle
from xorbench.publication.pictures import data_of

OF_A_REPORT = ["losses", "trajectories", "accuracy-saturation", "accuracy-scale"]
NAMES = ["surfaces", "ratios", "decomposition", "rounds", "break_even", *OF_A_REPORT]

SVG = f"{{{picture.NAMESPACE}}}"

each = pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    return album.of_record(shown("other", *NASTY))


@pytest.fixture(scope="module")
def drawn(figures: list[Figure]) -> list[tuple[str, list[str]]]:
    return [(picture.svg(one), picture.inlined(one)) for one in figures]


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


def test_identifiers_are_unique_in_a_page(figures: list[Figure]) -> None:
    text = "".join(part for one in figures for part in picture.inlined(one))
    found = re.findall(r' id="([^"]+)"', text)
    assert len(found) == len(set(found)) > len(NAMES)
    referred = re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', text)
    assert {*referred} == {*found}


@each
def test_every_panel_says_in_words_what_is_to_be_seen(figures: list[Figure], number: int) -> None:
    for panel in figures[number].panels:
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
    first, second = (album.of_record(shown("other"))[1] for _ in range(2))
    assert picture.svg(first) == picture.svg(second)
    assert picture.inlined(first) == picture.inlined(second)


def test_a_figure_can_be_drawn_in_another_process(figures: list[Figure]) -> None:
    again = pickle.loads(pickle.dumps(figures[1]))
    assert picture.svg(again) == picture.svg(figures[1])


def test_without_data_there_is_no_picture() -> None:
    assert album.of_report(report_of()) == []
    assert album.of_record(changed(planted({}), timings=[], cold_starts=[])) == []


def test_a_report_alone_has_its_pictures() -> None:
    assert [one.name for one in album.of_report(report(("one", "two")))] == OF_A_REPORT


def paths_of(panel: Panel) -> list[dict[str, str]]:
    """The attributes of the paths of a panel without a key."""
    (text,) = picture.inlined(Figure("planted", "Planted", "Planted.", [panel]))
    return [dict(element.attrib) for element in ET.fromstring(text).iter(f"{SVG}path")]


def test_the_grid_is_under_the_marks_at_the_ticks_of_both_axes() -> None:
    axis = linear("x", 0, 2)
    assert [value for value, _ in axis.ticks] == [0, 0.5, 1, 1.5, 2]
    panel = Panel("t", "t", [], height=100, left=50, right=302 - 200, x=axis, y=Axis("y", 1, 100, [(10, "10")], "log"))
    (grid,) = paths_of(panel)
    assert grid == {
        "d": "M0,0V100M50,0V100M100,0V100M150,0V100M200,0V100M0,50H200",
        "style": "stroke:var(--line)",
    }
    panel = Panel("t", "t", [Mark("M1,1H2", stroke="red")], x=Axis("x", 0, 1, [(0.5, "half")], grid=False))
    assert [found["d"] for found in paths_of(panel)] == ["M1,1H2"]


def test_marks_that_follow_each_other_and_look_the_same_are_one_path_unless_they_say_something() -> None:
    marks = [
        Mark("M1,1H2", stroke="red", width=2),
        Mark("M3,3H4", stroke="red", width=2),
        Mark("M5,5H6", stroke="red", width=2, tip="five & six"),
        Mark("M7,7H8", stroke="red", width=2, tip="five & six"),
        Mark("M9,9H9", stroke="red", dashes=[7, 3], round_ends=True),
        Mark("M0,0Z", fill="blue", stroke="red", opacity=0.25),
    ]
    assert paths_of(Panel("t", "t", marks)) == [
        {"d": "M1,1H2M3,3H4", "stroke-width": "2", "style": "stroke:red"},
        {"d": "M5,5H6", "stroke-width": "2", "style": "stroke:red", "data-tip": "five & six"},
        {"d": "M7,7H8", "stroke-width": "2", "style": "stroke:red", "data-tip": "five & six"},
        {"d": "M9,9H9", "stroke-dasharray": "7,3", "stroke-linecap": "round", "style": "stroke:red"},
        {"d": "M0,0Z", "opacity": "0.25", "style": "fill:blue;stroke:red"},
    ]


@pytest.mark.parametrize(
    ("places", "path"),
    [
        ([(0, 0), (10, 0), (10, 5)], "M0,0H10V5"),
        ([(1.239, 2), (3, 4)], "M1.2,2L3,4"),
        ([(0.04, 1), (-0.04, 2)], "M0,1V2"),
        ([(5, 5), (5, 5)], "M5,5H5"),
        ([(1, 2)], "M1,2"),
        ([], ""),
    ],
)
def test_a_line_is_written_with_one_decimal_and_short_forms(places: list[tuple[float, float]], path: str) -> None:
    assert line(places) == path
    assert line(places, closed=True) == f"{path}Z"


def test_a_rectangle_goes_around_its_corners() -> None:
    assert rectangle(10, 20, 4, 25.5) == "M10,20H4V25.5H10Z"


@pytest.mark.parametrize("name", GLYPHS)
def test_a_shape_is_around_its_middle_wherever_it_is_drawn(name: str) -> None:
    here, there = glyph(name, 0, 0), glyph(name, 100, 50.5)
    begin, rest = re.fullmatch(r"M([-\d.,]+)(.*)", here).groups()  # type: ignore[union-attr]
    x, y = map(float, begin.split(","))
    assert there == f"M{x + 100:g},{y + 50.5:g}{rest}"
    assert not re.search("[A-Y]", rest)  # all further places are relative to the first
    assert abs(x) <= 8
    assert abs(y) <= 6
