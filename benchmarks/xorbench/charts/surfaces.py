"""Figure of the outputs of the trained networks over their two inputs, from the parameters in the record."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import contourpy
import numpy as np
from numpy.typing import NDArray

from xorbench.charts.axes import Axis
from xorbench.charts.figure import Chart, Figure, Label, Panel, Sign, data, spec_of
from xorbench.charts.style import BANDS, labels, role
from xorbench.estimates.analysis import Analysis
from xorbench.record.report import TrainingEnd
from xorbench.record.run import WorkloadRecord
from xorbench.workloads import logits

LOW, HIGH, POINTS = -0.5, 1.5, 81

VISIBLE = 1 / 255
"""Difference of outputs below which two surfaces are drawn as one panel."""

SIDE = 300.0
"""The length of the sides of a panel in pixels."""

FIRST = Axis("first input", LOW, HIGH, [(0.0, "0"), (1.0, "1")])
SECOND = Axis("second input", LOW, HIGH, [(0.0, "0"), (1.0, "1")])

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
    return Figure("surfaces", "Outputs of the trained networks", text, [_panel(s, names) for s in found])


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
    texts = [
        Label(FIRST.share(x) * SIDE, (1 - SECOND.share(y)) * SIDE - 17, f"{p:.3f}", "middle", 12, bold=True, halo=True)
        for (x, y), p in dict(zip(map(tuple, samples), answers, strict=True)).items()
        if LOW <= x <= HIGH and LOW <= y <= HIGH
    ]
    return Panel(
        title,
        f"{flat}; {said}. Learned by {who}, with no visible differences.",
        spec_of(*layers),
        height=SIDE,
        left=30,
        right=30,
        x=FIRST,
        y=SECOND,
        labels=texts,
        numbers={
            "first input": samples[:, 0].tolist(),
            "second input": samples[:, 1].tolist(),
            "target": [row[0] for row in workload.targets],
            "output": answers.tolist(),
        },
        key=[
            Sign("bar", "band-0", "output 0"),
            Sign("bar", f"band-{BANDS - 1}", "output 1"),
            Sign("ring", "ink", "target 0"),
            Sign("circle", "ink", "target 1"),
        ],
    )


def _filled(outputs: Grid) -> list[Chart]:
    """Return the layers of filled bands, from the lowest output up, and the line at 0.5.

    A hole in a band is part of the same path as its rim, in the opposite direction, so that it is not filled.
    """
    axis = np.linspace(LOW, HIGH, POINTS)
    contours = contourpy.contour_generator(axis, axis, outputs, fill_type="OuterOffset")
    edges = [(number + 0.5) / (BANDS - 1) for number in range(BANDS - 1)]
    found: list[tuple[float, float, int, int]] = []
    pieces = 0
    for band, edge in enumerate([0.0, *edges]):
        for polygon, offsets in zip(*contours.filled(edge, 2.0), strict=True):
            ring = _path(np.asarray(polygon), np.asarray(offsets)).round(3)
            found += [(x, y, pieces, band) for x, y in ring.tolist()]
            pieces += 1
    columns = dict(zip(("x", "y", "piece", "band"), map(list, zip(*found, strict=True)), strict=True))
    bands = alt.Scale(domain=list(range(BANDS)), range=[role(f"band-{n}") for n in range(BANDS)])
    areas = alt.Chart(data(columns)).mark_line(filled=True, strokeWidth=0, interpolate="linear-closed", order=False)
    colour = alt.Color("band:O", scale=bands, legend=None)
    drawn: list[Chart] = [areas.encode(x=FIRST.x("x"), y=SECOND.y("y"), detail="piece:N", color=colour)]
    lines = contourpy.contour_generator(axis, axis, outputs).lines(0.5) if np.ptp(outputs) > VISIBLE else []
    for line in map(np.asarray, lines):
        boundary = {"x": line[:, 0].round(3).tolist(), "y": line[:, 1].round(3).tolist()}
        path = alt.Chart(data(boundary)).mark_line(stroke=role("ink"), strokeWidth=1.5, order=False)
        drawn.append(path.encode(x=FIRST.x("x"), y=SECOND.y("y")))
    return drawn


def _path(points: Grid, offsets: NDArray[np.integer]) -> Grid:
    """Return one path of shape (points, 2) around a polygon and its holes, with a way from the rim to each and back."""
    rim, *holes = np.split(points, offsets[1:-1].astype(int))
    return np.concatenate([rim, *(part for hole in holes for part in (hole, rim[:1]))])


def _samples(inputs: Grid, answers: Grid, targets: Sequence[Sequence[float]]) -> list[Chart]:
    wanted = [row[0] for row in targets]
    columns = {
        "x": inputs[:, 0].tolist(),
        "y": inputs[:, 1].tolist(),
        "fill": [role("ink") if target > 0.5 else role("raised") for target in wanted],
        "tip": [
            f"({x:g}, {y:g}) gives {answer:.3f}, target {target:g}"
            for (x, y), answer, target in zip(inputs.tolist(), answers, wanted, strict=True)
        ],
    }
    circles = alt.Chart(data(columns)).mark_point(aria=True, size=110, opacity=1, stroke=role("ink"), strokeWidth=2)
    fill = alt.Fill("fill:N", scale=None)
    said = alt.Description("tip:N")
    return [circles.encode(x=FIRST.x("x"), y=SECOND.y("y"), fill=fill, description=said)]
