"""Figures as files: the picture as SVG, and the data that it shows as CSV."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from xorbench.charts.figure import Figure
from xorbench.tables.formats import numbers


def data_of(figure: Figure) -> str:
    """Return all data of a figure as CSV: each line with its panel, and the number of its layer in the panel.

    A column is empty where a layer does not have it. The result is "" for a figure without data.
    """
    frames = [
        frame.assign(panel=panel.title, layer=number)
        for panel in figure.panels
        for number, frame in enumerate(_frames(panel.spec))
    ]
    if not frames:
        return ""
    whole = pd.concat(frames, ignore_index=True)
    return numbers(whole[["panel", "layer", *(name for name in whole.columns if name not in ("panel", "layer"))]])


def _frames(part: object) -> Iterator[pd.DataFrame]:
    """Yield the data in a specification of Vega-Lite, each once; they are CSV or lists of objects."""
    texts: dict[str, pd.DataFrame] = {}
    for found in _data(part):
        values = found.get("values")
        if isinstance(values, str):
            texts.setdefault(values, pd.read_csv(io.StringIO(values), keep_default_na=False))
        elif isinstance(values, list) and values:
            texts.setdefault(repr(values), pd.DataFrame(values))
    yield from texts.values()


def _data(part: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, Mapping):
        if isinstance(data := part.get("data"), Mapping):
            yield data
        for inner in part.values():
            yield from _data(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _data(inner)
