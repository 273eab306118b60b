"""The data of a figure as a file: every number that a picture shows is in it."""

import io

import pandas as pd
import pytest

from tests.shown import shown
from xorbench.charts import album
from xorbench.charts.figure import Figure
from xorbench.publication.pictures import data_of

FIGURES = album.of_record(shown("other", "third"))


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_every_panel_has_its_data(figure: Figure) -> None:
    found = pd.read_csv(io.StringIO(data_of(figure)), keep_default_na=False)
    assert found.columns[0] == "panel"
    assert {*found["panel"]} == {panel.title for panel in figure.panels}


def test_names_that_a_spreadsheet_would_compute_are_text() -> None:
    figures = album.of_record(shown("=1+1"))
    (ratios,) = (figure for figure in figures if figure.name == "ratios")
    assert "'=1+1" in data_of(ratios)


def test_a_figure_without_panels_has_no_data() -> None:
    assert data_of(Figure("empty", "", "", [])) == ""
