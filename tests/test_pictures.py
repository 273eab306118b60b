"""Pictures: well-formed, with words for those who can't see them, and a line for each implementation."""

from dataclasses import asdict
from xml.etree import ElementTree as ET

from benchmarks.gradients.verdicts import Accuracy, Report, Trajectory
from benchmarks.pictures import pictures

NAMES = ("one", "<two> & 'more'")


def report() -> Report:
    axes = [("logit", float(z)) for z in (-40, 0, 40)] + [("scale", s) for s in (0.01, 1.0, 25.0)]
    at, apart, truth = [1, 10, 100], [0.0, 1e-16, 2e-15], [1e-17, 3e-16]
    return Report(
        seed=0,
        points=1,
        rows=[],
        pairs=[],
        endings=[],
        conduct=[],
        accuracy=[Accuracy(name, "hidden", "float64", axis, x, 12.5, 3.0) for name in NAMES for axis, x in axes],
        trajectories=[
            Trajectory(name, "hidden", 100, 1, 1, None, None, None, at, apart, truth, [0.6, 0.5, 0.5]) for name in NAMES
        ],
    )


def test_every_picture_is_an_svg_with_its_words_and_lines() -> None:
    found = pictures(asdict(report()))
    assert [picture.name for picture in found] == ["accuracy-saturation", "accuracy-scale", "trajectories"]
    for picture in found:
        root = ET.fromstring(picture.svg)
        assert root.tag.endswith("svg")
        texts = {element.text for element in root.iter() if element.tag.endswith("text")}
        assert set(NAMES) <= texts
        assert len(picture.text) > 40


def test_the_same_report_is_the_same_picture() -> None:
    assert pictures(asdict(report())) == pictures(asdict(report()))


def test_without_data_there_is_no_picture() -> None:
    assert pictures(asdict(Report(seed=0, points=1, rows=[], pairs=[], endings=[], conduct=[]))) == []
