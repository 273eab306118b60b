"""Figures as files: the data that a figure shows, as CSV beside its picture."""

import pandas as pd

from xorbench.charts.figure import Figure
from xorbench.tables.formats import numbers


def data_of(figure: Figure) -> str:
    """Return the numbers of all panels of a figure as CSV, each line with the title of its panel.

    A column is empty where a panel does not have it. The result is "" for a figure without panels.
    """
    frames = [pd.DataFrame({"panel": panel.title, **panel.numbers}) for panel in figure.panels if panel.numbers]
    return numbers(pd.concat(frames, ignore_index=True)) if frames else ""
