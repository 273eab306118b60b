"""Pictures as files: well-formed, valid, in words too, and the same every time."""

import re
from xml.etree import ElementTree as ET

import pytest

from tests.planted import changed, planted
from tests.shown import NASTY, report, shown
from xorbench.charts import album, style, vega
from xorbench.charts.figure import Figure, data, specification
from xorbench.record.report import Report

OF_A_REPORT = ["losses", "trajectories", "accuracy-saturation", "accuracy-scale"]
NAMES = ["surfaces", "ratios", "parts", "rounds", "payback", *OF_A_REPORT]


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    return album.of_record(shown("other", *NASTY))


def test_a_record_with_everything_has_every_picture(figures: list[Figure]) -> None:
    assert [figure.name for figure in figures] == NAMES


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_every_picture_is_an_svg_without_roles_or_scripts(figures: list[Figure], number: int) -> None:
    figure = figures[number]
    root = ET.fromstring(vega.svg(specification(figure)))
    assert root.tag.endswith("svg")
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert figure.title in texts
    assert not any(element.tag.endswith(("script", "image")) for element in root.iter())
    attributes = [value for element in root.iter() for value in element.attrib.values()]
    assert not any("var(--" in value for value in attributes)
    for label in figure.series:
        assert any(text and label.startswith(text.rstrip("…")) for text in texts), label


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_every_panel_is_valid_and_says_in_words_what_is_to_be_seen(figures: list[Figure], number: int) -> None:
    for panel in figures[number].panels:
        panel.chart.to_dict()  # raises where it breaks Vega-Lite's schema
        assert len(panel.text) > 10
        assert "var(--" not in panel.text


def test_the_same_record_is_the_same_picture() -> None:
    first, second = (vega.svg(specification(album.of_record(shown("other"))[1])) for _ in range(2))
    assert first == second


def test_without_data_there_is_no_picture() -> None:
    assert album.of_report(Report(seed=0, points=1, rows=[], pairs=[], endings=[], conduct=[])) == []
    assert album.of_record(changed(planted({}), timings=[], cold_starts=[])) == []


def test_a_report_alone_has_its_pictures() -> None:
    assert [figure.name for figure in album.of_report(report(("one", "two")))] == OF_A_REPORT


def test_data_is_csv_that_holds_any_name() -> None:
    found = data({"name": ['a,"b"\nc'], "value": [0.125]}, name="string").to_dict()
    assert found == {
        "values": 'name,value\n"a,""b""\nc",0.125\n',
        "format": {"type": "csv", "parse": {"name": "string", "value": "number"}},
    }


def test_every_role_that_is_drawn_is_a_colour(figures: list[Figure]) -> None:
    text = "".join(str(panel.spec) for figure in figures for panel in figure.panels) + str(style.CONFIG)
    roles = set(re.findall(r"var\(--([\w-]+)\)", text))
    assert roles
    assert roles <= style.LIGHT.keys()
