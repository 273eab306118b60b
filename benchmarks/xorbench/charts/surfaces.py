"""Figure of the outputs of the trained networks over their two inputs, from the parameters in the record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import contourpy
import numpy as np
from numpy.typing import NDArray

from xorbench.charts.figure import Chart, Columns, Encoding, Figure, Panel, data
from xorbench.charts.style import BANDS, labels, role
from xorbench.estimates.analysis import Analysis
from xorbench.record.report import TrainingEnd
from xorbench.record.run import WorkloadRecord
from xorbench.workloads import logits

LOW, HIGH, POINTS = -0.5, 1.5, 81

VISIBLE = 1 / 255
"""Difference of outputs below which two surfaces are drawn as one panel."""

Grid = NDArray[np.float64]


@dataclass(frozen=True)
class _Surface:
    """The outputs of a trained network over the grid, and the implementations that learned it."""

    workload: WorkloadRecord
    parameters: list[Grid]
    outputs: Grid
    learned_by: list[str]


def surfaces(analysis: Analysis) -> Figure | None:
    """Return a figure with a panel for each visibly different surface; None if there is none.

    Only workloads with two inputs and one output have a surface.
    """
    found: list[_Surface] = []
    for workload in analysis.record.workloads:
        sizes = workload.layer_sizes
        for end in analysis.record.gradients.endings:
            if end.workload == workload.name and end.parameters and (sizes[0], sizes[-1]) == (2, 1):
                _put(found, workload, end)
    if not found:
        return None
    names = labels(i.name for i in analysis.record.implementations)
    text = (
        "The output of the trained network for every pair of inputs: blue is 0, orange is 1. Circles are the samples, "
        "filled if the target is 1; the line is the decision boundary, at 0.5."
    )
    return Figure("surfaces", "Outputs of the trained networks", text, [_panel(s, names) for s in found], series=[])


def _put(found: list[_Surface], workload: WorkloadRecord, end: TrainingEnd) -> None:
    parameters = [np.array(tensor) for tensor in end.parameters or ()]
    axis = np.linspace(LOW, HIGH, POINTS)
    inputs = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    outputs = _outputs(inputs, parameters, workload.activation).reshape(POINTS, POINTS)
    for surface in found:
        if surface.workload is workload and np.abs(surface.outputs - outputs).max() < VISIBLE:
            surface.learned_by.append(end.implementation)
            return
    found.append(_Surface(workload, parameters, outputs, [end.implementation]))


def _outputs(inputs: Grid, parameters: list[Grid], activation: str) -> Grid:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-logits(inputs, parameters, activation)))).ravel()


def _panel(surface: _Surface, names: dict[str, str]) -> Panel:
    workload = surface.workload
    samples = np.array(workload.inputs)
    answers = _outputs(samples, surface.parameters, workload.activation)
    said = ", ".join(f"{tuple(map(float, x))} gives {p:.3f}" for x, p in zip(samples, answers, strict=True))
    span = float(np.ptp(surface.outputs))
    flat = f"flat, between {surface.outputs.min():.4g} and {surface.outputs.max():.4g}" if span < VISIBLE else "curved"
    who = ", ".join(names[name] for name in surface.learned_by)
    lies = (
        f"flat at {surface.outputs.mean():.3f}"
        if span < VISIBLE
        else f"from {answers.min():.3f} to {answers.max():.3f}"
    )
    title = f"{workload.name}, {'-'.join(map(str, workload.layer_sizes))}: {lies}"
    layers = [*_filled(surface.outputs), *_samples(samples, answers, workload.targets)]
    return Panel(
        title,
        f"{flat}; {said}. Learned by {who}, with no visible differences.",
        alt.layer(*layers).resolve_scale(color="independent"),
        height=300,
    )


def _filled(outputs: Grid) -> list[Chart]:
    """Return the layers of filled bands, from the lowest output up, and the line at 0.5.

    A hole in a band is part of the same path as its rim, in the opposite direction, so that it is not filled.
    """
    axis = np.linspace(LOW, HIGH, POINTS)
    contours = contourpy.contour_generator(axis, axis, outputs, fill_type="OuterOffset")
    edges = [(number + 0.5) / (BANDS - 1) for number in range(BANDS - 1)]
    points: Columns = {"x": [], "y": [], "piece": [], "band": []}
    for band, edge in enumerate([0.0, *edges]):
        for polygon, offsets in zip(*contours.filled(edge, 2.0), strict=True):
            ring = _path(np.asarray(polygon), np.asarray(offsets)).round(3)
            piece = len(set(points["piece"]))
            points["x"] += ring[:, 0].tolist()
            points["y"] += ring[:, 1].tolist()
            points["piece"] += [piece] * len(ring)
            points["band"] += [band] * len(ring)
    x, y = _axis(alt.X, "x", "first input"), _axis(alt.Y, "y", "second input")
    bands = alt.Scale(domain=list(range(BANDS)), range=[role(f"band-{n}") for n in range(BANDS)])
    areas = alt.Chart(data(points)).mark_line(filled=True, strokeWidth=0, interpolate="linear-closed", order=False)
    drawn: list[Chart] = [areas.encode(x=x, y=y, detail="piece:N", color=alt.Color("band:O", scale=bands, legend=None))]
    lines = contourpy.contour_generator(axis, axis, outputs).lines(0.5) if np.ptp(outputs) > VISIBLE else []
    for line in map(np.asarray, lines):
        columns = {"x": line[:, 0].round(3).tolist(), "y": line[:, 1].round(3).tolist()}
        path = alt.Chart(data(columns)).mark_line(color=role("ink"), strokeWidth=1.5, order=False)
        drawn.append(path.encode(x=x, y=y))
    return drawn


def _path(points: Grid, offsets: NDArray[np.integer]) -> Grid:
    """Return one path of shape (points, 2) around a polygon and its holes, with a way from the rim to each and back."""
    rim, *holes = np.split(points, offsets[1:-1].astype(int))
    return np.concatenate([rim, *(part for hole in holes for part in (hole, rim[:1]))])


def _samples(inputs: Grid, answers: Grid, targets: Sequence[Sequence[float]]) -> list[Chart]:
    columns = {
        "x": inputs[:, 0].tolist(),
        "y": inputs[:, 1].tolist(),
        "target": [row[0] for row in targets],
        "said": [f"{answer:.3f}" for answer in answers],
    }
    x, y = _axis(alt.X, "x", "first input"), _axis(alt.Y, "y", "second input")
    base = alt.Chart(data(columns, said="string")).encode(x=x, y=y)
    fill = alt.Color("target:O", legend=None, scale=alt.Scale(domain=[0, 1], range=[role("raised"), role("ink")]))
    words: Encoding = {"dy": -16, "fontSize": 13, "fontWeight": 600}
    return [
        base.mark_circle(size=170, opacity=1, color=role("ink")),
        base.mark_circle(size=90, opacity=1).encode(color=fill),
        base.mark_text(**words, color=role("raised"), stroke=role("raised"), strokeWidth=5, strokeJoin="round").encode(
            text="said:N"
        ),
        base.mark_text(**words, color=role("ink")).encode(text="said:N"),
    ]


def _axis(channel: Any, field: str, title: str) -> Any:
    scale = alt.Scale(domain=[LOW, HIGH], nice=False)
    return channel(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(values=[0, 1], format="d", grid=False))
